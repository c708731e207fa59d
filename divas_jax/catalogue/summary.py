"""What is said of a whole catalogue: a table of its titles, made from their records, and how many came out how."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from apache_beam.io.filesystems import FileSystems

from divas_jax.catalogue.plan import Plan
from divas_jax.catalogue.record_making import Line
from divas_jax.catalogue.stored import json_bytes, read_json, write_stored
from divas_jax.errors import UserError

COUNTS = "summary.json"


@dataclass(frozen=True)
class Counts:
    """How a catalogue came out.

    Attributes:
      made: titles whose record was made by this run.
      kept: titles that had their record before.
      outcomes: how many sounds of titles came out how.
    """

    made: int
    kept: int
    outcomes: Counter[Any]


def write_summary(lines: Iterable[Line], plan: Plan) -> None:
    """Writes the plan's table and `summary.json`, the counts, beside the records.

    Raises:
      UserError: they cannot be written.
    """
    ordered = sorted(lines, key=lambda line: line.place)
    table = plan.csv_text([]) + "".join(line.rows for line in ordered)
    outcomes = Counter(outcome for line in ordered for outcome in line.outcomes)
    made = sum(line.new for line in ordered)
    counts = {"made": made, "kept": len(ordered) - made, "outcomes": dict(outcomes)}
    write_stored(FileSystems.join(plan.results, plan.table), table.encode("utf-8", "replace"))
    write_stored(FileSystems.join(plan.results, COUNTS), json_bytes(counts))


def read_counts(results: str) -> Counts:
    """What `write_summary` counted.

    Raises:
      UserError: it cannot be read.
    """
    counts = read_json(FileSystems.join(results, COUNTS))
    if counts is None:
        raise UserError(f"{FileSystems.join(results, COUNTS)} cannot be read: can the runner's machines write there?")
    return Counts(counts["made"], counts["kept"], Counter(counts["outcomes"]))
