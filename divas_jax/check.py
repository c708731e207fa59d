"""`python -m divas_jax.check FILE|FOLDER…`: the verdict on whole titles, with a report that shows it.

In sync, constant offset, drift, intermittent or not enough evidence: in words in the terminal, and as a page, tables
and markers for editing suites under `--out`, one folder a title and an index of them all where there are several.
Reports of other files are not replaced, unless `--overwrite` says so. The exit codes are those of `score`: 0 if every
title is within the tolerance from its start to its end, 1 if one surely is not, 2 if one could not be read, and 3 if
one cannot be told, or not surely (2 goes before 1, and 1 before 3).
"""

import argparse
import dataclasses
import functools
import json
import os
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

from divas_jax.batch_arguments import add_batch_arguments, check_batch_arguments, part_of
from divas_jax.catalogue.options import BEAM, check_beam_arguments, split_runner_options
from divas_jax.command import EXIT_CODES, command_parser, console, run
from divas_jax.driving import Record, console_for, drive, way_on, write_tables
from divas_jax.errors import UserError
from divas_jax.outcomes import doubt_words, exit_code, outcome_line, outcome_of, outcome_sum
from divas_jax.title_arguments import judging_settings, listed_files, listed_names
from divas_jax.writing import check_can_make, make_folder, unique_names

if TYPE_CHECKING:
    from rich.console import Console

    from divas_jax.title.batch import FileJudge, Settings
    from divas_jax.title.scan import Progress

OUT = Path("divas-report")
"""Where reports go, unless told: one folder a title."""

_EXAMPLES = (
    "divas check film.mov                      # the verdict, and a report in divas-report/film.mov",
    "divas check DELIVERIES --out REPORTS --journal done.jsonl --workers 2",
    "divas check --beam RESULTS --list titles.txt -- --runner=DataflowRunner   # on many machines",
    "divas check film.mkv --tolerance 125:45 --sure 0.95",
)

MOST_HELPERS = 8
"""Each takes most of a gigabyte of memory."""

EVIDENCE = 3
"""So many of the surest scenes are cut out, to be looked at, and the worst one."""


def main() -> int:
    """Checks the files of the command line."""
    arguments = _arguments()
    _check(arguments)
    if arguments.beam:
        return _judge_catalogue(arguments)

    from divas_jax.title.batch import failed_record, media_files  # late: bad arguments start no JAX
    from divas_jax.title.file_record import csv_text, each_sound
    from divas_jax.title.report import write_index

    files = part_of(media_files([*arguments.files, *listed_files(arguments.list)]), arguments.part)
    alone = len(files) == 1 and not arguments.workers  # worker processes have no helpers of their own
    settings, folders = _settings(arguments, alone), report_folders(arguments.out, files)
    out, lines = arguments.out or OUT, console_for(arguments)
    check_nothing_is_lost(folders, arguments.overwrite)
    summary = lines if alone and not arguments.quiet else None  # none can be pickled
    work = functools.partial(_reported, folders, arguments.evidence, summary)

    def show(record: Record) -> None:
        if summary is None or record["error"] or record["sounds"]:
            for sound in each_sound([record]):
                lines.print(_line(sound, arguments.sure), soft_wrap=True)

    driven = drive(arguments, settings, files, show, work, failed_record)
    write_tables(arguments, driven.records, csv_text)
    outcomes = Counter(outcome_of(record, arguments.sure) for record in each_sound(driven.records))
    read = [Path(record["file"]) for record in driven.records if not record["error"]]
    if len(files) > 1:
        write_index(out, _pages(out, folders, driven.records))
        if not arguments.quiet:
            lines.print(outcome_sum(outcomes, "titles", arguments.tolerance.name), soft_wrap=True)
    if read and not arguments.quiet:
        lines.print(f"report: {_front_page(out, folders, read)}", markup=False, soft_wrap=True)
    driven.end(way_on(arguments.journal))
    return exit_code(outcomes)


def _settings(arguments: argparse.Namespace, alone: bool) -> "Settings":
    return dataclasses.replace(judging_settings(arguments), helpers=most_helpers() if alone else 0)


def most_helpers() -> int:
    """Processes that look at pieces of a title with `--quick`."""
    return min(os.cpu_count() or 1, MOST_HELPERS)


def _arguments() -> argparse.Namespace:
    """Of the command line; `runner_options` are those of Beam."""
    words, runner_options = split_runner_options(sys.argv[1:])
    return _parser().parse_args(words, argparse.Namespace(runner_options=runner_options))


def _judge_catalogue(arguments: argparse.Namespace) -> int:
    """Records and a summary of titles on many machines; no reports."""
    from divas_jax.catalogue.addresses import address_of, title_addresses
    from divas_jax.catalogue.checking import check_plan, made_with
    from divas_jax.catalogue.pipeline import keep_records
    from divas_jax.loading import load_judge
    from divas_jax.title.batch import FileJudge, media_files

    named = map(str, media_files(arguments.files))
    titles = part_of(title_addresses([*named, *listed_names(arguments.list)]), arguments.part)
    settings, make_judge = judging_settings(arguments), functools.partial(load_judge, arguments.checkpoint)
    FileJudge(make_judge(), settings)  # a model that cannot be used is told here, not by ten thousand records
    results, made = address_of(arguments.beam), made_with(arguments.checkpoint, settings)
    plan = check_plan(results, settings, made, make_judge, arguments.limit, arguments.workers or 1)
    counts = keep_records(titles, plan, arguments.runner_options)
    if not arguments.quiet:
        console.print(f"{counts.made} titles judged, {counts.kept} had their record", soft_wrap=True)
        console.print(outcome_sum(counts.outcomes, "titles", arguments.tolerance.name), soft_wrap=True)
        console.print(f"records and summary: {arguments.beam}", markup=False, soft_wrap=True)
    return exit_code(counts.outcomes)


def report_folders(out: Path | None, files: Sequence[Path]) -> dict[Path, Path]:
    """Where each file's report goes: `out` for a single one, else a folder in it (`OUT`), named as the file."""
    if out is not None and len(files) == 1:
        return {files[0]: out}
    out = out or OUT
    names = unique_names([file.name for file in files])
    return {file: out / name for file, name in zip(files, names, strict=True)}


def _pages(out: Path, folders: Mapping[Path, Path], records: Sequence[Record]) -> list[tuple[str, Record]]:
    """Where the report on each sound of each title lies, relative to `out`, and its record."""
    from divas_jax.title.file_record import each_sound

    pages = []
    for record in records:
        folder = folders[Path(record["file"])].relative_to(out)
        for number, sound in enumerate(each_sound([record])):
            pages.append((str(folder / sound_folder(number) / "report.html"), sound))
    return pages


def _front_page(out: Path, folders: Mapping[Path, Path], read: Sequence[Path]) -> Path:
    """What is opened first: the index of several titles, or the one title's report."""
    return out / "index.html" if len(folders) > 1 else folders[read[0]] / "report.html"


def sound_folder(number: int) -> str:
    """Where the report on one of a file's sounds lies in the file's folder; the first is the file's own choice (0)."""
    return f"other-sound-{number}" if number else "."


def check_nothing_is_lost(folders: Mapping[Path, Path], overwrite: bool = False) -> None:
    """Looks whether the reports would take the place of those of other files, or of the files themselves.

    Raises:
      UserError: one would.
    """
    for file, folder in folders.items():
        if folder.exists() and not folder.is_dir():
            raise UserError(f"{folder} is a file, but the report of {file} needs a folder there: name another --out")
        try:
            record = json.loads((folder / "report.json").read_bytes())
            other = record.get("path") or record["file"]
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
        if not overwrite and Path(other) != file.absolute():
            raise UserError(f"{folder} holds the report of {other}: name another --out, or --overwrite it")


def _parser() -> argparse.ArgumentParser:
    what = "Says what the sound of a title does from its start to its end, and shows it."
    parser = command_parser("divas check", what, _EXAMPLES, EXIT_CODES)
    add = parser.add_argument
    add("--out", type=Path, metavar="DIR", help=f"where the report is written ({OUT}, one folder a title)")
    add("--overwrite", action="store_true", help="replace reports of other files")
    evidence = f"clips of the N surest scenes and the worst one, as they are and put right ({EVIDENCE}; 0: none)"
    add("--evidence", type=int, default=EVIDENCE, metavar="N", help=evidence)
    quick = "look at long titles in short pieces, more where they disagree: minutes for hours"
    add("--quick", action="store_true", help=quick)
    beam = "records and a summary of the titles of --list, by Apache Beam, instead of reports; its options go after --"
    add(BEAM, metavar="RESULTS", help=beam)
    add_batch_arguments(parser, limit_s=4 * 3600.0)
    return parser


def _check(arguments: argparse.Namespace) -> None:
    check_batch_arguments(arguments)
    if arguments.quick and arguments.track.casefold() == "all":
        raise UserError("--quick judges one sound: name a track, or leave --quick out")
    if arguments.beam:
        check_beam_arguments(arguments, arguments.files, ("out", "json", "csv", "journal"))
        return
    if arguments.evidence < 0:
        raise UserError("--evidence must be 0 (no clips) or more")
    check_can_make("--out", arguments.out or OUT)


def _reported(
    folders: Mapping[Path, Path],
    evidence: int,
    summary: "Console | None",
    judge: "FileJudge",
    file: Path,
    progress: "Progress | None",
) -> Record:
    """A title's record without its scenes (a thousand films would fill the memory with them); its report is written."""
    from divas_jax.title.file_record import brief, each_sound, file_record
    from divas_jax.title.report import print_summary, write_report

    checked = judge.check(file, progress)
    record = file_record(checked, judge.settings.tolerance, judge.settings.sure)
    if not checked.answer.failure:
        make_folder(folders[file])
        sounds = [*enumerate(zip((checked, *checked.others), each_sound([record]), strict=True))]
        for number, (sound, sound_record) in reversed(sounds):  # the first one's record holds those of the others
            folder = folders[file] / sound_folder(number)
            folder.mkdir(exist_ok=True)
            reported = write_report(folder, sound, sound_record, evidence, judge.settings.wish)
        if summary and not checked.others:
            print_summary(summary, reported, record, judge.settings.sure)
    return brief(record)


def _line(record: Record, sure: float) -> str:
    kind = outcome_of(record, sure)
    sentence = record["error"] or f"{record['file']}: {record['verdict']['words']}"
    sentence += f"; {record['sound']}" if record["sound"] and not record["error"] else ""
    sentence += f" ({record['advice']})" if kind == "thin" and record["advice"] else ""
    sentence += f"; {doubt_words(record['chance_within'])}" if kind == "doubtful" else ""
    return outcome_line(kind, escape(sentence))


if __name__ == "__main__":
    sys.exit(run(main))
