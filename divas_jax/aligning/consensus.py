"""What a distance is worth in this footage, without labels: each piece against what the rest of its recording says."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from divas_jax.aligning.evidence import Evidence, HeardPiece
from divas_jax.aligning.recordings import grouped, log_likelihoods, peak, pieces_in_order
from divas_jax.aligning.sources import Entry
from divas_jax.evaluation.calibrating import fit_likelihood
from divas_jax.judging.posterior import Likelihood

FEWEST, MOST = 60, 600
"""Pieces that a fit needs, and the most that it looks at."""

OTHERS = 2
"""A recording teaches if each of its pieces has at least so many others."""

SUREST = 0.6
"""Share of the pieces that a fit looks at: those whose others are surest. Of a model that knows nothing they say
nothing either, and then a distance is worth nothing."""

ROUNDS = 2
"""Fits, each on what the one before found."""

FIRST = (3.0, 0.7, 0.05)
"""Before any fit: the typical depth of a minimum is worth 3, so that no single piece is told by it; growth; chance of
nonsense."""


def likelihood_of(
    entries: Sequence[Entry],
    evidence: Mapping[str, Evidence],
    late_ms: Float[np.ndarray, " G"],
    known: Likelihood | None = None,
) -> Likelihood:
    """Fitted to these recordings where they are enough; else the model's own, else a guess.

    Args:
      entries: the clips.
      evidence: of each, by name.
      late_ms: the grid of latenesses (ms).
      known: of the model's calibration.
    """
    recordings = [pieces_in_order(clips, evidence) for clips in grouped(entries).values()]
    likelihood = known or _guess([piece for pieces in recordings for piece in pieces])
    for _ in range(ROUNDS):
        pairs = [pair for pieces in recordings for pair in _by_the_others(pieces, late_ms, likelihood)]
        if len(pairs) < FEWEST:
            return likelihood
        pairs = sorted(pairs, key=lambda pair: -pair[2])[: max(FEWEST, int(SUREST * len(pairs)))]
        pairs = [pairs[place] for place in np.linspace(0, len(pairs) - 1, min(MOST, len(pairs))).astype(int)]
        curves = [piece.curve(late_ms) for piece, _, _ in pairs]
        likelihood = fit_likelihood(curves, np.asarray([late for _, late, _ in pairs]))
    return likelihood


def _guess(pieces: Sequence[HeardPiece]) -> Likelihood:
    depths = [float(np.median(piece.rise) - piece.rise.min()) for piece in pieces]
    worth, growth, anywhere = FIRST
    return Likelihood(worth / max(float(np.median(depths)) if depths else 1.0, 1e-3), growth, anywhere)


def _by_the_others(
    pieces: Sequence[HeardPiece], late_ms: Float[np.ndarray, " G"], likelihood: Likelihood
) -> list[tuple[HeardPiece, float, float]]:
    """The pieces of a recording with the lateness (ms) that its other pieces say, and how surely."""
    if len(pieces) <= OTHERS:
        return []
    each = log_likelihoods(pieces, late_ms, likelihood)
    others = [peak(each.sum(0) - of_piece, late_ms) for of_piece in each]
    return [(piece, float(late_ms[best]), margin) for piece, (best, margin) in zip(pieces, others, strict=True)]
