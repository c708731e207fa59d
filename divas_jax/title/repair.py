"""From a verdict to what must be done with the sound, so that it is in sync (and whether to trust that).

Sound that is heard at a picture's time t with offset o belongs to the picture at t, and is heard o too early: it has to
come o later. Where the offset is a line a + b t (s), what is heard at t' belongs to t = (t' + a) / (1 - b).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from divas_jax.media.retime import Part
from divas_jax.rates import nearest
from divas_jax.sync.tolerances import STRICT
from divas_jax.title.verdict import Estimate, Verdict, clock

SURE_MS = 40.0
"""A verdict whose interval reaches further from its value (ms) is not repaired unasked."""

AGREEMENT = 0.5
"""Least share of the trusted scenes that agree with the verdict, for a repair unasked."""

SCENES = 4
"""Least number of scenes that count for the verdict, for a repair unasked."""

NEAR_CUT_S = 10.0
"""A cut lies at most so far from where the offset was found to change (s)."""


_LEAST_REACH_S = 0.5
"""A cut may lie at least so far (s) each way, into the scenes beside it if need be."""


class Cut(NamedTuple):
    """A place where the offset changes.

    Attributes:
      earliest: s, in the sound as it is.
      latest: s; the quietest place between both is cut.
      before: offset until there (s).
      after: offset from there on (s).
    """

    earliest: float
    latest: float
    before: float
    after: float


@dataclass(frozen=True)
class Repair:
    """What is done with the sound.

    Attributes:
      ratio: seconds that a second of it shall last; 1 without a drift.
      by: how much later it begins, after that (s); negative: earlier, its beginning is cut off.
      cuts: where the offset changes, in order; with these `by` is that of the first piece.
    """

    ratio: float
    by: float
    cuts: tuple[Cut, ...] = ()

    def words(self, cut_times: Sequence[float], zero: float = 0.0) -> list[str]:
        """What is done, a sentence each.

        Args:
          cut_times: where it is cut (s).
          zero: the time from which people count (s).
        """
        sentences = []
        if self.ratio != 1:
            what = "longer" if self.ratio > 1 else "shorter"
            sentences.append(f"the sound is made {what}: a second of it lasts {self.ratio:.6f} s then")
        if not self.cuts and round(1000 * self.by):
            sentences.append(f"the sound {_moved(self.by)}")
        if self.cuts:
            edges = ["the start", *(clock(time - zero) for time in cut_times), "the end"]
            moves = [self.by, *(cut.after for cut in self.cuts)]
            sentences += [
                f"the sound from {first} to {last} {_moved(move)}"
                for first, last, move in zip(edges[:-1], edges[1:], moves, strict=True)
            ]
            sentences.append("it is cut where it is quietest, between scenes that say different things")
        return sentences


def _moved(by: float) -> str:
    """What happens to sound that is to come so much later (s)."""
    move = 1000 * by
    if not round(move):
        return "stays"
    direction = "later" if move > 0 else "earlier"
    return f"comes {abs(move):.0f} ms {direction}"


def repair_of(verdict: Verdict) -> Repair:
    """What makes a title with this verdict in sync; there must be a verdict."""
    first, last = verdict.pieces[0], verdict.pieces[-1]
    if len(verdict.pieces) > 1:
        levels = [_level(piece.start_ms) for piece in verdict.pieces]
        cuts = [
            _cut(verdict, piece.end, before, after)
            for piece, before, after in zip(verdict.pieces[:-1], levels[:-1], levels[1:], strict=True)
        ]
        return Repair(1.0, levels[0], tuple(cuts))
    if verdict.rate and verdict.rate.name:
        return _at_known_rate(verdict, verdict.rate.ratio)
    drift = verdict.rate is not None
    slope = (last.end_ms.value - first.start_ms.value) / 1000 / (last.end - first.start) if drift else 0.0
    start = first.start_ms.value / 1000 - slope * first.start
    ratio = 1 / (1 - slope)
    return Repair(ratio, start * ratio)


def _at_known_rate(verdict: Verdict, ratio: float) -> Repair:
    """Of a drift whose cause is known, and with it its ratio exactly: the scenes only say where it begins."""
    slope = 1 - 1 / ratio
    counted = [each for each, counts in zip(verdict.predictions, verdict.counted, strict=True) if counts]
    starts = [each.offset_ms / 1000 - slope * each.time for each in counted]
    return Repair(ratio, float(np.average(starts, weights=[each.trust for each in counted])) * ratio)


def doubts(verdict: Verdict) -> list[str]:
    """Why this title should not be repaired unasked, each a sentence; none if it should."""
    if not verdict.pieces:
        return [f"there is not enough evidence: {verdict.reason}"]
    if verdict.kind == "in sync":
        return ["it is in sync"]
    reasons = []
    if verdict.widest_ms > SURE_MS:
        reasons.append(f"the offset is known to ±{verdict.widest_ms:.0f} ms only, ±{SURE_MS:.0f} ms are needed")
    if verdict.agreement < AGREEMENT:
        reasons.append(f"only {verdict.agreement:.0%} of the scenes agree, {AGREEMENT:.0%} are needed")
    if (counted := sum(verdict.counted)) < SCENES:
        reasons.append(f"only {counted} scene{'s count' if counted != 1 else ' counts'} for it, {SCENES} are needed")
    return reasons


def lead_of(repair: Repair, start: Fraction, file_start: Fraction, sample_rate: int) -> int:
    """By how many samples the sound of the copy begins earlier: as it must, and as far as there is room before it.

    Args:
      repair: what is to be done.
      start: time of the first sample (s).
      file_start: time at which the file begins (s).
      sample_rate: Hz.
    """
    earlier = -(repair.by + float(start) * (repair.ratio - 1))
    room = int((start - file_start) * sample_rate)
    return max(0, min(nearest(Fraction(earlier) * sample_rate), room))


def parts_of(repair: Repair, cut_times: Sequence[float], start: float, sample_rate: int, lead: int = 0) -> list[Part]:
    """Where the samples go, after the sound was stretched.

    Args:
      repair: what is to be done.
      cut_times: of its cuts, in the sound as it is (s).
      start: time of the first sample (s).
      sample_rate: Hz.
      lead: samples by which the copy begins earlier.
    """
    rate = Fraction(sample_rate)
    by = repair.by + start * (repair.ratio - 1)  # the stretch is counted from the first sample on
    shifts = [nearest(Fraction(by) * rate), *(nearest(Fraction(cut.after) * rate) for cut in repair.cuts)]
    edges = [0, *(nearest(Fraction(time - start) * rate) for time in cut_times)]
    parts, free = [], -lead
    for number, (first, shift) in enumerate(zip(edges, shifts, strict=True)):
        last = edges[number + 1] if number + 1 < len(edges) else None
        first = max(first, free - shift)  # what would lie over the part before, or before the start, is cut off
        if last is None or first < last:
            parts.append(Part(first, last, first + shift + lead))
            free = first + shift if last is None else last + shift
    return parts


def _level(estimate: Estimate) -> float:
    """The offset to be repaired (s): 0 where the estimate lies within the strict tolerance."""
    within = STRICT.late <= estimate.value <= STRICT.early
    return 0.0 if within else estimate.value / 1000


def _cut(verdict: Verdict, edge: float, before: float, after: float) -> Cut:
    """Between the last scene before the change and the first after it, in the time of the sound as it is."""
    counted = [each for each, counts in zip(verdict.predictions, verdict.counted, strict=True) if counts]
    ends = [each.end for each in counted if each.time < edge]
    starts = [each.start for each in counted if each.time >= edge]
    earliest = max(max(ends, default=edge), edge - NEAR_CUT_S)
    latest = min(min(starts, default=edge), edge + NEAR_CUT_S)
    if latest - earliest < 2 * _LEAST_REACH_S:
        middle = (earliest + latest) / 2
        earliest, latest = middle - _LEAST_REACH_S, middle + _LEAST_REACH_S
    return Cut(earliest - before, latest - max(before, after), before, after)
