"""Files in, answers out: one bad file does not stop the others; for people, for JSON."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from divas_jax.data.usable import common_seconds
from divas_jax.errors import UserError
from divas_jax.judging.judge import Judge, Judgement, percent_words
from divas_jax.media.decode import decode_clip
from divas_jax.media.hearing import Hearing, hearing_of
from divas_jax.media.tracks import NOTHING, Wish
from divas_jax.sync.tolerances import in_few_words

Hear = Callable[[Path, Wish], Hearing]
"""Which sound of a file is to be heard; a UserError if it cannot be read."""


@dataclass(frozen=True)
class Answer:
    """A file and what became of it.

    Attributes:
      file: as it was named by the user.
      judgement: None if the file cannot be judged.
      failure: why not, one sentence; empty if it was.
      sound: which track and channels of its sound were heard; empty where there is no choice.
    """

    file: Path
    judgement: Judgement | None
    failure: str = ""
    sound: str = ""

    def to_json(self) -> dict[str, Any]:
        """The same keys for every file; null where there is no answer.

        `file`; `offset_ms` (positive = sound early) and the same in `words`; `probability` that it
        errs by at most 40 ms (0 to 1; null without a calibration); `near`, the probability of a wider
        error and that error (ms), or null; `interval_ms`, offsets between which the true one lies with 90 %, if
        sound and picture belong together (null without a calibration); `unsure`, the reason where the offset is
        but a guess (else null); `confidence` (median - minimum of the curve);
        `windows` averaged over; `coarse_ms`, the searched step nearest to the offset; `curve_ms`
        and `curve`, the searched offsets and the mean distance at each (null without evidence);
        `sound`, which track and channels were heard (null: there is no choice); `warnings`, sentences; `error`, one
        or null.
        """
        fields: dict[str, Any] = dict.fromkeys(_KEYS)
        if self.judgement:
            fields = {key: getattr(self.judgement, key) for key in _KEYS}
            fields["curve_ms"] = [round(value, 6) for value in self.judgement.curve_ms.tolist()]
            fields["curve"] = [value if isfinite(value) else None for value in self.judgement.curve.tolist()]
        return {
            "file": str(self.file),
            **fields,
            "sound": self.sound or None,
            "warnings": list(fields["warnings"] or ()),
            "error": self.failure or None,
        }


_KEYS = (
    "offset_ms", "words", "probability", "near", "interval_ms", "unsure", "confidence", "windows", "coarse_ms",
    "curve_ms", "curve", "warnings",
)  # fmt: skip


def answer(
    judge: Judge, file: Path, search: Fraction, fineness: int, hear: Hear = hearing_of, wish: Wish = NOTHING
) -> Answer:
    """The offset of one media file, or why there is none.

    Args:
      judge: the model.
      file: a media file.
      search: how far each way to look (s).
      fineness: steps searched per frame interval.
      hear: finds which sound of a file to hear.
      wish: which picture and sound are wanted, where there are several.
    """
    try:
        hearing = hear(file, wish)
        clip = decode_clip(file, hearing=hearing, wish=wish)
        common_seconds(clip)
        judgement = judge.offset(clip, search=search, fineness=fineness)
    except UserError as error:
        return Answer(file, None, str(error))
    return Answer(file, judgement, sound=hearing.words)


def print_answers(console: Console, answers: Sequence[Answer], plots: Sequence[Path]) -> None:
    """One file as sentences, several as a table; then the doubts, and where the plots are.

    Args:
      console: where to.
      answers: at least one.
      plots: files that were written.
    """
    judged = [(each, each.judgement) for each in answers if each.judgement]
    if len(answers) > 1:
        console.print(_table(answers))
        console.print(f"{len(judged)} of {len(answers)} files judged")
    for each, judgement in judged if len(answers) == 1 else ():
        console.print(f"[bold]{escape(str(each.file))}: {judgement.words}[/]", soft_wrap=True)
        console.print(f"confidence {judgement.confidence:.3g}, from {judgement.windows} windows of 0.2 s")
    for each, judgement in judged if len(answers) > 1 else ():
        if judgement.unsure:
            console.print(f"{escape(str(each.file))}: {judgement.words}", soft_wrap=True)
    for each, judgement in judged:
        if each.sound:
            heard = each.sound if len(answers) == 1 else f"{each.file}: {each.sound}"
            console.print(f"heard: {escape(heard)}", soft_wrap=True)
        for warning in judgement.warnings:
            console.print(f"[yellow]warning:[/] {escape(warning)}", soft_wrap=True)
    if plots:
        where = plots[0] if len(plots) == 1 else plots[0].parent
        console.print(f"distance curve{'s' * (len(plots) > 1)} in {escape(str(where))}", soft_wrap=True)


def _table(answers: Sequence[Answer]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 3, 0, 0))
    table.add_column("file", overflow="fold")
    table.add_column("sound", no_wrap=True)
    for heading in ("sure", "confidence", "windows", "warnings"):
        table.add_column(heading, justify="right", no_wrap=True)
    for each in answers:
        file, judgement = escape(str(each.file)), each.judgement
        if judgement is None:
            table.add_row(file, "[red]not judged[/]", "", "", "", "")
            continue
        words = "cannot tell" if judgement.unsure else in_few_words(judgement.offset_ms)
        sure = "" if judgement.probability is None or judgement.unsure else percent_words(judgement.probability)
        doubts = str(len(judgement.warnings) or "")
        table.add_row(file, words, sure, f"{judgement.confidence:.3g}", str(judgement.windows), doubts)
    return table
