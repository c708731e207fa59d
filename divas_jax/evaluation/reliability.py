"""What stated probabilities are worth: against what came out, as numbers and as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from divas_jax.evaluation.lines import Lines, number, percent
from divas_jax.evaluation.scores import area_under_curve
from divas_jax.evaluation.shares import effective_answers
from divas_jax.evaluation.trial import Trial
from divas_jax.sync.tolerances import ACCEPTABLE, STRICT

BINS = 10
"""Equally wide ranges of probability of the expected calibration error."""

NEAR_MS = ACCEPTABLE.early
"""The wider error of which a probability is known (ms, each way)."""


@dataclass(frozen=True)
class Bin:
    """Answers of about the same probability.

    Attributes:
      probability: mean of what was said, 0 to 1.
      right: share that was right, 0 to 1.
      trials: how many.
      effective: independent answers that these are worth.
    """

    probability: float
    right: float
    trials: int
    effective: float


@dataclass(frozen=True)
class Reliability:
    """What stated probabilities are worth.

    Attributes:
      error: expected calibration error, 0 to 1: mean distance of `Bin.probability` and `Bin.right` over trials.
      bins: from improbable to probable, empty ones left out.
    """

    error: float
    bins: list[Bin]


@dataclass(frozen=True)
class HeldOutAnswers:
    """What a calibration, or several, say of answers that they were not fitted on.

    Attributes:
      probability: of an answer within 40 ms.
      told: which are sure enough.
      together: that picture and sound belong together, where half of the pairs do.
    """

    probability: Float[np.ndarray, " N"]
    told: Bool[np.ndarray, " N"]
    together: Float[np.ndarray, " N"]


def is_right(trials: Sequence[Trial]) -> Bool[np.ndarray, " N"]:
    """Which sub-frame answers, those that `predict` gives, err by at most 40 ms; of a shuffled pair none does."""
    errors = np.asarray([trial.fine_error_ms for trial in trials])
    return STRICT.holds(errors) & np.asarray([trial.matched for trial in trials], bool)


def is_near(trials: Sequence[Trial]) -> Bool[np.ndarray, " N"]:
    """Which answers err by at most `NEAR_MS`, about pairs that belong together."""
    errors = np.abs([trial.fine_error_ms for trial in trials])
    return (errors <= NEAR_MS) & np.asarray([trial.matched for trial in trials], bool)


def reliability_of(
    probability: Float[np.ndarray, " N"], right: Bool[np.ndarray, " N"], clips: Sequence[str] | None = None
) -> Reliability:
    """Stated probabilities against what came out of answers about these clips (None: each about another)."""
    names = np.arange(len(right)).astype(str) if clips is None else np.asarray(clips)
    place = np.minimum((probability * BINS).astype(int), BINS - 1)
    bins = []
    for each in np.unique(place):
        in_bin = place == each
        worth = effective_answers(right[in_bin], names[in_bin].tolist())
        bins.append(Bin(float(probability[in_bin].mean()), float(right[in_bin].mean()), int(in_bin.sum()), worth))
    return Reliability(
        sum(each.trials * abs(each.probability - each.right) for each in bins) / max(1, len(right)), bins
    )


def facts(trials: Sequence[Trial], checked: HeldOutAnswers) -> dict[str, Any]:
    """What the file says about its own making: how many, and how good when checked; shares from 0 to 1."""
    right, near = is_right(trials), is_near(trials)
    matched = np.asarray([trial.matched for trial in trials], bool)
    parts = np.asarray([trial.part for trial in trials])
    clips = np.asarray([trial.clip for trial in trials])
    checked_reliability = reliability_of(checked.probability[matched], right[matched], clips[matched].tolist())
    return {
        "clips": len({trial.clip for trial in trials}),
        "speakers": len({trial.speaker or trial.clip for trial in trials}),
        "trials": int(matched.sum()),
        "shuffled_trials": int((~matched).sum()),
        "checked": {
            "expected_calibration_error": checked_reliability.error,
            "bins": [vars(each) for each in checked_reliability.bins],
            "by_part": {
                _part_name(part): _part_facts(checked, right, near, matched, parts == part)
                for part in (*sorted({*parts.tolist()} - {0.0}), 0.0)
            },
        },
    }


def _part_name(part: float) -> str:
    return f"middle {part:g} s" if part else "whole clip"


def _part_facts(
    checked: HeldOutAnswers,
    right: Bool[np.ndarray, " N"],
    near: Bool[np.ndarray, " N"],
    matched: Bool[np.ndarray, " N"],
    part: Bool[np.ndarray, " N"],
) -> dict[str, Any]:
    pairs, shuffled = part & matched, part & ~matched
    return {
        "trials": int(pairs.sum()),
        "expected_calibration_error": reliability_of(checked.probability[pairs], right[pairs]).error,
        "right": _mean(right[pairs]),
        "told": _mean(checked.told[pairs]),
        "right_of_told": _mean(right[pairs & checked.told]),
        "near_of_told": _mean(near[pairs & checked.told]),
        "told_of_right": _mean(checked.told[pairs & right]),
        "told_of_shuffled": _mean(checked.told[shuffled]),
        "belonging_auc": _auc(checked.together, pairs & right, shuffled),
    }


def _auc(
    scores: Float[np.ndarray, " N"], matched: Bool[np.ndarray, " N"], foreign: Bool[np.ndarray, " N"]
) -> float | None:
    either = matched | foreign
    auc = area_under_curve(scores[either], matched[either])
    return None if np.isnan(auc) else auc


def _mean(true: Bool[np.ndarray, " N"]) -> float | None:
    return float(true.mean()) if len(true) else None


def calibration_table(by_part: dict[str, dict[str, Any]]) -> Lines:
    """`facts`, by what was judged."""
    shares = ("right", "told", "right_of_told", "near_of_told", "told_of_right", "told_of_shuffled")
    rows = tuple(
        (
            f"{name.removeprefix('middle ')} ({part_facts['trials']})",
            number(part_facts["expected_calibration_error"], 3),
            *("-" if part_facts[share] is None else percent(part_facts[share]) for share in shares),
            "-" if part_facts["belonging_auc"] is None else number(part_facts["belonging_auc"], 3),
        )
        for name, part_facts in by_part.items()
    )
    note = (
        "By length (answers). ECE: expected calibration error. % of answers within 40 ms; % that are sure enough to be "
        f"told; % of these within 40 ms, and within {NEAR_MS:g} ms; % told of those within 40 ms, and of pairs with "
        "another clip's sound. AUC: chance that the pair of a right answer seems more of a pair than one that is not."
    )
    head = ("judged", "ECE", "right", "told", "told right", "told near", "right told", "other told", "AUC")
    return Lines("How sure the answers are", head, rows, note)
