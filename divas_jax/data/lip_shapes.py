"""Lip shapes that come with a data set: one file beside its records, a target for picture encoders.

The file (npz) has `names` of clips, `first` (where each clip's rows start, and
the end of the last), `lips` (a row a frame: K numbers of the picture as it is,
and as a mirror shows it) and `seen` (whether a face was found). Whoever has a
landmark model can make one; without it everything works but `targets.lips`.
"""

import io
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile

import numpy as np

from divas_jax.data.clip_record import ClipRecord, LipShapes
from divas_jax.errors import UserError
from divas_jax.writing import write_whole

FILE = "lips.npz"
"""Where a data set keeps them."""


def read_lips(path: Path) -> dict[str, LipShapes]:
    """The lip shapes of each clip that a file knows, by name.

    Raises:
      UserError: it cannot be read, or is no such file.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            names, first, lips, seen = (file[key] for key in ("names", "first", "lips", "seen"))
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
        raise UserError(f"lip shapes {path} cannot be read ({error})") from None
    whole = lips.ndim == 3 and lips.shape[1] == 2 and lips.dtype == np.int8 and seen.ndim == 1 and seen.dtype == bool
    ends = [0, *np.diff(first).clip(0).cumsum().tolist()] if first.ndim == 1 else []
    if not whole or len(names) != len(first) - 1 or ends != first.tolist() or not len(lips) == len(seen) == ends[-1]:
        raise UserError(f"lip shapes {path} must hold names, first, lips (int8, [frames, 2, K]) and seen (bool)")
    return {
        str(name): LipShapes(lips[start:end], seen[start:end])
        for name, start, end in zip(names, first[:-1], first[1:], strict=True)
    }


def write_lips(path: Path, lips: Mapping[str, LipShapes]) -> None:
    """Writes what `read_lips` reads, in the order of the names.

    Raises:
      UserError: the folder cannot be written.
    """
    names = sorted(lips)
    content = io.BytesIO()
    np.savez_compressed(
        content,
        names=np.asarray(names),
        first=np.cumsum([0, *(len(lips[name].seen) for name in names)]),
        lips=np.concatenate([lips[name].shapes for name in names]),
        seen=np.concatenate([lips[name].seen for name in names]),
    )
    write_whole(path, content.getvalue())


def of_records(lips: Mapping[str, LipShapes], records: Iterable[ClipRecord]) -> dict[str, LipShapes]:
    """The lip shapes of these records, by the records' names; those of other lengths are left out.

    A file of lip shapes names a clip by its path in the data set, or, where only one has it, by its file's name.
    """
    records, matched = list(records), {}
    bare = Counter(PurePosixPath(record.name).name for record in records)
    for record in records:
        name = PurePosixPath(record.name).name
        shapes = lips.get(record.name, lips.get(name) if bare[name] == 1 else None)
        if shapes is not None and len(shapes.seen) == record.n_frames:
            matched[record.name] = shapes
    return matched
