"""What every machine of a catalogue has to know; travels to all of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from divas_jax.title.processes import Begin, Failed, Work

CONTENT = "content"
"""Key of a new record under which stand the files to be kept beside it: their bytes by how their names end."""


@dataclass(frozen=True)
class Plan:
    """What is made of the titles of a catalogue, and where it is kept.

    Attributes:
      results: folder of the records, on any file system of Beam's.
      made_with: what the records depend on, as text; those made with something else are made anew.
      begin: loads the model, in each process in which titles are worked on.
      work: makes a title's record, plain values, in a process of its own.
      failed: makes the record of a title that `work` did not come back from.
      csv_text: a table of records; of none its first line.
      outcomes: what a record is counted as, once for each of its sounds.
      limit_s: after how long a title is given up (s).
      workers: titles that one process of Beam's works on at the same time.
      table: name of the table of all titles.
      keeps_files: whether `work` hands over files, as `CONTENT`; records then have a `name`, with which theirs begin.
    """

    results: str
    made_with: str
    begin: Begin
    work: Work
    failed: Failed
    csv_text: Callable[[Sequence[dict[str, Any]]], str]
    outcomes: Callable[[dict[str, Any]], tuple[str, ...]]
    limit_s: float
    workers: int = 1
    table: str = "summary.csv"
    keeps_files: bool = False
