"""The judge of titles, as made-up titles ask it."""

from collections.abc import Sequence

from divas_jax.evaluation.made_titles import SEARCH_MS, SaidOfTitle
from divas_jax.sync.predictions import Prediction
from divas_jax.title.timeline import judge_title


def said_of_title(predictions: Sequence[Prediction], length: float) -> SaidOfTitle:
    """The verdict on a title of `length` s whose scenes say so much (4.4)."""
    verdict = judge_title(predictions, 0.0, length, SEARCH_MS)
    return SaidOfTitle(verdict.kind, verdict.at if verdict.pieces else None, verdict.intervals)
