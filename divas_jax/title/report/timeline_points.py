"""What the page's plot is drawn from: the offset of every scene over time, and what the title does (figure 3)."""

from typing import Any

from divas_jax.sync.tolerances import ACCEPTABLE, UNDETECTABLE
from divas_jax.title.report.drawing_limits import limits_ms
from divas_jax.title.report.ticks import STEPS_MS, STEPS_S

_LEAD_SHARE = 0.02
"""The axis begins at zero where the first picture comes no later than this share of the title."""


def timeline_data(record: dict[str, Any]) -> dict[str, Any]:
    """The values that assets/timeline.js draws besides the scenes: times in s, offsets in ms.

    Args:
      record: of `title_record`.
    """
    start, end, zero = record["start_s"], record["end_s"], record["zero_s"]
    if 0 < start - zero < _LEAD_SHARE * (end - start):
        start = zero
    return {
        "times": [start, max(end, start + 1)],
        "offsets": limits_ms(record),
        "zero": zero,
        "search": record["search_ms"],
        "unnoticed": UNDETECTABLE[1:],
        "accepted": ACCEPTABLE[1:],
        "tolerance": [record["tolerance"]["late"], record["tolerance"]["early"]],
        "shots": [round(time, 2) for time in record["shots_s"]],
        "gaps": [[gap["start_s"], gap["end_s"]] for gap in record["gaps"]],
        "pieces": [[_end(piece, "start"), _end(piece, "end")] for piece in record["pieces"]],
        "steps_s": STEPS_S,
        "steps_ms": STEPS_MS,
    }


def _end(piece: dict[str, Any], which: str) -> dict[str, float]:
    """One end of a piece: its time, the offset there, and the ends of its interval."""
    return {"time": piece[f"{which}_s"], **piece[f"{which}_ms"]}
