"""`python -m divas_jax.repair FILE --out FILE`: a copy of a title whose sound is in sync, measured again.

The title is checked, its sound is moved, stretched or moved piece by piece, everything else is copied as it is, and the
copy is checked again before it gets its name. It refuses where the verdict is not sure, unless --force. The exit code
is 0 if the copy is within the tolerance, 1 if it is not (it is written all the same, and that is said), 2 if
the file could not be read or the copy not written, and 3 if it was refused: not sure enough, or sound would be lost.
"""

import argparse
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

from divas_jax.command import command_parser, console, progress_bar, run
from divas_jax.errors import LossError, UserError
from divas_jax.title_arguments import add_judging_arguments, check_judging_arguments, judging_settings, number, wish_of
from divas_jax.writing import check_can_write

if TYPE_CHECKING:
    from divas_jax.media.heard_sound import HeardSound
    from divas_jax.media.hearing import Hearing
    from divas_jax.sync.tolerances import Tolerance
    from divas_jax.title.batch import FileJudge
    from divas_jax.title.checked_title import CheckedTitle
    from divas_jax.title.repair import Repair


_EXAMPLES = (
    "divas repair late.mp4 --out good.mp4                    # the picture is copied as it is",
    "divas repair late.mkv --out good.mkv --dry-run --preview 30   # only say and show what would be done",
    "divas repair dubbed.mov --out good.mov --track fra --all-sound",
)

_LOSS = "its sound overlaps or goes back in places: where some of it would be lost, no copy is written"

LONGEST_PREVIEW = 60
"""s; its pictures are held in memory."""

_EXIT_CODES = (
    "exit code: 0 the copy is within the tolerance, or the film was in sync, 1 the copy was written, but is not,\n"
    "2 the film could not be read or the copy not written, 3 refused: not sure enough, or sound would be lost"
)


def main() -> int:
    """Repairs the file of the command line."""
    arguments = _parser().parse_args()
    _check(arguments)

    from divas_jax.loading import load_judge  # late: bad arguments start no JAX
    from divas_jax.media.sound import OVERLAPS
    from divas_jax.title.batch import FileJudge
    from divas_jax.title.listening import listen
    from divas_jax.title.quiet import quiet_times
    from divas_jax.title.repair import doubts, repair_of

    settings = judging_settings(arguments)
    hearing = listen(arguments.file, settings.wish)
    sounds, notes = _sounds(arguments, hearing)
    judge = FileJudge(load_judge(arguments.checkpoint), settings)
    before = _checked(judge, arguments.file, "checking")
    _say_before(before)
    why = doubts(before.verdict)
    if why and (not arguments.force or not before.verdict.pieces):
        return _say_refused(before, why)
    repair = repair_of(before.verdict)
    cut_times = quiet_times(arguments.file, repair.cuts, hearing)
    pitch = ["its pitch is kept"] * (arguments.keep_pitch and repair.ratio != 1)
    sentences = [*repair.words(cut_times, before.verdict.zero), *pitch, *_codings(sounds), *notes]
    sentences += [_LOSS] * any(OVERLAPS in warning for warning in before.answer.facts.warnings)
    _say(arguments, sentences, repair, sounds)
    _preview(arguments, before)
    if arguments.dry_run:
        return 0
    try:
        after = _repaired(arguments, judge, repair, cut_times, sounds)
    except LossError as error:
        console.print(f"[yellow]not repaired[/]: {escape(str(error))}", soft_wrap=True)
        console.print("next: cut the file where its sound is broken, and repair the parts", soft_wrap=True)
        return 3
    return _say_after(arguments, after, judge.settings.tolerance)


def _say_refused(before: "CheckedTitle", why: Sequence[str]) -> int:
    """Why nothing was written; the exit code."""
    console.print(f"[yellow]not repaired[/]: {escape('; '.join(why))}", soft_wrap=True)
    if before.verdict.kind == "in sync":
        return 0
    console.print(f"next: {escape(_next_step(before))}", soft_wrap=True)
    return 3


def _say_after(arguments: argparse.Namespace, after: "CheckedTitle", tolerance: "Tolerance") -> int:
    """What became of the copy; the exit code."""
    console.print(f"after:  {escape(after.verdict.words)}", soft_wrap=True)
    if not after.verdict.within(tolerance):
        console.print(f"[bold red]{escape(str(arguments.out))} is still not within the tolerance[/]", soft_wrap=True)
        return 1
    console.print(f"written to {arguments.out}, within the tolerance ({tolerance.words})", markup=False, soft_wrap=True)
    return 0


def _say_before(before: "CheckedTitle") -> None:
    console.print(f"before: {escape(before.verdict.words)}", soft_wrap=True)
    for warning in before.answer.facts.warnings:
        console.print(f"[yellow]warning:[/] {escape(warning)}", soft_wrap=True)


def _preview(arguments: argparse.Namespace, before: "CheckedTitle") -> None:
    from divas_jax.title.preview import write_preview

    if not arguments.preview:
        return
    names = write_preview(before, arguments.out, arguments.preview, wish_of(arguments))
    console.print(f"preview: {names[0]} and {names[1]}", markup=False, soft_wrap=True)


def _next_step(before: "CheckedTitle") -> str:
    """What to do about a repair that was refused."""
    if before.verdict.pieces:
        return "look at the report of divas check; --force repairs by this verdict all the same"
    return before.answer.advice or "name a longer piece: scenes that agree with each other are needed"


def _parser() -> argparse.ArgumentParser:
    what = "Writes a copy of a film whose sound is in sync with its picture, and checks the copy."
    parser = command_parser("divas repair", what, _EXAMPLES, _EXIT_CODES)
    add = parser.add_argument
    add("file", type=Path, metavar="FILE", help="a media file; it is only read")
    add(
        "--out",
        type=Path,
        metavar="FILE",
        required=True,
        help="the copy; the end of its name (.mp4, …) says what kind of file it is",
    )
    preview = f"show the surest S seconds (at most {LONGEST_PREVIEW}) as OUT.before.mp4 and OUT.after.mp4"
    add("--preview", type=number, default=Fraction(0), metavar="S", help=preview)
    add(
        "--dry-run",
        action="store_true",
        help="write no copy; say what would be done, and the ffmpeg command",
    )
    add(
        "--force",
        action="store_true",
        help="repair even where the answer is not sure (never where sound would be lost)",
    )
    add("--overwrite", action="store_true", help="replace a copy that exists")
    add("--all-sound", action="store_true", help="move every sound track by as much, not only the one that is judged")
    add(
        "--keep-pitch",
        action="store_true",
        help="keep the pitch where a drift is taken out (good to a few ms)",
    )
    add_judging_arguments(parser)
    return parser


def _check(arguments: argparse.Namespace) -> None:
    check_judging_arguments(arguments)
    if not 0 <= arguments.preview <= LONGEST_PREVIEW:
        raise UserError(f"--preview must be from 0 to {LONGEST_PREVIEW} seconds")
    file, out = arguments.file, arguments.out
    if not file.is_file():
        raise UserError(f"{file} does not exist" if not file.exists() else f"{file} is a folder, not a media file")
    if out.exists() and out.samefile(file):
        raise UserError(f"--out {out} would replace the file that is read")
    if not out.is_dir() and (out.exists() and not arguments.overwrite):
        raise UserError(f"--out {out} exists (--overwrite replaces a file)")
    check_can_write("--out", out)


def _checked(judge: "FileJudge", file: Path, doing: str) -> "CheckedTitle":
    with progress_bar() as progress:
        bar = progress.add_task(doing, total=None)
        checked = judge.check(file, lambda done, total: progress.update(bar, completed=done, total=total))
    if checked.answer.failure:
        raise UserError(checked.answer.failure)
    return checked


def _sounds(arguments: argparse.Namespace, hearing: "Hearing") -> tuple[list["HeardSound"], list[str]]:
    """The sound that is to be moved, and what is to be said of the other."""
    from divas_jax.media.heard_sound import heard_sound, other_sounds, sound_tracks

    heard = heard_sound(arguments.file, arguments.out, hearing)
    if arguments.all_sound or hearing.alike:
        others, undecoded = other_sounds(arguments.file, arguments.out, heard)
        moved = [each for each in others if arguments.all_sound or each.index in hearing.alike]
        return [heard, *moved], undecoded
    more = sound_tracks(arguments.file) - 1
    which = f"{more} other sound tracks are" if more > 1 else "the other sound track is"
    return [heard], [f"{which} copied unmoved (--all-sound moves all)"] * bool(more)


def _say(
    arguments: argparse.Namespace, sentences: Sequence[str], repair: "Repair", sounds: "Sequence[HeardSound]"
) -> None:
    from divas_jax.title.repair_command import ffmpeg_command

    for sentence in sentences:
        console.print(f"  {escape(sentence)}", soft_wrap=True)
    if arguments.dry_run:
        command = ffmpeg_command(arguments.file, arguments.out, repair, sounds, arguments.keep_pitch)
        console.print(command or "no single ffmpeg command does the same", markup=False, soft_wrap=True)


def _codings(sounds: "Sequence[HeardSound]") -> list[str]:
    """How the sound will be coded, a sentence each."""
    names = [f"sound track {sound.number + 1}" if len(sounds) > 1 else "the sound" for sound in sounds]
    sentences = [f"{name} is coded anew {_coding(sound)}" for name, sound in zip(names, sounds, strict=True)]
    return [*sentences, "all else is copied as it is"]


def _coding(sound: "HeardSound") -> str:
    rate = f" of {sound.bit_rate / 1000:.0f} kbit/s" if sound.bit_rate else ""
    if sound.encoder in (sound.codec, f"lib{sound.codec}", "libmp3lame"):
        return f"as before, in {sound.codec}{rate}"
    return f"in {sound.encoder}{rate}, as nothing here can write {sound.codec} to such a file"


def _repaired(
    arguments: argparse.Namespace,
    judge: "FileJudge",
    repair: "Repair",
    cut_times: Sequence[float],
    sounds: "Sequence[HeardSound]",
) -> "CheckedTitle":
    """The copy, checked before it gets its name."""
    from divas_jax.title.repaired_copy import write_repaired
    from divas_jax.writing import replacing

    file, out = arguments.file, arguments.out
    with replacing(out) as partial:
        written = write_repaired(file, partial, out, repair, cut_times, sounds, arguments.keep_pitch)
        for sentence in written.warnings:
            console.print(f"[yellow]warning:[/] {escape(sentence)}", soft_wrap=True)
        console.print(f"  {escape(written.proof)}", soft_wrap=True)
        return _checked(judge, partial, "checking the copy")


if __name__ == "__main__":
    sys.exit(run(main))
