"""The file of a clip's embeddings, and whether one that is there still holds."""

import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from divas_jax.clip import Clip
from divas_jax.embeddings.clips import ClipPlace
from divas_jax.embeddings.index import Record
from divas_jax.errors import UserError
from divas_jax.judging.embedding import ClipEmbeddings

ENDING = ".npz"


def target_of(out: Path, name: str) -> Path:
    """The file of the clip of that name."""
    return out / f"{name}{ENDING}"


def content_of(found: ClipEmbeddings, clip: Clip, about: Mapping[str, Any] | None = None) -> bytes:
    """The file's bytes.

    `pictures` [Wv, D], `sounds` [Wa, D], `aligned` [Wv] (the row of `sounds` that starts with each picture window;
    outside of them where the clip has no sound), `fps` (frames/s), `sample_rate` (Hz), and `about`, a text of JSON.

    Args:
      found: of the clip.
      clip: for its rates.
      about: what tells whether the file still holds; nothing where that is kept elsewhere.
    """
    content = io.BytesIO()
    np.savez(
        content,
        pictures=found.pictures,
        sounds=found.sounds,
        aligned=found.aligned,
        fps=np.float64(clip.fps),
        sample_rate=np.int64(clip.sample_rate),
        about=np.array(json.dumps(about or {})),
    )
    return content.getvalue()


def about_of(record: Record, path: str, made_with: str, state: list[int]) -> dict[str, Any]:
    """What a file says of itself: the clip's record, where it was, and what it was made with of which state of it."""
    return {"record": record, "path": path, "made": {"with": made_with, "state": state}}


def kept_records(out: Path, places: Iterable[ClipPlace], made_with: str) -> dict[ClipPlace, Record]:
    """The records of clips that need not be embedded again: the same clip, by the same weights and version.

    Raises:
      UserError: a file that would be replaced holds the embeddings of another clip.
    """
    kept = {}
    for place in places:
        target = target_of(out, place.name)
        about = _read_about(target)
        if about is None:
            continue
        if about["made"] == {"with": made_with, "state": place.state}:
            kept[place] = about["record"] | {"file": str(place), "name": place.name}
        elif about["path"] != place.path:
            raise UserError(f"{target} holds the embeddings of {about['path']}: name another --out")
    return kept


def _read_about(target: Path) -> dict[str, Any] | None:
    """What a file says of itself; None where there is none, or none of ours."""
    try:
        with np.load(target, allow_pickle=False) as arrays:
            about = json.loads(str(arrays["about"]))
        return about if {"record", "path", "made"} <= about.keys() else None
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, EOFError, zipfile.BadZipFile):
        return None
