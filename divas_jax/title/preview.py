"""The surest stretch of a title as two small films, before and after its repair."""

from fractions import Fraction
from pathlib import Path

from divas_jax.errors import UserError
from divas_jax.media.encode import encode_clip
from divas_jax.media.playable import playable
from divas_jax.media.span import decode_span
from divas_jax.media.tracks import NOTHING, Wish
from divas_jax.rates import nearest
from divas_jax.title.checked_title import CheckedTitle
from divas_jax.title.report.evidence import moved
from divas_jax.writing import write_whole

LINES = 270
"""Height of a preview (pixels)."""


def write_preview(checked: CheckedTitle, out: Path, seconds: Fraction, wish: Wish = NOTHING) -> tuple[Path, Path]:
    """Writes NAME.before.mp4 and NAME.after.mp4 beside the copy that is to be made.

    Args:
      checked: the title, with a verdict.
      out: the copy's path.
      seconds: how long they are.
      wish: which picture was judged, where there are several.

    Raises:
      UserError: the stretch cannot be read, or a preview not be written.
    """
    if checked.answer.facts.jumps:
        raise UserError(f"{checked.file} has no preview: its clock jumps, and nothing can be found by its time")
    start, end = surest_stretch(checked, seconds)
    by = Fraction(nearest(Fraction(checked.verdict.at(float(start + end) / 2))), 1000)
    hearing = checked.answer.facts.hearing
    clip = playable(decode_span(checked.file, start, end, height=LINES, around=abs(by), wish=wish, hearing=hearing))
    names = tuple(out.with_name(f"{out.stem}.{what}.mp4") for what in ("before", "after"))
    for name, later in zip(names, (Fraction(0), by), strict=True):
        write_whole(name, encode_clip(moved(clip, later), preset="veryfast"))
    return names[0], names[1]


def surest_stretch(checked: CheckedTitle, seconds: Fraction) -> tuple[Fraction, Fraction]:
    """Start and end (s) of the stretch of this length in which the scenes that count are trusted most, all together."""
    facts, verdict = checked.answer.facts, checked.verdict
    counted = [each for each, counts in zip(verdict.predictions, verdict.counted, strict=True) if counts]

    def trusted(start: Fraction) -> float:
        return sum(each.trust for each in counted if start <= each.start and each.end <= start + seconds)

    latest = max(facts.start, facts.end - seconds)
    starts = [min(latest, Fraction(each.start).limit_denominator(1000)) for each in counted] or [facts.start]
    best = max(starts, key=lambda start: (trusted(start), -start))
    return best, min(facts.end, best + seconds)
