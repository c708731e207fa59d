"""From where to where a title's offsets are drawn."""

from typing import Any

LEAST_MS = 230.0
"""Drawn each way at least (ms), so that every zone of ITU-R BT.1359 is seen."""

ROOM = 1.08


def limits_ms(record: dict[str, Any]) -> tuple[float, float]:
    """Lowest and highest offset drawn (ms): all that was searched and found, so that nothing is hidden.

    Args:
      record: of `title_record`.
    """
    values = [scene["offset_ms"] for scene in record["scenes"] if scene["offset_ms"] is not None]
    ends = [piece[end] for piece in record["pieces"] for end in ("start_ms", "end_ms")]
    values += [end[side] for end in ends for side in ("low", "high")]
    reach = max(LEAST_MS / ROOM, record["search_ms"])
    return ROOM * min([-reach, *values]), ROOM * max([reach, *values])
