"""Command line options that every command has which judges whole files."""

import argparse
import math
import re
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from divas_jax.errors import UserError
from divas_jax.outcomes import SURE
from divas_jax.released import WHOLE_PICTURES
from divas_jax.sync.tolerances import TOLERANCES, UNDETECTABLE, Tolerance, tolerance_of

if TYPE_CHECKING:
    from divas_jax.media.tracks import Wish
    from divas_jax.title.batch import Settings


_NUMBERS = re.compile(r"-\d[\d.]*(:-?\d[\d.]*)?$")

FACE_MODEL = "find faces with this YuNet model, instead of the CenterFace that comes along"
SEARCH_MS = "the largest offset looked for, each way (600); score and check look farther where they must"
FINE = "offsets tried for each picture: more is finer and slower (1)"
"""Help that several commands share."""


def number(text: str) -> Fraction:
    """An exact number of the command line, such as `600` or `40.5`.

    Raises:
      argparse.ArgumentTypeError: it is none.
    """
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None


def real(text: str) -> float:
    """A number of the command line that may be without end (`inf`), but not undefined (`nan`).

    Raises:
      argparse.ArgumentTypeError: it is none.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if math.isnan(value):
        raise argparse.ArgumentTypeError(f"{text!r} is no number")
    return value


def add_judging_arguments(parser: argparse.ArgumentParser) -> None:
    """Which model judges, how, and what is in sync."""
    parser._negative_number_matcher = _NUMBERS  # or `--tolerance -125:45` would be taken for an option
    add = parser.add_argument
    add("--checkpoint", type=Path, metavar="DIR", help="the model: a training folder or an export (the package's own)")
    add(
        "--tolerance",
        type=_tolerance,
        default=UNDETECTABLE,
        metavar="T",
        help=f"what is in sync: {_named_tolerances()}, or ms: 40 each way, or LATE:EARLY as 125:45 (undetectable)",
    )
    add(
        "--sure",
        type=real,
        default=SURE,
        metavar="P",
        help="how likely an answer must be to be called within or out of the tolerance (0.9)",
    )
    add(
        "--full-frame",
        action="store_true",
        help="judge whole pictures, not faces: less exact, and without looking for any",
    )
    add("--face-model", type=Path, metavar="FILE.onnx", help=FACE_MODEL)
    add_wish_arguments(parser)
    add("--search-ms", type=number, default=Fraction(600), metavar="MS", help=SEARCH_MS)
    add("--fine", type=int, default=1, metavar="N", help=FINE)


def add_wish_arguments(parser: argparse.ArgumentParser) -> None:
    """Which picture and sound of a file that holds several."""
    add = parser.add_argument
    add(
        "--track",
        default="",
        metavar="T",
        help="the sound track: a number from 1, a language, part of its title; all: each, with score and check",
    )
    add(
        "--channel",
        default="",
        metavar="C",
        help="its channel: a number from 1, or FL (left), FR, FC (centre) …",
    )
    add("--video-track", default="", metavar="T", help="which picture track, where a file has several: as --track")
    add(
        "--program",
        type=int,
        metavar="N",
        help="which programme of a transport stream: its number (ffprobe lists them)",
    )


def wish_of(arguments: argparse.Namespace) -> "Wish":
    """What `add_wish_arguments` was given."""
    from divas_jax.media.tracks import Wish

    return Wish(arguments.track, arguments.video_track, arguments.channel, arguments.program)


def _tolerance(text: str) -> Tolerance:
    try:
        return tolerance_of(text)
    except ValueError:
        names = ", ".join(each.name for each in TOLERANCES)
        kinds = f"a name ({names}), ms each way above 0 (40), or LATE:EARLY (125:45)"
        raise argparse.ArgumentTypeError(f"{text!r} is no tolerance: {kinds}") from None


def checkpoint_of(arguments: argparse.Namespace) -> Path | None:
    """The model that is named; where none is, that of the package for whole pictures, or None for its usual one."""
    return WHOLE_PICTURES if arguments.full_frame and arguments.checkpoint is None else arguments.checkpoint


def _named_tolerances() -> str:
    return ", ".join(f"{each.name} ({each.late:g} to {each.early:g} ms)" for each in TOLERANCES)


def check_judging_arguments(arguments: argparse.Namespace) -> None:
    """Before anything is loaded; whole pictures without a model named are judged by the package's own for them.

    Raises:
      UserError: a number is out of range.
    """
    arguments.checkpoint = checkpoint_of(arguments)
    for option in ("search_ms", "fine"):
        if getattr(arguments, option) <= 0:
            raise UserError(f"--{option.replace('_', '-')} must be above 0")
    if wish_of(arguments).every_sound and not getattr(arguments, "every_sound", False):
        raise UserError("--track all is for score and check: name one track")
    if not 0.5 <= arguments.sure <= 1:
        raise UserError("--sure must be from 0.5 to 1")


def judging_settings(arguments: argparse.Namespace) -> "Settings":
    """What `add_judging_arguments` was given."""
    from divas_jax.title.batch import Settings  # late: bad arguments start no JAX

    tolerance = arguments.tolerance
    search, wish = arguments.search_ms / 1000, wish_of(arguments)
    quick, sure = getattr(arguments, "quick", False), arguments.sure
    return Settings(arguments.face_model, arguments.full_frame, search, arguments.fine, tolerance, wish, sure, quick)


def listed_files(path: Path | None) -> list[Path]:
    """The files that a text names, one a line; none without a text.

    Raises:
      UserError: it cannot be read.
    """
    return [Path(name) for name in listed_names(path)]


def listed_names(path: Path | None) -> list[str]:
    """The same as they are written: addresses such as `gs://…` are no paths.

    Raises:
      UserError: the text cannot be read.
    """
    if path is None:
        return []
    try:
        lines = [line.strip() for line in path.read_text().splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"list {path} cannot be read ({getattr(error, 'strerror', None) or 'no text'})") from None
    return [line for line in lines if line and not line.startswith("#")]
