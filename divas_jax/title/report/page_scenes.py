"""The scenes as the page needs them: small, however many they are."""

import base64
from typing import Any

import numpy as np

from divas_jax.title.checked_title import CheckedTitle
from divas_jax.title.report.data_address import webp_address
from divas_jax.title.scene_records import curve_of

_SHOWN = (
    "scene", "shot", "start_s", "end_s", "start_timecode", "end_timecode", "faces", "offset_ms", "words",
    "confidence", "trust", "kept", "left_out",
)  # fmt: skip

_MOST_POINTS = 150
"""Most points of a distance curve, which is drawn 300 pixels wide."""

_UNKNOWN = 255


def page_scenes(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Scenes whose distance curves are a byte a point: 0 for their lowest, 254 for their highest, 255 for none.

    Args:
      records: of `scene_records`.
    """
    return [{key: record[key] for key in _SHOWN} | _curve(record) for record in records]


def _curve(record: dict[str, Any]) -> dict[str, Any]:
    """The curve in base64, and the offsets of its first and last point (ms); nothing without one."""
    at, distances = curve_of(record)
    values = np.asarray([np.nan if value is None else value for value in distances], np.float64)
    if np.isfinite(values).sum() < 2:
        return {}
    size = -(-len(values) // _MOST_POINTS)
    rows = np.pad(values, (0, -len(values) % size), constant_values=np.nan).reshape(-1, size)
    lowest = np.fmin.reduce(rows, axis=1)  # a valley is what people look for: it must not fall between two points
    low, high = np.nanmin(lowest), np.nanmax(lowest)
    levels = np.rint(254 * (lowest - low) / (high - low or 1))
    stored = np.where(np.isfinite(lowest), levels, _UNKNOWN).astype(np.uint8)
    first = at[0] + (size - 1) * (at[1] - at[0]) / 2
    last = first + (len(rows) - 1) * size * (at[1] - at[0])
    return {"curve": base64.b64encode(stored.tobytes()).decode(), "curve_ms": [round(first, 1), round(last, 1)]}


def page_faces(checked: CheckedTitle, most_bytes: int) -> dict[int, str]:
    """Number of a scene (from 1) -> the face that it is judged by, as a data address; the surest scenes first.

    Args:
      checked: the title.
      most_bytes: that all addresses together may take; scenes beyond that have none.
    """
    scenes = checked.answer.scenes
    trust = {place: each.trust for place, each in zip(checked.scene_of, checked.verdict.predictions, strict=True)}
    addresses, left = {}, most_bytes
    for place in sorted(range(len(scenes)), key=lambda place: -trust.get(place, 0.0)):
        best = scenes[place].best
        if best is None or not best.thumbnail:
            continue
        address = webp_address(best.thumbnail)
        left -= len(address) + len('"12345": "", ')
        if left < 0:
            break
        addresses[place + 1] = address
    return addresses
