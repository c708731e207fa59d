"""Command line options of the commands that work on many files: `score`, `check` and `embed`."""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from divas_jax.errors import UserError
from divas_jax.title_arguments import add_judging_arguments, check_judging_arguments, real
from divas_jax.writing import STANDARD_OUTPUT, check_can_write

T = TypeVar("T")


def add_files_arguments(parser: argparse.ArgumentParser, limit_s: float, metavar: str = "FILE|FOLDER") -> None:
    """Which files, how many at the same time and for how long.

    Args:
      parser: of the command.
      limit_s: after how long a file is given up (s), unless told.
      metavar: what is named on the command line.
    """
    add = parser.add_argument
    add("files", type=Path, nargs="*", metavar=metavar, help="media files, or folders of them")
    add("--list", type=Path, metavar="FILE", help="a text file with the name of one media file on each line")
    add(
        "--part",
        type=_part,
        metavar="K/N",
        help="only every Nth of the files, from the Kth on: one of N tasks of a cluster",
    )
    add("--workers", type=int, metavar="N", help="files worked on at the same time, each by a process of its own (1)")
    add(
        "--limit",
        type=real,
        default=limit_s,
        metavar="S",
        help=f"give a file up after S seconds, and say so ({limit_s:g})",
    )


def check_files_arguments(arguments: argparse.Namespace, least_workers: int = 0) -> None:
    """Before anything is loaded.

    Args:
      arguments: of `add_files_arguments`.
      least_workers: 0 where this process may do the work.

    Raises:
      UserError: no file is named, or a number is out of range.
    """
    if not arguments.files and not arguments.list:
        raise UserError("no FILE or FOLDER is named")
    if arguments.limit <= 0:
        raise UserError("--limit must be above 0")
    if arguments.workers is not None and arguments.workers < least_workers:
        raise UserError(f"--workers must be {least_workers or '0 (this process)'} or more")


def add_batch_arguments(parser: argparse.ArgumentParser, limit_s: float) -> None:
    """Which files, what is written of them, how they are judged.

    Args:
      parser: of the command.
      limit_s: after how long a file is given up (s), unless told.
    """
    add_files_arguments(parser, limit_s)
    add = parser.add_argument
    add("--json", type=Path, metavar="FILE", help="write everything found as JSON (- prints it)")
    add("--csv", type=Path, metavar="FILE", help="write one row a file as CSV (- prints it)")
    add("--quiet", action="store_true", help="print one line for each file and nothing else")
    add(
        "--journal",
        type=Path,
        metavar="FILE",
        help="keep what is done: the same command again does only the rest",
    )
    add_judging_arguments(parser)
    parser.set_defaults(every_sound=True)


def check_batch_arguments(arguments: argparse.Namespace) -> None:
    """Before anything is loaded.

    Raises:
      UserError: no file is named, a number is out of range, or a file that is to be written cannot be.
    """
    check_files_arguments(arguments)
    check_judging_arguments(arguments)
    if arguments.json == arguments.csv == STANDARD_OUTPUT:
        raise UserError("--json - and --csv - cannot both be printed: name a file for one of them")
    for option in ("json", "csv", "journal"):
        check_can_write(f"--{option}", getattr(arguments, option))


def part_of(files: Sequence[T], part: tuple[int, int] | None) -> list[T]:
    """What `--part` leaves of the files: every Nth from the Kth on (from 1), so that N tasks together judge all."""
    k, n = part or (1, 1)
    return list(files[k - 1 :: n])


def _part(text: str) -> tuple[int, int]:
    """K and N of `K/N`.

    Raises:
      argparse.ArgumentTypeError: they are not.
    """
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise argparse.ArgumentTypeError(f"{text!r} is no part such as 3/100: K from 1 to N")
    return int(match[1]), int(match[2])
