"""`python -m divas_jax.score FILE|FOLDER…`: the offset of any media file, one line a file.

Shots, speech and faces are found, every face is judged, and what the speakers say together is the file's answer.
The exit code is 0 if every file is within the tolerance, 1 if one is out of it, 2 if one could not be read, and
3 if the evidence was not enough for one (2 goes before 1, and 1 before 3). `--journal` keeps what is done: named
again, only the rest is judged.
"""

import argparse
import functools
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.markup import escape

from divas_jax import __version__
from divas_jax.command import console, errors, progress_bar, run
from divas_jax.errors import UserError
from divas_jax.judging_arguments import (
    add_judging_arguments,
    check_judging_arguments,
    judging_settings,
    listed_files,
)
from divas_jax.outcomes import Outcome, doubt_words, exit_code, outcome_line, outcome_sum, sided
from divas_jax.writing import write_json, write_text


def main() -> int:
    """Judges the files of the command line."""
    arguments = _parser().parse_args()
    _check(arguments)

    from divas_jax.loading import load_judge, weights_folder  # late: bad arguments start no JAX
    from divas_jax.title.batch import media_files
    from divas_jax.title.journal import Journal

    settings = judging_settings(arguments)
    files = media_files([*arguments.files, *listed_files(arguments.list)])
    said = f"{__version__} {weights_folder(arguments.checkpoint).resolve()} {settings}"
    journal = Journal(arguments.journal, said) if arguments.journal else None
    done = {file: journal.done[str(file)] for file in files if journal and str(file) in journal.done}
    todo = [file for file in files if file not in done]
    if done:
        console.print(f"{len(done)} of {len(files)} files were judged before", highlight=False)
    records = _judged(arguments, functools.partial(load_judge, arguments.checkpoint), settings, todo)
    for record in records:
        console.print(_line(record, arguments.sure), soft_wrap=True)
        for warning in record["warnings"]:
            errors.print(f"warning: {escape(warning)}")
        done[Path(record["file"])] = record
        if journal:
            journal.add(record)
    return _report(arguments, [done[file] for file in files])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="divas score", description="Says how far the sound of any media file is from its picture, one line a file."
    )
    add = parser.add_argument
    add("files", type=Path, nargs="*", metavar="FILE|FOLDER", help="media files, or folders of them")
    add("--list", type=Path, metavar="FILE", help="a text file that names one media file a line")
    add("--json", type=Path, metavar="FILE", help="write everything found as JSON")
    add("--csv", type=Path, metavar="FILE", help="write one row a file as CSV")
    add("--journal", type=Path, metavar="FILE", help="keep what is done; named again, only the rest is judged")
    add("--workers", type=int, metavar="N", help="processes (default: none for one file, 1 for more)")
    add("--limit", type=float, default=3600.0, metavar="S", help="give a file up after so many seconds (3600)")
    add_judging_arguments(parser)
    return parser


def _check(arguments: argparse.Namespace) -> None:
    if not arguments.files and not arguments.list:
        raise UserError("no FILE or FOLDER is named")
    for option in ("json", "csv", "journal"):
        path = getattr(arguments, option)
        if path and not path.parent.is_dir():
            raise UserError(f"--{option} {path} cannot be written: its folder is missing")
    check_judging_arguments(arguments)
    if arguments.limit <= 0:
        raise UserError("--limit must be above 0")
    if arguments.workers is not None and arguments.workers < 0:
        raise UserError("--workers must be 0 (this process) or more")


def _judged(arguments: argparse.Namespace, make_judge: Any, settings: Any, files: Sequence[Path]) -> Iterator[dict]:
    """Records, as they are done."""
    if not files:
        return
    from divas_jax.title.batch import FileJudge, in_processes

    workers = arguments.workers if arguments.workers is not None else int(len(files) > 1)
    with progress_bar() as progress:
        if not workers:
            judge = FileJudge(make_judge(), settings)
            for file in files:
                bar = progress.add_task(escape(file.name), total=None)
                yield judge.record(file, lambda done, total, bar=bar: progress.update(bar, completed=done, total=total))
                progress.remove_task(bar)
            return
        bar = progress.add_task("files", total=len(files))
        for record in in_processes(make_judge, settings, files, min(workers, len(files)), arguments.limit):
            yield record
            progress.advance(bar)


def _outcome(record: dict[str, Any], sure: float) -> Outcome:
    if record["status"] != "told":
        return record["status"]
    return sided(record["within_tolerance"], record["chance_within"], sure)


def _line(record: dict[str, Any], sure: float) -> str:
    outcome = _outcome(record, sure)
    if outcome == "failed":
        return outcome_line(outcome, escape(record["error"]))
    said = f"{record['reason']} ({record['advice']})" if outcome == "thin" else record["words"]
    said += f"; {doubt_words(record['chance_within'])}" if outcome == "doubtful" else ""
    seen = f"{_count(record['speakers'], 'speaker')} in {_count(record['scenes'], 'scene')}" if record["scenes"] else ""
    heard = f"; {record['sound']}" if record["sound"] else ""
    return outcome_line(outcome, escape(f"{record['file']}: {said}" + f"; {seen}" * bool(seen) + heard))


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number != 1)}"


def _report(arguments: argparse.Namespace, records: Sequence[dict[str, Any]]) -> int:
    """Writes the files asked for, says the sum, and returns the exit code."""
    from divas_jax.title.records import csv_text

    if arguments.json:
        write_json(arguments.json, {"divas_jax": __version__, "tolerance": arguments.tolerance.name, "files": records})
    if arguments.csv:
        write_text(arguments.csv, csv_text(records))
    outcomes = Counter(_outcome(record, arguments.sure) for record in records)
    if len(records) > 1:
        console.print(outcome_sum(outcomes, "files", arguments.tolerance.name), soft_wrap=True)
    return exit_code(outcomes)


if __name__ == "__main__":
    sys.exit(run(main))
