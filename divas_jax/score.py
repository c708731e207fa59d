"""`python -m divas_jax.score FILE|FOLDER…`: the offset of any media file, one line a file.

Shots, speech and faces are found, every face is judged, and what the speakers say together is the file's answer.
The exit code is 0 if every file is within the tolerance, 1 if one is out of it, 2 if one could not be read, and
3 if the evidence was not enough for one (2 goes before 1, and 1 before 3). `--journal` keeps what is done: named
again, only the rest is judged.
"""

import argparse
import sys
from collections import Counter
from typing import Any

from rich.markup import escape

from divas_jax.batch_arguments import add_batch_arguments, check_batch_arguments, part_of
from divas_jax.command import EXIT_CODES, command_parser, errors, run
from divas_jax.driving import console_for, drive, way_on, write_tables
from divas_jax.outcomes import doubt_words, exit_code, outcome_line, outcome_of, outcome_sum
from divas_jax.title_arguments import judging_settings, listed_files

_EXAMPLES = (
    "divas score film.mp4                      # how far its sound is from its picture",
    "divas score DELIVERIES --csv all.csv --journal done.jsonl --workers 2",
    "divas score film.mxf --track fra --tolerance 40",
)


def main() -> int:
    """Judges the files of the command line."""
    arguments = _parser().parse_args()
    check_batch_arguments(arguments)

    from divas_jax.title.batch import FileJudge, failed_record, media_files  # late: bad arguments start no JAX
    from divas_jax.title.file_record import csv_text, each_sound

    settings, output = judging_settings(arguments), console_for(arguments)
    files = part_of(media_files([*arguments.files, *listed_files(arguments.list)]), arguments.part)

    def show(record: dict[str, Any]) -> None:
        for sound in each_sound([record]):
            output.print(_line(sound, arguments.sure), soft_wrap=True)
        warnings = dict.fromkeys(warning for sound in each_sound([record]) for warning in sound["warnings"])
        for warning in warnings if not arguments.quiet else ():
            errors.print(f"warning: {escape(warning)}")

    driven = drive(arguments, settings, files, show, FileJudge.record, failed_record)
    write_tables(arguments, driven.records, csv_text)
    outcomes = Counter(outcome_of(record, arguments.sure) for record in each_sound(driven.records))
    if len(driven.records) > 1 and not arguments.quiet:
        output.print(outcome_sum(outcomes, "files", arguments.tolerance.name), soft_wrap=True)
    driven.end(way_on(arguments.journal))
    return exit_code(outcomes)


def _parser() -> argparse.ArgumentParser:
    what = "Says how far the sound of any media file is from its picture, one line a file."
    parser = command_parser("divas score", what, _EXAMPLES, EXIT_CODES)
    add_batch_arguments(parser, limit_s=3600.0)
    return parser


def _line(record: dict[str, Any], sure: float) -> str:
    outcome = outcome_of(record, sure)
    if outcome == "failed":
        return outcome_line(outcome, escape(record["error"]))
    advice = f" ({record['advice']})" if record["advice"] else ""
    words = f"{record['reason']}{advice}" if outcome == "thin" else record["words"]
    words += f"; {doubt_words(record['chance_within'])}" if outcome == "doubtful" else ""
    counts = record["counts"]
    seen = f"a speaker in {counts['speakers']} of {_count(counts['scenes'], 'scene')}" if counts["scenes"] else ""
    heard = f"; {record['sound']}" if record["sound"] else ""
    return outcome_line(outcome, escape(f"{record['file']}: {words}" + f"; {seen}" * bool(seen) + heard))


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number != 1)}"


if __name__ == "__main__":
    sys.exit(run(main))
