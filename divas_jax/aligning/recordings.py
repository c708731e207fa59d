"""Recordings and their lateness: what their clips' pieces say together, how surely, and whether it holds throughout."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from divas_jax.aligning.evidence import STEP_MS, Evidence, HeardPiece
from divas_jax.aligning.sources import Entry
from divas_jax.aligning.vertex import vertex
from divas_jax.judging.posterior import Curve, Likelihood, interval_of

RIVAL_MS = 100.0
"""A lateness is a rival of the best one if it is at least so far from it (ms)."""

LEAST_MARGIN = 5.0
"""A lateness is told from this margin on: a hundred and fifty times as likely as any rival. At 3 a voice from off
screen got a value now and then."""

EDGE_MS = 30.0
"""A lateness so near to the end of the search (ms) may well lie beyond it."""

DRIFT_MS = 40.0
"""Halves that differ by more than this (ms), each sure of itself, are not one lateness."""

QUARTERED = 8
"""Pieces from which on four quarters are looked at, too."""

SHARE = 0.95
"""Of the intervals."""


class Lateness(NamedTuple):
    """What some pieces say together.

    Attributes:
      late_ms: by how much the sound comes after the picture (negative: before).
      margin: log-likelihood against the best rival.
      low_ms: where the interval begins that holds it with `SHARE`, if the pieces are what they seem.
      high_ms: where it ends.
    """

    late_ms: float
    margin: float
    low_ms: float
    high_ms: float

    @property
    def sure(self) -> bool:
        """Whether it is told."""
        return self.margin >= LEAST_MARGIN


@dataclass(frozen=True)
class Recording:
    """Clips that share one lateness.

    Attributes:
      name: of the recording.
      source: where most of its clips come from.
      clips: how many.
      seconds: of picture with sound (s).
      found: what all of it says; None where no clip could be used.
      halves: what its first and its second half say; empty where it is one piece.
      quarters: likewise.
      why: why no value is given; empty where one is.
      filed_ms: what was said of it before (ms, the median over its clips); None for nothing.
      log_likelihood: of each lateness of the grid, 0 at the best; empty where nothing is known.
    """

    name: str
    source: str
    clips: int
    seconds: float
    found: Lateness | None
    halves: tuple[Lateness, ...]
    quarters: tuple[Lateness, ...]
    why: str
    filed_ms: float | None
    log_likelihood: Float[np.ndarray, " G"]

    @property
    def told_ms(self) -> float | None:
        """The lateness (ms) where it is sure."""
        return self.found.late_ms if self.found and not self.why else None


def grouped(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    """The clips of each recording, in the order of their times."""
    groups: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        groups[entry.recording].append(entry)
    return {name: sorted(clips, key=lambda entry: entry.begins) for name, clips in sorted(groups.items())}


def aligned(
    entries: Sequence[Entry], evidence: Mapping[str, Evidence], late_ms: Float[np.ndarray, " G"], likelihood: Likelihood
) -> list[Recording]:
    """Every recording.

    Args:
      entries: the clips.
      evidence: of each, by name.
      late_ms: the grid of latenesses (ms).
      likelihood: what a distance is worth.
    """
    return [_recording(name, clips, evidence, late_ms, likelihood) for name, clips in grouped(entries).items()]


def pieces_in_order(clips: Sequence[Entry], evidence: Mapping[str, Evidence]) -> list[HeardPiece]:
    """Of a recording."""
    return [piece for clip in clips for piece in evidence[clip.name].pieces]


def log_likelihoods(
    pieces: Sequence[HeardPiece], late_ms: Float[np.ndarray, " G"], likelihood: Likelihood
) -> Float[np.ndarray, "P G"]:
    """Of each piece, at each lateness; no piece can rule a lateness out for good."""
    curves = [piece.curve(late_ms) for piece in pieces]
    return (
        np.stack([np.log(likelihood.posterior(curve)) for curve in curves]) if curves else np.zeros((0, len(late_ms)))
    )


def peak(total: Float[np.ndarray, " G"], late_ms: Float[np.ndarray, " G"]) -> tuple[int, float]:
    """Where a sum of log-likelihoods is highest, and how far above its rivals."""
    best = int(np.argmax(total))
    rivals = np.abs(late_ms - late_ms[best]) >= RIVAL_MS
    return best, float(total[best] - total[rivals].max(initial=-np.inf))


def lateness(total: Float[np.ndarray, " G"], late_ms: Float[np.ndarray, " G"]) -> Lateness:
    """What a sum of log-likelihoods says; between steps by a parabola."""
    best, margin = peak(total, late_ms)
    density = np.exp(total - total[best])
    low, high = interval_of(Curve(late_ms, -total, 0.0, 0.0, best), density / density.sum(), SHARE)
    late = float(late_ms[best]) + STEP_MS * vertex(total, best)
    half = STEP_MS / 2  # on a grid, each point stands for what is nearest to it
    return Lateness(late, margin, min(low, late) - half, max(high, late) + half)


def _recording(
    name: str,
    clips: Sequence[Entry],
    evidence: Mapping[str, Evidence],
    late_ms: Float[np.ndarray, " G"],
    likelihood: Likelihood,
) -> Recording:
    pieces = pieces_in_order(clips, evidence)
    each = log_likelihoods(pieces, late_ms, likelihood)
    overall = lateness(each.sum(0), late_ms) if pieces else None
    halves, quarters = _parts(each, late_ms, 2), _parts(each, late_ms, 4) if len(pieces) >= QUARTERED else ()
    seconds = float(sum(piece.seconds for piece in pieces))
    reasons = [evidence[clip.name].why for clip in clips if evidence[clip.name].why]
    sources = [clip.source for clip in clips]
    filed = [float(1000 * clip.filed) for clip in clips if clip.filed is not None]
    return Recording(
        name=name,
        source=max(sorted(set(sources)), key=sources.count),
        clips=len(clips),
        seconds=seconds,
        found=overall,
        halves=halves,
        quarters=quarters,
        why=_why_not(overall, halves, quarters, seconds, float(late_ms[-1]), reasons),
        filed_ms=float(np.median(filed)) if filed else None,
        log_likelihood=each.sum(0) - each.sum(0).max() if pieces else np.zeros(0),
    )


def _parts(each: Float[np.ndarray, "P G"], late_ms: Float[np.ndarray, " G"], count: int) -> tuple[Lateness, ...]:
    if len(each) < count:
        return ()
    return tuple(lateness(part.sum(0), late_ms) for part in np.array_split(each, count))


def _why_not(
    overall: Lateness | None,
    halves: Sequence[Lateness],
    quarters: Sequence[Lateness],
    seconds: float,
    search_ms: float,
    reasons: Sequence[str],
) -> str:
    """Why a recording gets no value, as people say it; empty where it gets one."""
    if overall is None:
        return reasons[0] if reasons else "nothing of it could be used"
    for parts, part_names in ((halves, "halves"), (quarters, "quarters")):
        sure = [part for part in parts if part.sure]
        apart = [abs(a.late_ms - b.late_ms) for a, b in pairwise(sure)]
        spread = max([part.late_ms for part in sure], default=0.0) - min([part.late_ms for part in sure], default=0.0)
        if len(sure) > 1 and spread > DRIFT_MS and _outside(sure):
            listed = ", ".join(f"{round(part.late_ms):+d}" if part.sure else "?" for part in parts)
            kind = "changes" if max(apart) > spread / 2 and part_names == "quarters" else "does not hold"
            return f"the lateness {kind}: {listed} ms in its {part_names}"
    if not overall.sure:
        need = seconds * LEAST_MARGIN / max(overall.margin, 0.1)
        more = f"about {need:.0f} s might do" if need < 20 * max(seconds, 1.0) else "more of it would hardly help"
        return f"not sure: margin {overall.margin:.1f} of {LEAST_MARGIN:g} in {seconds:.1f} s ({more})"
    if abs(overall.late_ms) > search_ms - EDGE_MS:
        return f"at the end of the search (±{search_ms:.0f} ms): it may be farther"
    return ""


def _outside(sure: Sequence[Lateness]) -> bool:
    """Whether the earliest and the latest of them have intervals that do not meet."""
    first, last = min(sure), max(sure)
    return first.high_ms < last.low_ms
