"""Where zero is, by physics: how long after closed lips open (p, b, m) the sound rises. No label and no model of ours.

While lips are closed hardly any sound of 0.7 to 3.8 kHz passes; as they part it rises at once. One opening says little;
the openings of a source, laid over each other, say where its sound is, to about ten milliseconds.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int8
from scipy.signal import butter, sosfiltfilt

from divas_jax.aligning.sources import Entry
from divas_jax.aligning.vertex import vertex
from divas_jax.clip import Clip
from divas_jax.errors import UserError

BAND_HZ = (700.0, 3800.0)
"""What closed lips hold back; higher, cameras and telephones differ."""

INNER_LIPS = slice(-7, -4)
"""Of the numbers of `LipShapes`: the height between the inner lips, at three places."""

CLOSED, OPENING, OPEN = 0.12, 0.2, 0.4
"""Heights between a clip's lowest (0) and its usual widest (1): lips are closed below the first, and open where they
pass the second on their way beyond the third."""

CLOSED_S, OPENED_S = 0.06, 0.14
"""Lips are closed for at least so long (s) before they open, and open within so long."""

STEP_S, REACH_S = 0.005, 0.6
"""Energy is looked at so often (s), so far each way."""

RISE_S = 0.06
"""A rise is the difference of the energy over so long (s) after and before."""

FEWEST = 30
"""Openings that a source needs."""

DRAWS = 400
"""Of the bootstrap."""

WIDEST_MS = 60.0
"""A source whose interval is wider (ms) is told no value: its openings do not agree."""

ALL = "all"
"""What all sources together are called."""


class Release(NamedTuple):
    """Where a source's sound rises.

    Attributes:
      source: its name.
      openings: how many were laid over each other.
      after_ms: how long after the lips open the sound rises (ms); None where the openings are too few to tell.
      low_ms: where the interval begins that holds 95 % of the bootstrap's draws.
      high_ms: where it ends.
    """

    source: str
    openings: int
    after_ms: float | None = None
    low_ms: float | None = None
    high_ms: float | None = None

    @property
    def told(self) -> bool:
        """Whether the openings agree well enough."""
        return self.low_ms is not None and self.high_ms is not None and self.high_ms - self.low_ms <= WIDEST_MS


def openings(
    height: Float[np.ndarray, " T"], seen: Bool[np.ndarray, " T"], times: Float[np.ndarray, " T"]
) -> list[float]:
    """When closed lips open (s).

    Args:
      height: between the inner lips, in any unit.
      seen: where it is known.
      times: of the pictures (s).
    """
    if seen.sum() < 20:
        return []
    low, high = np.percentile(height[seen], (3, 90))
    open_by = (height - low) / max(high - low, 1e-9)
    times_of_opening, closed_since = [], None
    for place in range(1, len(times)):
        if not (seen[place] and seen[place - 1]):
            closed_since = None
        elif open_by[place] < CLOSED:
            closed_since = times[place] if closed_since is None else closed_since
        elif open_by[place] >= OPENING and closed_since is not None:
            before = place - 1
            while before and open_by[before] >= OPENING:
                before -= 1
            ahead = (times > times[place - 1]) & (times <= times[place - 1] + OPENED_S) & seen
            if times[before] - closed_since >= CLOSED_S and open_by[ahead].max(initial=0) >= OPEN:
                share = (OPENING - open_by[before]) / max(open_by[before + 1] - open_by[before], 1e-9)
                times_of_opening.append(float(times[before] + share * (times[before + 1] - times[before])))
            closed_since = None
    return times_of_opening


def energies(clip: Clip) -> tuple[float, Float[np.ndarray, " E"]]:
    """When the first of them is (s), and the sound's energy in `BAND_HZ` every `STEP_S` (dB)."""
    high = min(BAND_HZ[1], 0.45 * clip.sample_rate)
    if clip.samples.size < clip.sample_rate // 4:
        return float(clip.sound_start), np.zeros(0)
    band = butter(4, (BAND_HZ[0], high), "bandpass", fs=clip.sample_rate, output="sos")
    power = sosfiltfilt(band, clip.samples.astype(np.float64)) ** 2
    edges = (np.arange(int(len(power) / clip.sample_rate / STEP_S)) * STEP_S * clip.sample_rate).round().astype(int)
    mean = np.add.reduceat(power, edges) / np.diff([*edges, len(power)])
    return float(clip.sound_start) + STEP_S / 2, 10 * np.log10(mean + 1e-9)


def laid_over(clip: Clip, lips: Int8[np.ndarray, "T 2 K"], seen: Bool[np.ndarray, " T"]) -> Iterator[np.ndarray]:
    """The energies around each opening of a clip, `REACH_S` each way; NaN where there is no sound."""
    times = np.asarray([float(clip.frame_time(index)) for index in range(len(clip.frames))])
    height = lips[: len(times), 0, INNER_LIPS].astype(float).mean(-1)
    first, energy = energies(clip)
    around = np.arange(-round(REACH_S / STEP_S), round(REACH_S / STEP_S) + 1) * STEP_S
    for opening in openings(height, seen[: len(times)], times) if len(energy) > 1 else []:
        yield np.interp((opening + around - first) / STEP_S, np.arange(len(energy)), energy, np.nan, np.nan)


def energies_by_source(
    entries: Sequence[Entry], in_sync: bool, progress: Callable[[], None]
) -> dict[str, list[Float[np.ndarray, " A"]]]:
    """The energies around every opening of clips whose lip shapes are known; what cannot be read is passed over.

    Args:
      entries: the clips.
      in_sync: whether sounds are moved by what is known of them; clips of which nothing is known are passed over then.
      progress: called after each clip.
    """
    filed = any(entry.filed is not None for entry in entries)
    by_source: dict[str, list[Float[np.ndarray, " A"]]] = defaultdict(list)
    for entry in entries:
        progress()
        if entry.lips is None or (in_sync and filed and entry.filed is None):
            continue
        try:
            clip = entry.read()
        except UserError:
            continue
        clip = clip.shifted(entry.filed or Fraction(0)) if in_sync else clip
        by_source[entry.source] += laid_over(clip, entry.lips.shapes, entry.lips.seen)
    return by_source


def releases(rows: Mapping[str, Sequence[Float[np.ndarray, " A"]]]) -> list[Release]:
    """Of each source, and of all together, last.

    Args:
      rows: the energies around openings, by source.
    """
    all_energies = [energy for rows_of_source in rows.values() for energy in rows_of_source]
    return [release_of(name, rows_of_source) for name, rows_of_source in [*sorted(rows.items()), (ALL, all_energies)]]


def release_of(source: str, rows: Sequence[Float[np.ndarray, " A"]], seed: int = 0) -> Release:
    """Where the sound of a source rises, out of the energies around its openings."""
    if len(rows) < FEWEST:
        return Release(source, len(rows))
    stacked = np.stack(rows)
    rng = np.random.default_rng(seed)
    resampled = [rise_at(stacked[rng.integers(len(rows), size=len(rows))]) for _ in range(DRAWS)]
    low, high = np.percentile(resampled, (2.5, 97.5))
    return Release(source, len(rows), rise_at(stacked), float(low), float(high))


def rise_at(rows: Float[np.ndarray, "N A"]) -> float:
    """Where the mean energy rises most (ms after the opening), to a fraction of a step."""
    mean = np.nanmean(rows, axis=0)
    width = round(RISE_S / STEP_S)
    total = np.concatenate([[0.0], np.cumsum(np.nan_to_num(mean, nan=float(np.nanmean(mean))))])
    middle = np.arange(width, len(mean) - width + 1)  # edges between steps
    rise = (total[middle + width] - 2 * total[middle] + total[middle - width]) / width
    best = int(np.argmax(rise))
    return float(1000 * STEP_S * (middle[best] + vertex(rise, best) - 0.5 - (len(mean) - 1) / 2))
