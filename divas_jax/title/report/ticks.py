"""Round numbers along the axes of a title's picture."""

STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
"""Distances between marks of the time axis (s), from the smallest."""

STEPS_MS = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
"""Distances between marks of the offset axis (ms), from the smallest."""

_MOST = 8


def time_ticks(start: float, end: float, zero: float) -> list[float]:
    """Times (s on the file's own timeline) that are whole steps from where people count, from `start` to `end`."""
    step = next((step for step in STEPS_S if (end - start) / step <= _MOST), STEPS_S[-1])
    first = -(-(start - zero) // step) * step + zero
    return [first + step * number for number in range(int((end - first) / step) + 1)]


def offset_ticks(low: float, high: float) -> list[int]:
    """Offsets (ms) that are whole steps, from `low` to `high`."""
    step = next((step for step in STEPS_MS if (high - low) / step <= _MOST), STEPS_MS[-1])
    return list(range(int(-(-low // step)) * step, int(high // step) * step + 1, step))
