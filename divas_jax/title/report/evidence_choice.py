"""Which scenes of a title are shown as clips: those that speak most for its verdict, and the worst."""

from dataclasses import dataclass
from fractions import Fraction

from divas_jax.sync.predictions import Prediction
from divas_jax.sync.tolerances import STRICT
from divas_jax.title.checked_title import CheckedTitle
from divas_jax.title.scene_judging import JudgedTrack
from divas_jax.title.timeline import LEAST_TRUST

LONGEST = Fraction(4)
"""Length of a clip (s)."""


@dataclass(frozen=True)
class Choice:
    """A stretch of a scene that is shown.

    Attributes:
      scene: its number, from 1.
      track: the face that the scene is judged by.
      start: s, on the file's own timeline.
      end: s.
      offset_ms: of the scene; positive = sound early.
      by: how much later the verdict lets the sound come there (s); negative: earlier.
      why: why it is shown, in words.
    """

    scene: int
    track: JudgedTrack
    start: Fraction
    end: Fraction
    offset_ms: float
    by: Fraction
    why: str


def chosen(checked: CheckedTitle, count: int) -> list[Choice]:
    """The `count` surest scenes that carry the verdict, in order of time, and the worst scene.

    The worst is the one farthest from the verdict's line or, where none is off it, the least sure that counts.
    Without a verdict, or a count of 0, there is none.
    """
    verdict = checked.verdict
    if not verdict.pieces or count <= 0:
        return []
    numbered = list(enumerate(verdict.predictions))
    counted = sorted(
        (number for number, _ in numbered if verdict.counted[number]), key=lambda n: -verdict.predictions[n].trust
    )
    shown = [(number, "one of the surest scenes") for number in sorted(counted[:count])]
    off = {
        number: abs(each.offset_ms - verdict.at(each.time))
        for number, each in numbered
        if not verdict.counted[number] and each.trust >= LEAST_TRUST  # the end of the search is no offset
    }
    farthest = max(off, key=lambda number: off[number], default=None)
    if farthest is not None and off[farthest] > STRICT.early:
        shown.append((farthest, "the scene farthest from the verdict"))
    elif counted[count:]:
        shown.append((counted[-1], "the least sure scene that counts"))
    return [_choice(checked, number, verdict.predictions[number], why) for number, why in shown]


def _choice(checked: CheckedTitle, number: int, prediction: Prediction, why: str) -> Choice:
    place = checked.scene_of[number]
    track = checked.answer.scenes[place].best
    assert track is not None  # it was judged
    start = max(track.start, (track.start + track.end - LONGEST) / 2)
    end = min(track.end, start + LONGEST)
    by = Fraction(round(1000 * checked.verdict.at(float(start + end) / 2)), 1_000_000)
    return Choice(place + 1, track, start, end, prediction.offset_ms, by, why)
