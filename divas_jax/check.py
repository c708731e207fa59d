"""`python -m divas_jax.check FILE|FOLDER…`: the verdict on whole titles, with a report that shows it.

In sync, constant offset, drift, intermittent or not enough evidence: in words in the terminal, and as a page, tables
and markers for editing suites under `--out`, one folder a title and an index of them all where there are several.
Reports of other files are not replaced, unless `--overwrite` says so. The exit codes are those of `score`: 0 if every
title is within the tolerance from its start to its end, 1 if one is not, 2 if one could not be read, and 3 if the
evidence was not enough for one (2 goes before 1, and 1 before 3).
"""

import argparse
import functools
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

from divas_jax.command import console, progress_bar, run
from divas_jax.errors import UserError
from divas_jax.judging_arguments import (
    add_judging_arguments,
    check_judging_arguments,
    judging_settings,
    listed_files,
)
from divas_jax.outcomes import SURE, Outcome, doubt_words, exit_code, outcome_line, outcome_sum, sided

if TYPE_CHECKING:
    from divas_jax.sync.tolerances import Tolerance
    from divas_jax.title.batch import FileJudge, Settings
    from divas_jax.title.checked import Checked
    from divas_jax.title.scan import Told

OUT = Path("divas-report")
"""Where reports go, unless told: one folder a title."""


EVIDENCE = 3
"""So many of the surest scenes are cut out, to be looked at."""


def main() -> int:
    """Checks the files of the command line."""
    arguments = _parser().parse_args()
    _check(arguments)

    from divas_jax.title.batch import media_files  # late: bad arguments start no JAX
    from divas_jax.title.report import print_summary, write_index

    files = media_files([*arguments.files, *listed_files(arguments.list)])
    settings, folders = judging_settings(arguments), report_folders(arguments.out, files)
    out = arguments.out or OUT
    check_nothing_is_lost(folders, arguments.overwrite)
    found = {}
    for checked in _checked(arguments, settings, folders):
        found[checked.file] = checked
        if len(files) == 1 and not checked.answer.failure:
            print_summary(console, checked)
            for sentence in _doubt(checked, settings):
                console.print(sentence, soft_wrap=True)
        else:
            console.print(_line(checked, settings), soft_wrap=True)
    kinds = Counter(outcome(checked, settings.tolerance, settings.sure) for checked in found.values())
    read = [file for file in files if not found[file].answer.failure]
    if len(files) > 1:
        pages = [(str(folders[file].relative_to(out) / "report.html"), found[file]) for file in files]
        write_index(out, pages)
        console.print(outcome_sum(kinds, "titles", settings.tolerance.name), soft_wrap=True)
    if read:
        page = out / "index.html" if len(files) > 1 else folders[read[0]] / "report.html"
        console.print(f"report: {page}", markup=False, soft_wrap=True)
    return exit_code(kinds)


def outcome(checked: "Checked", tolerance: "Tolerance", sure: float = SURE) -> Outcome:
    """What is said of a title."""
    if checked.answer.failure:
        return "failed"
    return sided(checked.verdict.within(tolerance), checked.verdict.chance_within(tolerance), sure)


def report_folders(out: Path | None, files: Sequence[Path]) -> dict[Path, Path]:
    """Where each file's report goes: `out` for a single one, else a folder in it (`OUT`), named as the file."""
    if out is not None and len(files) == 1:
        return {files[0]: out}
    out = out or OUT
    folders: dict[Path, Path] = {}
    for file in files:
        names = (file.name if number == 1 else f"{file.name}-{number}" for number in count(1))
        folders[file] = next(out / name for name in names if out / name not in folders.values())
    return folders


def check_nothing_is_lost(folders: Mapping[Path, Path], overwrite: bool = False) -> None:
    """Looks whether the reports would take the place of those of other files, or of the files themselves.

    Raises:
      UserError: one would.
    """
    for file, folder in folders.items():
        if folder.exists() and not folder.is_dir():
            raise UserError(f"{folder} is a file, but the report of {file} needs a folder there: name another --out")
        try:
            other = json.loads((folder / "report.json").read_bytes())["file"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if not overwrite and Path(other) != file.absolute():
            raise UserError(f"{folder} holds the report of {other}: name another --out, or --overwrite it")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="divas check", description="Says what the sound of a title does from its start to its end, and shows it."
    )
    add = parser.add_argument
    add("files", type=Path, nargs="*", metavar="FILE|FOLDER", help="media files, or folders of them")
    add("--list", type=Path, metavar="FILE", help="a text file that names one media file a line")
    add("--out", type=Path, metavar="DIR", help=f"where the report is written ({OUT}, one folder a title)")
    add("--overwrite", action="store_true", help="replace reports of other files")
    add("--workers", type=int, metavar="N", help="processes (default: none for one file, 1 for more)")
    add("--limit", type=float, default=4 * 3600.0, metavar="S", help="give a file up after so many seconds (14400)")
    add(
        "--evidence",
        type=int,
        default=EVIDENCE,
        metavar="N",
        help=f"clips of the N surest scenes ({EVIDENCE}; 0: none)",
    )
    add_judging_arguments(parser)
    return parser


def _check(arguments: argparse.Namespace) -> None:
    if not arguments.files and not arguments.list:
        raise UserError("no FILE or FOLDER is named")
    check_judging_arguments(arguments)
    if arguments.limit <= 0:
        raise UserError("--limit must be above 0")
    if arguments.evidence < 0:
        raise UserError("--evidence must be 0 (no clips) or more")
    if arguments.workers is not None and arguments.workers < 0:
        raise UserError("--workers must be 0 (this process) or more")
    out = arguments.out or OUT
    if out.exists() and not out.is_dir():
        raise UserError(f"--out {out} is a file, but must be a folder")
    above = next(place for place in out.absolute().parents if place.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise UserError(f"--out {out} cannot be made: {above} is no folder that can be written to")


def _checked(arguments: argparse.Namespace, settings: "Settings", folders: dict[Path, Path]) -> "Iterator[Checked]":
    """Titles, as they are done and their reports are written."""
    from divas_jax.loading import load_judge
    from divas_jax.title.batch import FileJudge, in_processes

    make_judge = functools.partial(load_judge, arguments.checkpoint)
    workers = arguments.workers if arguments.workers is not None else int(len(folders) > 1)
    with progress_bar() as progress:
        if not workers:
            judge = FileJudge(make_judge(), settings)
            for file in folders:
                bar = progress.add_task(escape(file.name), total=None)
                yield _reported(
                    folders,
                    arguments.evidence,
                    judge,
                    file,
                    lambda done, total, bar=bar: progress.update(bar, completed=done, total=total),
                )
                progress.remove_task(bar)
            return
        bar = progress.add_task("titles", total=len(folders))
        work = functools.partial(_reported_in_brief, folders, arguments.evidence)
        for checked in in_processes(
            make_judge, settings, list(folders), min(workers, len(folders)), arguments.limit, work, _not_checked
        ):
            yield checked
            progress.advance(bar)


def _reported(
    folders: dict[Path, Path], evidence: int, judge: "FileJudge", file: Path, told: "Told | None" = None
) -> "Checked":
    from divas_jax.title.checked import check_file
    from divas_jax.title.report import write_report

    checked = check_file(judge, file, told)
    if not checked.answer.failure:
        try:
            folders[file].mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"{folders[file]} cannot be made ({error.strerror})") from None
        write_report(folders[file], checked, evidence, judge.settings.wish)
    return checked


def _reported_in_brief(folders: dict[Path, Path], evidence: int, judge: "FileJudge", file: Path) -> "Checked":
    """Without its scenes: a folder of a thousand films would fill the memory with them."""
    return _reported(folders, evidence, judge, file).in_brief


def _not_checked(settings: "Settings", file: Path, why: str) -> "Checked":
    from divas_jax.title.answer import FileAnswer
    from divas_jax.title.checked import checked

    return checked(FileAnswer(file, failure=why))


def _chance(checked: "Checked", settings: "Settings") -> float | None:
    return checked.verdict.chance_within(settings.tolerance)


def _doubt(checked: "Checked", settings: "Settings") -> list[str]:
    """A sentence on a title that is not surely on one side of the tolerance; none for others."""
    chance = _chance(checked, settings)
    doubtful = outcome(checked, settings.tolerance, settings.sure) == "doubtful" and chance is not None
    return [f"[yellow]not sure:[/] {doubt_words(chance)} of {settings.tolerance.name}"] if doubtful else []


def _line(checked: "Checked", settings: "Settings") -> str:
    sentence = checked.answer.failure or f"{checked.file}: {checked.verdict.words}"
    kind, chance = outcome(checked, settings.tolerance, settings.sure), _chance(checked, settings)
    sentence += f"; {doubt_words(chance)}" if kind == "doubtful" and chance is not None else ""
    return outcome_line(kind, escape(sentence))


if __name__ == "__main__":
    sys.exit(run(main))
