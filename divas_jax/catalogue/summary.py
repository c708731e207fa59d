"""What is said of a whole catalogue: a table of its titles, made from their records, and how many came out how."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from apache_beam.io.filesystems import FileSystems

from divas_jax.catalogue.judging import Line
from divas_jax.catalogue.stored import json_bytes, read_json, write_stored
from divas_jax.errors import UserError
from divas_jax.outcomes import Outcome
from divas_jax.title.file_record import csv_text

TABLE = "summary.csv"
COUNTS = "summary.json"


@dataclass(frozen=True)
class Counts:
    """How a catalogue came out.

    Attributes:
      judged: titles judged by this run.
      kept: titles that had their record before.
      outcomes: how many sounds of titles came out how.
    """

    judged: int
    kept: int
    outcomes: Counter[Outcome]


def write_summary(lines: Iterable[Line], results: str) -> None:
    """Writes `summary.csv`, with the columns of `check --csv`, and `summary.json`, the counts, beside the records.

    Raises:
      UserError: they cannot be written.
    """
    ordered = sorted(lines, key=lambda line: line.place)
    table = csv_text([]) + "".join(line.rows for line in ordered)
    outcomes = Counter(outcome for line in ordered for outcome in line.outcomes)
    judged = sum(line.new for line in ordered)
    counts = {"judged": judged, "kept": len(ordered) - judged, "outcomes": dict(outcomes)}
    write_stored(FileSystems.join(results, TABLE), table.encode("utf-8", "replace"))
    write_stored(FileSystems.join(results, COUNTS), json_bytes(counts))


def read_counts(results: str) -> Counts:
    """What `write_summary` counted.

    Raises:
      UserError: it cannot be read.
    """
    counts = read_json(FileSystems.join(results, COUNTS))
    if counts is None:
        raise UserError(f"{FileSystems.join(results, COUNTS)} cannot be read: can the runner's machines write there?")
    return Counts(counts["judged"], counts["kept"], Counter(counts["outcomes"]))
