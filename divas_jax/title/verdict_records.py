"""The verdict on a title as plain values; `{value, low, high}` is a number with its 95 % interval."""

from typing import Any

from divas_jax.title.timecodes import Timecodes
from divas_jax.title.verdict import Estimate, Piece, Verdict


def verdict_record(verdict: Verdict, timecodes: Timecodes) -> dict[str, Any]:
    """`verdict`, its `pieces` and the `gaps` between the scenes that count."""
    severity = verdict.severity
    return {
        "verdict": {
            "kind": verdict.kind,
            "words": verdict.words,
            "reason": verdict.reason or None,
            "sure": verdict.sure_words or None,
            "offset_start_ms": _estimate(verdict.offset_start),
            "offset_end_ms": _estimate(verdict.offset_end),
            "slope_ms_per_minute": _estimate(verdict.slope),
            "rate": None if verdict.rate is None else {"ratio": verdict.rate.ratio, "name": verdict.rate.name or None},
            "agreement": round(verdict.agreement, 4),
            "coverage": round(verdict.coverage, 4),
            "severity": severity.worst,
            "severity_s": {key: round(value, 6) for key, value in severity._asdict().items()},
        },
        "pieces": [_piece(piece, timecodes) for piece in verdict.pieces],
        "gaps": [{"start_s": round(gap.start, 6), "end_s": round(gap.end, 6)} for gap in verdict.gaps],
    }


def _piece(piece: Piece, timecodes: Timecodes) -> dict[str, Any]:
    return {
        "start_s": round(piece.start, 6),
        "end_s": round(piece.end, 6),
        "start_timecode": timecodes.at(piece.start),
        "end_timecode": timecodes.at(piece.end),
        "start_ms": _estimate(piece.start_ms),
        "end_ms": _estimate(piece.end_ms),
    }


def _estimate(estimate: Estimate | None) -> dict[str, float] | None:
    return None if estimate is None else {key: round(value, 4) for key, value in estimate._asdict().items()}
