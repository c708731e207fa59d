"""`python -m divas_jax.speakers FILE`: who speaks when, by whose mouth goes with the sound (5.6).

A table of turns in the terminal, and on request as JSON, as CSV (one row a face and stretch of time), as RTTM, and
as an mp4 with a box round every face, red while it speaks. Where the offset of the file cannot be told, nobody is
said to speak, and the exit code is 3.
"""

import argparse
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from divas_jax.command import command_parser, console, errors, progress_bar, run
from divas_jax.errors import UserError
from divas_jax.faces.speaker_labels import write_labels
from divas_jax.sync.tolerances import UNDETECTABLE
from divas_jax.title_arguments import FACE_MODEL
from divas_jax.writing import STANDARD_OUTPUT, check_can_write, write_json, write_whole

if TYPE_CHECKING:
    from rich.console import Console

    from divas_jax.title.file_answer import FileAnswer
    from divas_jax.title.speaking import Turn

_EXAMPLES = (
    "divas speakers debate.mp4                               # a table of who speaks when",
    "divas speakers debate.mp4 --csv turns.csv --video boxes.mp4",
)

_EXIT_CODES = "exit code: 0 told, 2 the film could not be read, 3 its offset cannot be told, so neither who speaks"


def main() -> int:
    """Finds the speakers of one file."""
    arguments = _parser().parse_args()
    _check(arguments)

    from divas_jax.loading import load_judge  # late: bad arguments start no JAX
    from divas_jax.title.batch import FileJudge, Settings
    from divas_jax.title.speaker_record import speaker_record
    from divas_jax.title.speaking import WindowWatch, turns

    search = Fraction(3, 5)
    judge = FileJudge(load_judge(arguments.checkpoint), Settings(arguments.face_model, False, search, 1, UNDETECTABLE))
    watch = WindowWatch(search)
    with progress_bar() as progress:
        bar = progress.add_task(escape(arguments.file.name), total=None)
        answer = judge.answer(
            arguments.file, lambda done, total: progress.update(bar, completed=done, total=total), watch=watch
        )
    speaker_turns = turns(answer, watch.tracks)
    if arguments.json:
        write_json(arguments.json, speaker_record(answer, speaker_turns))
    if answer.failure:
        raise UserError(answer.failure)
    _write(arguments, answer, speaker_turns)
    printed = STANDARD_OUTPUT in (arguments.json, arguments.csv, arguments.rttm)
    _print(errors if printed else console, answer, speaker_turns)
    return 3 if answer.reason else 0


def _parser() -> argparse.ArgumentParser:
    what = "Says who speaks when in a film: the one whose mouth goes with the sound."
    parser = command_parser("divas speakers", what, _EXAMPLES, _EXIT_CODES)
    add = parser.add_argument
    add("file", type=Path, metavar="FILE", help="a media file")
    add("--checkpoint", type=Path, metavar="DIR", help="the model: a training folder or an export (the package's own)")
    add("--face-model", type=Path, metavar="FILE.onnx", help=FACE_MODEL)
    add("--json", type=Path, metavar="FILE", help="write who speaks from when to when as JSON (- prints it)")
    add("--csv", type=Path, metavar="FILE", help="write a row for each face and stretch of time as CSV")
    add("--rttm", type=Path, metavar="FILE", help="write the same as RTTM, for tools that compare speakers")
    add("--video", type=Path, metavar="FILE.mp4", help="write the film with a box round each face, red if it speaks")
    return parser


def _check(arguments: argparse.Namespace) -> None:
    if [arguments.json, arguments.csv, arguments.rttm].count(STANDARD_OUTPUT) > 1:
        raise UserError("only one of --json, --csv and --rttm can be printed (-): name a file for the others")
    if arguments.video == STANDARD_OUTPUT:
        raise UserError("--video cannot be printed: name a file")
    for option in ("json", "csv", "rttm", "video"):
        path = getattr(arguments, option)
        check_can_write(f"--{option}", path)
        if path and path.resolve() == arguments.file.resolve():
            raise UserError(f"--{option} {path} would replace the file that is read")


def _write(arguments: argparse.Namespace, answer: "FileAnswer", speaker_turns: "Sequence[Turn]") -> None:
    if arguments.csv:
        from divas_jax.title.against_labels import as_labels

        write_labels(arguments.csv, as_labels(answer.file.name, speaker_turns))
    if arguments.rttm:
        lines = (_rttm(answer.file.stem, turn) for turn in speaker_turns if turn.speaking)
        write_whole(arguments.rttm, "".join(lines).encode())
    if arguments.video:
        from divas_jax.title.drawing import write_annotated

        write_annotated(answer, speaker_turns, arguments.video)


def _rttm(name: str, turn: "Turn") -> str:
    """One line of the Rich Transcription Time Marked format: file, channel, start, length, speaker."""
    file = name.replace(" ", "_")
    return f"SPEAKER {file} 1 {turn.start:.3f} {turn.end - turn.start:.3f} <NA> <NA> face{turn.face} <NA> <NA>\n"


def _print(out: "Console", answer: "FileAnswer", speaker_turns: "Sequence[Turn]") -> None:
    words = answer.judgement.words if answer.judgement and not answer.reason else f"cannot tell: {answer.reason}"
    out.print(f"[bold]{escape(str(answer.file))}: {escape(words)}[/]", soft_wrap=True)
    faces = sorted({turn.face for turn in speaker_turns})
    spoken = [turn for turn in speaker_turns if turn.speaking]
    scenes = len(answer.scenes)
    out.print(f"{len(faces)} face{'s' * (len(faces) != 1)} in {scenes} scene{'s' * (scenes != 1)} with speech")
    if not spoken:
        return
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 3, 0, 0))
    for heading in ("from (s)", "to (s)"):
        table.add_column(heading, justify="right")
    table.add_column("speaks")
    for turn in spoken:
        table.add_row(f"{turn.start:.2f}", f"{turn.end:.2f}", f"face {turn.face}")
    out.print(table)


if __name__ == "__main__":
    sys.exit(run(main))
