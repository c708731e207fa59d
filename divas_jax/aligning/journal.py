"""What models have said of clips, kept beside the manifest, so that a run that was stopped goes on where it was."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from divas_jax.aligning.evidence import Evidence, HeardPiece
from divas_jax.aligning.sources import Entry
from divas_jax.title.journal import Journal


class EvidenceJournal:
    """Evidence that is known already, by clip.

    Args:
      path: of the file; it need not exist yet.
      settings: what the evidence depends on: the model and the search.

    Raises:
      UserError: the file cannot be read or is no journal.
    """

    def __init__(self, path: Path, settings: str) -> None:
        self._journal = Journal(path, settings)

    def known(self, entry: Entry) -> Evidence | None:
        """What was said of a clip, if it is still the same file."""
        record = self._journal.done.get(_file(entry))
        return _evidence(entry.name, record) if record else None

    def kept(self, entries: Sequence[Entry], fresh: Iterable[Evidence]) -> Iterator[Evidence]:
        """The fresh evidence, each piece of which is written down as it comes.

        Raises:
          UserError: the journal cannot be written.
        """
        for entry, evidence in zip(entries, fresh, strict=True):
            self._journal.add(_record(_file(entry), evidence))
            yield evidence


def _file(entry: Entry) -> str:
    return str(entry.path.absolute()) if entry.path else entry.name


def _record(file: str, evidence: Evidence) -> dict[str, Any]:
    pieces = [
        {"begins": piece.begins, "seconds": piece.seconds, "rise": [round(float(value), 5) for value in piece.rise]}
        for piece in evidence.pieces
    ]
    return {"file": file, "pieces": pieces, "why": evidence.why}


def _evidence(name: str, record: dict[str, Any]) -> Evidence:
    pieces = [HeardPiece(piece["begins"], piece["seconds"], np.asarray(piece["rise"])) for piece in record["pieces"]]
    return Evidence(name, tuple(pieces), record["why"])
