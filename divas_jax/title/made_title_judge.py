"""The judge of titles, as made-up titles ask it."""

from collections.abc import Sequence

from divas_jax.evaluation.made_titles import SEARCH_MS, TitleAnswer
from divas_jax.sync.predictions import Prediction
from divas_jax.title.timeline import judge_title


def title_answer(predictions: Sequence[Prediction], length: float) -> TitleAnswer:
    """The answer on a title of `length` s whose scenes have these predictions (4.4)."""
    verdict = judge_title(predictions, 0.0, length, SEARCH_MS)
    return TitleAnswer(verdict.kind, verdict.at if verdict.pieces else None, verdict.intervals)
