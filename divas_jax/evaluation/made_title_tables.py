"""What made-up titles show of a judge of titles: right verdicts, offsets within the tolerances, smallest drifts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool

from divas_jax.evaluation.lines import Lines, percent, share_json
from divas_jax.evaluation.made_titles import JudgedTitle, JudgeTitle, SceneErrors, outcomes_by_kind, smallest_drift
from divas_jax.evaluation.shares import Share, share_of
from divas_jax.sync.predictions import KINDS
from divas_jax.sync.tolerances import TOLERANCES, Tolerance

DENSITY, OUTLIERS = 0.3, 0.35
"""Share of a title in scenes (the paper's figure, 4.4), and of its scenes that say anything."""

DENSITIES, OUTLIER_SHARES = (0.05, 0.1, 0.3), (0.1, 0.35, 0.6)
DRIFTS_MS = (400.0, 250.0, 160.0, 120.0, 90.0, 60.0, 45.0, 30.0)
"""Tried from large to small (ms over the title)."""

PARTS = 1 + len(DENSITIES) * len(OUTLIER_SHARES)
"""Parts of the work of `title_scores`, after each of which its `progress` is told."""

DRIFTING_S = 7200.0
"""Length of the titles whose smallest drift is looked for (s)."""

TABLE_3 = ("constant offset", "drift early", "drift late", "mixed")
"""Kinds of the last row of Table 3: "random artificial constant offsets and drifts"."""


@dataclass(frozen=True)
class TitleScores:
    """What `title_scores` found.

    Attributes:
      counts: titles by (true verdict, verdict).
      right: share of titles with the right verdict.
      accuracy: by name of the tolerance: share of scenes of `TABLE_3` whose offset the verdict gives within it.
      held: share of 95 % intervals (at a verdict's ends, or in its pieces) that hold the true offset.
      drifts_ms: smallest drift over two hours that is found in 95 % of titles, by (density, outliers).
    """

    counts: dict[tuple[str, str], int]
    right: Share
    accuracy: dict[str, Share]
    held: Share
    drifts_ms: dict[tuple[float, float], float]


def title_scores(
    judge: JudgeTitle, errors: SceneErrors, titles: int, seed: int, progress: Callable[[], None] = lambda: None
) -> TitleScores:
    """Judges `titles` titles of every kind, and as many at every density, share of outliers and drift.

    Args:
      judge: gives verdicts.
      errors: of single scenes.
      titles: how many of each.
      seed: of the draws.
      progress: told after each of `PARTS`.
    """
    judged = outcomes_by_kind(judge, errors, titles, DENSITY, OUTLIERS, seed)
    progress()
    drifts = {}
    for density in DENSITIES:
        for outliers in OUTLIER_SHARES:
            drifts[density, outliers] = smallest_drift(
                judge, errors, DRIFTS_MS, titles, density, outliers, DRIFTING_S, seed
            )
            progress()
    pairs: list[tuple[str, str]] = [(outcome.true, outcome.predicted) for outcome in judged]
    right = np.asarray([true == predicted for true, predicted in pairs])
    counts = {pair: pairs.count(pair) for pair in dict.fromkeys(pairs)}
    accuracy = title_accuracy(judged)
    held = np.asarray([each for outcome in judged for each in outcome.held], bool)
    titles_of = [str(place) for place, outcome in enumerate(judged) for _ in outcome.held]
    places = [str(place) for place in range(len(right))]
    return TitleScores(counts, share_of(right, places), accuracy, share_of(held, titles_of), drifts)


def title_accuracy(judged: Sequence[JudgedTitle]) -> dict[str, Share]:
    """The last row of Table 3, by name of the tolerance: scenes of `TABLE_3` whose offset the verdict gives within."""
    return {tolerance.name: _accuracy(judged, tolerance) for tolerance in TOLERANCES}


def _accuracy(judged: Sequence[JudgedTitle], tolerance: Tolerance) -> Share:
    """Over scenes; those of one title are one piece of evidence."""
    moved = [(place, outcome) for place, outcome in enumerate(judged) if outcome.true in TABLE_3]
    right: Bool[np.ndarray, " N"] = np.concatenate([tolerance.holds(outcome.error_ms) for _, outcome in moved])
    return share_of(right, [str(place) for place, outcome in moved for _ in outcome.error_ms])


def title_tables(scores: TitleScores) -> list[Lines]:
    """The scores as tables, for the terminal and for Markdown."""
    shown = {"intermittent": "steps", "not enough evidence": "none"}  # so that they fit a terminal
    columns = [kind for kind in KINDS if any(kind == pair[1] for pair in scores.counts)]
    confusion = [(true, *(str(scores.counts.get((true, kind), 0)) for kind in columns)) for true in KINDS]
    low, high = scores.right.interval
    drifts = [
        (f"{density:.0%} in scenes", *(_drift(scores.drifts_ms[density, outliers]) for outliers in OUTLIER_SHARES))
        for density in DENSITIES
    ]
    accuracy = [
        (name, percent(share.value), "-".join(map(percent, share.interval))) for name, share in scores.accuracy.items()
    ]
    return [
        Lines(
            "Verdicts on made-up titles",
            ("truth", *(shown.get(kind, kind) for kind in columns)),
            tuple(confusion),
            f"Right: {percent(scores.right.value)} % of {scores.right.total} titles "
            f"(95 % interval {percent(low)}-{percent(high)}), 20 minutes to 3 hours long, {DENSITY:.0%} in scenes, "
            f"{OUTLIERS:.0%} of these say anything. Steps: intermittent; none: not enough evidence.",
        ),
        Lines(
            "Offsets and drifts at the title level (Table 3, last row)",
            ("tolerance", "scenes within (%)", "95 % interval"),
            tuple(accuracy),
            "The verdict's offset in the middle of each scene against the truth. "
            f"Of {scores.held.total} intervals of 95 % {percent(scores.held.value)} % hold it.",
        ),
        Lines(
            "Smallest drift over two hours that is found in 95 % of titles (ms)",
            ("", *(f"{share:.0%} outliers" for share in OUTLIER_SHARES)),
            tuple(drifts),
            f"Of {', '.join(f'{drift:g}' for drift in DRIFTS_MS)} ms; a dash where none is.",
        ),
    ]


def _drift(value: float) -> str:
    return f"{value:g}" if np.isfinite(value) else "-"


def titles_json(scores: TitleScores) -> dict[str, Any]:
    """The scores as plain values for other programs; null where there is no number."""
    return {
        "right": share_json(scores.right),
        "verdicts": [{"true": true, "said": predicted, "titles": n} for (true, predicted), n in scores.counts.items()],
        "accuracy": {name: share_json(share) for name, share in scores.accuracy.items()},
        "intervals_that_hold": share_json(scores.held),
        "smallest_drift_ms": [
            {"density": density, "outliers": outliers, "drift_ms": value if np.isfinite(value) else None}
            for (density, outliers), value in scores.drifts_ms.items()
        ],
    }
