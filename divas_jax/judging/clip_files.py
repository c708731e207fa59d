"""Files in, answers out: one bad file does not stop the others; for people, for JSON."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.markup import escape

from divas_jax import __version__
from divas_jax.data.usable import common_seconds
from divas_jax.errors import UserError
from divas_jax.judging.answer_records import curve_record, outcome_record, rates_record, times_record
from divas_jax.judging.judge import Judge, Judgement
from divas_jax.media.decode import decode_clip
from divas_jax.media.hearing import Hearing, hearing_of
from divas_jax.media.tracks import NOTHING, Wish
from divas_jax.rates import milliseconds

Hear = Callable[[Path, Wish], Hearing]
"""Which sound of a file is to be heard; a UserError if it cannot be read."""


SCHEMA = "divas_jax.clip/2"
"""Changes its number where a key changes its meaning or goes; new keys do not change it."""


class ClipFacts(NamedTuple):
    """What is known of a clip when it is read.

    Attributes:
      start: of its first picture (s).
      end: when its last one ends (s).
      fps: frames/s; None if it could not be read.
      sample_rate: Hz; 0 if it could not be read.
    """

    start: Fraction = Fraction(0)
    end: Fraction = Fraction(0)
    fps: Fraction | None = None
    sample_rate: int = 0


@dataclass(frozen=True)
class Answer:
    """A file and what became of it.

    Attributes:
      file: as it was named by the user.
      judgement: None if the file cannot be judged.
      failure: why not, one sentence; empty if it was.
      sound: which track and channels of its sound were heard; empty where there is no choice.
      clip: its times and rates.
      advice: what to try next where no offset is told, the end of a sentence; empty where nothing is known to try.
    """

    file: Path
    judgement: Judgement | None
    failure: str = ""
    sound: str = ""
    clip: ClipFacts = field(default_factory=ClipFacts)
    advice: str = ""

    @property
    def status(self) -> str:
        """`told`: an offset; `thin`: a guess at best; `failed`: not judged."""
        if self.judgement is None:
            return "failed"
        return "thin" if self.judgement.unsure else "told"

    def record(self, search: Fraction) -> dict[str, Any]:
        """The same as plain values: the keys of a file's record, as far as a clip has them.

        `divas_jax/schemas/clip.json` says what they mean.

        Args:
          search: how far each way offsets were searched (s).
        """
        judgement, clip = self.judgement, self.clip
        return {
            "schema": SCHEMA,
            "divas_jax": __version__,
            "file": str(self.file),
            "path": str(self.file.absolute()),
            **outcome_record(self.status, judgement, (judgement.unsure if judgement else None) or ""),
            "advice": self.advice or None,
            "error": self.failure or None,
            **times_record(clip.start, clip.end),
            **rates_record(clip.fps, clip.sample_rate),
            "sound": self.sound or None,
            "warnings": list(judgement.warnings if judgement else ()),
            "search_ms": round(milliseconds(search), 3),
            "interval_ms": [round(end, 3) for end in judgement.interval_ms]
            if judgement and judgement.interval_ms
            else None,
            "coarse_ms": round(judgement.coarse_ms, 3) if judgement else None,
            **curve_record(judgement),
        }


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
        common_seconds(clip, judge.config.model.window)
        judgement = judge.offset(clip, search=search, fineness=fineness)
    except UserError as error:
        return Answer(file, None, str(error))
    facts = ClipFacts(clip.frame_time(0), clip.picture_end, clip.fps, clip.sample_rate)
    other = f"try another sound track (--track {hearing.unheard[0]})" if judgement.unsure and hearing.unheard else ""
    return Answer(file, judgement, sound=hearing.words, clip=facts, advice=other)


def print_answer(console: Console, answer: Answer, alone: bool) -> None:
    """Prints the answer on a file that was judged; nothing for one that was not.

    Args:
      console: where to.
      answer: on the file.
      alone: whether it is the only file; of several each is a line, and the doubts about it.
    """
    judgement = answer.judgement
    if judgement is None:
        return
    name, heard = escape(str(answer.file)), escape(answer.sound)
    seen = f"confidence {judgement.confidence:.3g}, from {judgement.windows} windows"
    if alone:
        console.print(f"[bold]{name}: {escape(judgement.words)}[/]", soft_wrap=True)
        console.print(seen)
        if heard:
            console.print(f"heard: {heard}", soft_wrap=True)
        if answer.advice:
            console.print(f"next: {answer.advice}", soft_wrap=True)
    else:
        words = "; ".join(filter(None, (escape(judgement.words), answer.advice, seen, heard)))
        console.print(f"{name}: {words}", soft_wrap=True)
    for warning in judgement.warnings:
        console.print(f"[yellow]warning:[/] {escape(warning)}", soft_wrap=True)
