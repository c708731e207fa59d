"""Files that are written whole or not at all."""

import contextlib
import io
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from divas_jax.errors import UserError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


STANDARD_OUTPUT = Path("-")
"""Named as a file to write, it prints instead."""


def check_can_write(option: str, path: Path | None) -> None:
    """Before long work starts: whether its results can be written where they are wanted. Writes nothing.

    Args:
      option: that names the path, for the sentence.
      path: of a file; None and `-` are fine.

    Raises:
      UserError: it cannot.
    """
    if path is None or path == STANDARD_OUTPUT:
        return
    folder = path.absolute().parent
    if not folder.is_dir():
        raise UserError(f"{option} {path} cannot be written: its folder is missing")
    if path.is_dir():
        raise UserError(f"{option} {path} cannot be written: it is a folder")
    if not os.access(folder, os.W_OK):
        raise UserError(f"{option} {path} cannot be written: its folder allows no writing")


def check_can_make(option: str, folder: Path) -> None:
    """The same for a folder: whether it is there or can be made, with files in it. Makes nothing.

    Raises:
      UserError: it cannot.
    """
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{option} {folder} is a file, but must be a folder")
    above = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise UserError(f"{option} {folder} cannot be made: {above} is no folder that can be written to")


def make_folder(folder: Path, option: str = "") -> None:
    """Makes a folder and those above it, unless it is there.

    Args:
      folder: to make.
      option: of the command line that names it, for the sentence.

    Raises:
      UserError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{option} {folder} cannot be made ({error.strerror})".lstrip()) from None


def unique_names(names: Sequence[str]) -> list[str]:
    """The names, each once: what is there already gets a number, `film.mp4-2`."""
    taken: dict[str, None] = {}
    met: Counter[str] = Counter()  # of ten thousand equal names none is counted from 1 again
    for name in names:
        numbered = name
        while numbered in taken:
            met[name] += 1
            numbered = f"{name}-{met[name] + 1}"
        taken[numbered] = None
    return list(taken)


def write_whole(target: Path, content: bytes) -> None:
    """Writes a file at once or not at all; `-` is the standard output.

    Raises:
      UserError: the folder is missing or cannot be written.
    """
    if target == STANDARD_OUTPUT:
        sys.stdout.write(content.decode())
        return
    with replacing(target) as partial:
        partial.write_bytes(content)


def write_text(target: Path, text: str) -> None:
    """Writes a text as UTF-8, at once or not at all; names of files may hold what UTF-8 has not.

    Raises:
      UserError: as `write_whole`.
    """
    write_whole(target, text.encode("utf-8", "replace"))


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """For what is too large for the memory: gives a path to write to, which becomes the file when all went well.

    Raises:
      UserError: the folder is missing or cannot be written.
    """
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        yield partial
        os.replace(partial, target)
    except BrokenPipeError:  # that of whoever reads what is printed meanwhile
        raise
    except OSError as error:
        raise UserError(f"{target} cannot be written ({error.strerror})") from None
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()


def write_json(target: Path, value: Any) -> None:
    """Writes a value as indented JSON, at once or not at all.

    Raises:
      UserError: as `write_whole`.
    """
    write_whole(target, (json.dumps(value, indent=2) + "\n").encode())


def drawable(text: str) -> str:
    """A text as Matplotlib can draw it: names of files may hold what UTF-8 has not."""
    return text.encode("utf-8", "replace").decode()


def write_picture(target: Path, figure: "Figure", dpi: int = 120) -> None:
    """Writes a figure as PNG, at once or not at all.

    Raises:
      UserError: as `write_whole`.
    """
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=dpi)
    write_whole(target, content.getvalue())
