"""What every machine of a catalogue has to know; travels to all of them."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from divas_jax import __version__
from divas_jax.loading import weights_folder
from divas_jax.model.weights import is_export
from divas_jax.title.batch import Failed, FileJudge, MakeJudge, Settings, Work, failed_record
from divas_jax.title.file_record import SCHEMA, brief
from divas_jax.title.scan import Progress


def brief_record(judge: FileJudge, file: Path, progress: Progress | None = None) -> dict[str, Any]:
    """A title's record as that of `check --json`, without its scenes."""
    return brief(judge.record(file, progress))


@dataclass(frozen=True)
class Plan:
    """How the titles of a catalogue are judged.

    Attributes:
      results: folder of the records, on any file system of Beam's.
      settings: how files are judged.
      made_with: what the answers depend on, as text; records made with something else are made anew.
      make_judge: loads the model.
      limit_s: after how long a title is given up (s).
      workers: titles that one process of Beam's judges at the same time.
      work: makes a title's record, in a process of its own.
      failed: makes the record of a title that `work` did not come back from.
    """

    results: str
    settings: Settings
    made_with: str
    make_judge: MakeJudge
    limit_s: float
    workers: int = 1
    work: Work = brief_record
    failed: Failed = failed_record


def made_with(checkpoint: Path | None, settings: Settings) -> str:
    """Versions, weights and settings; of an export the content counts, wherever it lies: machines have other folders.

    Raises:
      UserError: as `weights_folder`.
    """
    folder = weights_folder(checkpoint)
    weights = str(folder.resolve())
    if is_export(folder):
        digest = hashlib.sha256()
        for file in sorted(file for file in folder.iterdir() if file.is_file()):
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
        weights = digest.hexdigest()
    return f"{__version__} {SCHEMA} {weights} {settings}"
