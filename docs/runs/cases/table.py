"""`make cases`: films with the traits that real files trouble people with are made, judged, repaired; a table says how.

python docs/runs/cases/table.py [--only NAME …] [--weights DIR] [--out DIR] [--list]

The exit code is 1 if anything said of a file is wrong.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from made_film import MadeFilm
from makers import CASES, Case, named
from said import Said, said_of

from divas_jax.command import errors, run
from divas_jax.errors import UserError
from divas_jax.loading import load_judge
from divas_jax.title.batch import FileJudge
from divas_jax.title_arguments import add_judging_arguments, judging_settings

HEAD = """| file | trait | truth (ms) | `score` | `check` | | repaired copy |
| --- | --- | ---: | --- | --- | --- | --- |"""


def main() -> int:
    """Makes, judges and prints what the command line asks for."""
    arguments = _parser().parse_args()
    if arguments.list:
        print("\n".join(f"{case.name}: {case.trait}" for case in CASES))
        return 0
    cases = _chosen(arguments.only)
    settings = judging_settings(_judging(arguments.weights))
    judge = FileJudge(load_judge(arguments.weights), settings)
    with _folder(arguments.out) as folder:
        errors.print("painting the film of which all are made")
        film = MadeFilm.made(folder)
        print(HEAD, flush=True)
        right = sum(_row(judge, case, folder, film) for case in cases)
    print(f"\n{right} of {len(cases)} right")
    return int(right < len(cases))


def line(said: Said) -> str:
    """A row of the table."""
    case = said.case
    truth = "none" if case.truth is None else f"{case.truth:+.0f}" if case.truth else "0"
    truth += f" to {case.end:+.0f}" if case.end is not None else ""
    mark = "right" if said.good else "**WRONG**"
    return f"| {case.name} | {case.trait} | {truth} | {said.score} | {said.check} | {mark} | {said.repaired} |"


def _row(judge: FileJudge, case: Case, folder: Path, film: MadeFilm) -> bool:
    """Makes a file and prints its row as soon as it is known; whether all is right."""
    begun, path = monotonic(), folder / case.name
    case.make(path, film)
    said = said_of(judge, case, path, film)
    print(line(said), flush=True)
    errors.print(f"{case.name}: {'right' if said.good else 'WRONG'} ({monotonic() - begun:.0f} s)", markup=False)
    for warning in said.warnings:
        errors.print(f"  {warning}", markup=False)
    return said.good


def _chosen(names: Sequence[str]) -> list[Case]:
    try:
        return [named(name) for name in names] or CASES
    except KeyError as error:
        raise UserError(f"there is no {error}; --list names all") from None


def _judging(weights: Path | None) -> argparse.Namespace:
    """How the commands judge when nothing is asked of them."""
    parser = argparse.ArgumentParser()
    add_judging_arguments(parser)
    return parser.parse_args(["--checkpoint", str(weights)] if weights else [])


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    """Where the files are written: one that is kept, or one that is not."""
    if kept:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Makes odd files, judges and repairs them, and prints a table.")
    add = parser.add_argument
    add("--only", nargs="+", default=[], metavar="NAME", help="only these files")
    add("--weights", type=Path, metavar="DIR", help="a training folder or an export (default: package's weights)")
    add("--out", type=Path, metavar="DIR", help="keep the files here")
    add("--list", action="store_true", help="say which there are")
    return parser


if __name__ == "__main__":
    sys.exit(run(main))
