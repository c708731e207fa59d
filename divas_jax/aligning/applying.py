"""Copies of files that are in sync, by time stamps alone, and their names."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from divas_jax.aligning.recordings import Recording
from divas_jax.aligning.sources import Entry
from divas_jax.errors import UserError
from divas_jax.media.restamp import with_moved_sound


def sources_of(folder: Path, entries: Sequence[Entry], recordings: Sequence[Recording], raw: bool) -> dict[str, Path]:
    """The files that are to be copied, by their names: those of the clips, or the videos that these were cut from.

    Raises:
      UserError: a data set holds no files.
    """
    if raw:
        return {each.name: folder / each.name for each in recordings}
    if any(entry.path is None for entry in entries):
        raise UserError(f"--apply copies files, but {folder} is a data set: name the folder that it was made of")
    return {entry.name: entry.path for entry in entries if entry.path}


def copies(
    files: dict[str, Path], lateness: Callable[[str], float | None], out: Path
) -> Iterator[tuple[str, Path | None, str]]:
    """Writes a copy of each file that has a value.

    Args:
      files: by name.
      lateness: of a file, by name (ms); None where it is not known.
      out: folder of the copies; they are called as the files are.

    Yields:
      The name, the copy (None where there is none) and why not, or what the copy lacks.
    """
    for name, file in files.items():
        late = lateness(name)
        if late is None:
            yield name, None, "no value"
            continue
        copy = out / name
        try:
            copy.parent.mkdir(parents=True, exist_ok=True)
            lacks = with_moved_sound(file, copy, -Fraction(round(10 * late), 10_000))
        except OSError as error:
            raise UserError(f"{copy.parent} cannot be made ({error.strerror})") from None
        except UserError as error:
            yield name, None, str(error)
            continue
        yield name, copy, "; ".join(lacks)
