"""Scores of active speaker detection as terminal tables and as JSON, beside answers that need no model."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from divas_jax.evaluation.lines import Lines, number, percent
from divas_jax.evaluation.speaker_scores import SpeakerScore


def speaker_tables(scores: Mapping[str, SpeakerScore]) -> list[Lines]:
    """For the terminal: F1 beside what needs no model, and where it is lost."""
    compared = [
        (
            name,
            str(score.scenes),
            percent(score.f1),
            _interval_text(score),
            percent(score.everybody_f1),
            percent(score.random_f1),
        )
        for name, score in scores.items()
    ]
    parts = [
        (
            name,
            number(score.labelled_s, 1),
            number(score.speaking_s, 1),
            *map(percent, (score.found, score.precision, score.recall)),
        )
        for name, score in scores.items()
    ]
    note = (
        "F1 (%) over face-seconds. 95 % interval: scenes drawn anew. Everybody: every labelled face speaks; "
        "random: a coin for every face and moment."
    )
    title = "Active speakers (5.6, Table 6)"
    return [
        Lines(title, ("scenes", "number", "F1", "95 % interval", "everybody", "random"), tuple(compared), note),
        Lines(
            f"{title}: face-seconds",
            ("scenes", "seen (s)", "speaking (s)", "found (%)", "precision", "recall"),
            tuple(parts),
            "Found: share of the labelled face-seconds in which the face was found.",
        ),
    ]


def _interval_text(score: SpeakerScore) -> str:
    low, high = score.interval
    return f"{percent(low)}-{percent(high)}" if np.isfinite(low) else "-"


def speakers_json(scores: Mapping[str, SpeakerScore]) -> dict[str, Any]:
    """For other programs: the fields of `SpeakerScore` by condition, null where there is no number."""
    return {name: {key: _finite(value) for key, value in asdict(score).items()} for name, score in scores.items()}


def _finite(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
