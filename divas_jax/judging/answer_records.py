"""An answer as plain values for JSON: what every command says in the same keys, units and rounding.

`divas_jax/schemas` holds the JSON Schemas.
"""

from fractions import Fraction
from math import isfinite
from typing import Any

from divas_jax.judging.judge import Judgement
from divas_jax.rates import rate_name


def outcome_record(status: str, judgement: Judgement | None, reason: str, one_offset: bool = True) -> dict[str, Any]:
    """What became of a file: its offset only where one is told, and why there is none.

    Args:
      status: `told`, `thin` or `failed`.
      judgement: the answer, if there is one; its confidence and windows are always told.
      reason: why nothing is told.
      one_offset: whether one offset holds for all of it.
    """
    return {
        "status": status,
        **judgement_record(judgement if status == "told" and one_offset else None),
        "confidence": None if judgement is None else round(judgement.confidence, 5),
        "windows": 0 if judgement is None else judgement.windows,
        "reason": (reason or None) if status == "thin" else None,
    }


def judgement_record(judgement: Judgement | None) -> dict[str, Any]:
    """An offset and how sure it is; the same keys without one.

    `offset_ms` (positive = sound early) and the same in `words`; `probability` that it errs by at most 40 ms (0 to 1)
    and `near`, the probability of a wider error and that error (ms): null without a calibration; `confidence` (median
    - minimum of the curve); `windows` of the picture compared.
    """
    if judgement is None:
        keys = ("offset_ms", "words", "probability", "near", "confidence")
        return dict.fromkeys(keys) | {"windows": 0}
    return {
        "offset_ms": round(judgement.offset_ms, 3),
        "words": judgement.words,
        "probability": None if judgement.probability is None else round(judgement.probability, 4),
        "near": None if judgement.near is None else [round(value, 4) for value in judgement.near],
        "confidence": round(judgement.confidence, 5),
        "windows": judgement.windows,
    }


def curve_record(judgement: Judgement | None) -> dict[str, Any]:
    """The searched offsets, `curve_ms`, and the mean distance at each, `curve`: null where there is no evidence."""
    if judgement is None:
        return {"curve_ms": [], "curve": []}
    return {
        "curve_ms": [round(float(value), 3) for value in judgement.curve_ms],
        "curve": [round(float(value), 5) if isfinite(value) else None for value in judgement.curve],
    }


def times_record(start: Fraction | float, end: Fraction | float) -> dict[str, Any]:
    """When the picture begins and ends (s), and how long it is: the one length that all commands tell.

    Args:
      start: of the first picture (s).
      end: when the last one ends (s).
    """
    return {
        "start_s": round(float(start), 6),
        "end_s": round(float(end), 6),
        "duration_s": round(float(end - start), 3),
    }


def rates_record(fps: Fraction | None, sample_rate: int) -> dict[str, Any]:
    """Frames/s as people call them, a text, and Hz; null where nobody knows.

    Args:
      fps: frames/s.
      sample_rate: Hz; 0 where it is not known.
    """
    return {"fps": rate_name(fps) if fps else None, "sample_rate_hz": sample_rate or None}
