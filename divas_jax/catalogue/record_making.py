"""One title of a catalogue to its record, unless it has one."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.io.filesystems import FileSystems

from divas_jax.catalogue.addresses import record_name, short_name
from divas_jax.catalogue.isolated import made_isolated
from divas_jax.catalogue.local_copy import as_at, local_title
from divas_jax.catalogue.plan import CONTENT, Plan
from divas_jax.catalogue.stored import exists, json_bytes, read_json, stamp_of, write_stored
from divas_jax.errors import UserError

MADE = "catalogue"
"""Key of a record under which stands what it was made with, and of which state of the file."""

BESIDE = "beside"
"""Key under which stand the endings of the files that are kept beside it."""


@dataclass(frozen=True)
class Line:
    """What the table holds of a title.

    Attributes:
      place: of the title in the list, from 0.
      rows: of the CSV, one for each of its sounds.
      outcomes: of each of its sounds.
      new: whether its record was made now, not before.
    """

    place: int
    rows: str
    outcomes: tuple[str, ...]
    new: bool


class MakeRecord(beam.DoFn):
    """(place in the list, address) to a `Line`; the title's record is kept before, after the files beside it."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def process(self, title: tuple[int, str]) -> Iterator[Line]:
        """One title.

        Raises:
          UserError: its record cannot be written.
        """
        place, address = title
        plan = self._plan
        stored = FileSystems.join(plan.results, record_name(address))
        record = read_json(stored)
        new = record is None or not _holds(record, plan, address)
        if record is None or new:
            record = _made(plan, address)
            for ending, content in record.pop(CONTENT, {}).items():
                write_stored(_beside(plan, address, ending), content)
            write_stored(stored, json_bytes(record))
        rows = plan.csv_text([record]).partition("\n")[2]
        yield Line(place, rows, plan.outcomes(record), new)


def _beside(plan: Plan, address: str, ending: str) -> str:
    """Where a file beside a title's record is kept."""
    return FileSystems.join(plan.results, short_name(address) + ending)


def _holds(record: dict[str, Any], plan: Plan, address: str) -> bool:
    """Whether a record need not be made again; of a title that cannot be reached none holds: it may come back."""
    stamp = stamp_of(address)
    made = stamp is not None and record.get(MADE) == {"with": plan.made_with, "stamp": stamp}
    return made and all(exists(_beside(plan, address, ending)) for ending in record.get(BESIDE, ()))


def _made(plan: Plan, address: str) -> dict[str, Any]:
    """A new record of a title."""
    stamp = stamp_of(address)
    try:
        with local_title(address) as file:
            record = as_at(made_isolated(plan, file), file, address)
    except UserError as error:  # no copy could be made
        record, stamp = as_at(plan.failed(Path(address), str(error)), Path(address), address), None
    named = {"name": short_name(address), BESIDE: list(record.get(CONTENT, ()))} if plan.keeps_files else {}
    return {**record, "file": address, "path": address, **named, MADE: {"with": plan.made_with, "stamp": stamp}}
