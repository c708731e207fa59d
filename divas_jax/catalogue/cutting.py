"""The catalogue of `prepare --source media --beam`: raw videos to clips of faces, and a manifest of all."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from divas_jax import __version__
from divas_jax.catalogue.addresses import address_of
from divas_jax.catalogue.plan import CONTENT, Plan
from divas_jax.media.encode import encode_clip
from divas_jax.preparing.folder import MANIFEST
from divas_jax.title.cutting import SHORTEST_CLIP, SMALLEST_FACE, manifest_text, row_of, single_faces
from divas_jax.title.faces import FaceDetector, face_detector
from divas_jax.title.scan import Progress

LIMIT_S = 24 * 3600.0
"""After how long a video is given up, unless told."""


def cutting_plan(results: str, limit_s: float = LIMIT_S, workers: int = 1) -> Plan:
    """Clips of faces, in a folder that `prepare --source folder` reads.

    Args:
      results: the folder, a path or an address.
      limit_s: after how long a video is given up (s).
      workers: videos that one process of Beam's cuts at the same time.
    """
    return Plan(
        address_of(results),
        made_with=f"{__version__} {SHORTEST_CLIP} {SMALLEST_FACE}",
        begin=face_detector,
        work=cut_record,
        failed=failed_record,
        csv_text=manifest_of,
        outcomes=outcomes,
        limit_s=limit_s,
        workers=workers,
        table=MANIFEST,
        keeps_files=True,
    )


def cut_record(detector: FaceDetector, file: Path, progress: Progress | None = None) -> dict[str, Any]:
    """A video's record, with the clips of it that `prepare --source media` would cut; they are held in memory.

    Raises:
      UserError: the video cannot be read.
    """
    del progress  # nobody watches
    clips, rows = {}, []
    for number, face in enumerate(single_faces(file, detector)):
        ending = f"-{number:05d}.mp4"
        clips[ending] = encode_clip(face.clip)
        rows.append(row_of(ending, str(file), face))
    return {"file": str(file), "error": None, "clips": rows, CONTENT: clips}


def failed_record(file: Any, why: str) -> dict[str, Any]:
    """Of a video that could not be cut."""
    return {"file": str(file), "error": why, "clips": []}


def manifest_of(records: Sequence[dict[str, Any]]) -> str:
    """The rows of all clips of these videos."""
    return manifest_text({**row, "file": record["name"] + row["file"]} for record in records for row in record["clips"])


def outcomes(record: dict[str, Any]) -> tuple[str, ...]:
    """What a video is counted as: `cut`, `nothing` to cut, or `failed`; and once as a `clip` for each of its clips."""
    kind = "failed" if record["error"] else "cut" if record["clips"] else "nothing"
    return (kind, *["clip"] * len(record["clips"]))
