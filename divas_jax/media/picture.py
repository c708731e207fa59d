"""Decoded pictures to RGB arrays, and their time stamps to exact times."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter
from jaxtyping import Float64, Int64, UInt8

from divas_jax.errors import UserError
from divas_jax.media.container import Media, check_size, tick
from divas_jax.rates import STANDARD_RATES, standard_rate

_MILLISECOND = Fraction(1, 1000)


class PictureReader:
    """Turns decoded frames into upright RGB arrays of one size, with increasing time stamps.

    One `VideoReformatter` serves all frames: a new one per frame is 3 to 10 times slower at small sizes.

    Args:
      media: the open file; warnings go there.
      size: height and width of the result (pixels); the first frame's own by default.
      sampled: whether a smaller result takes single pixels instead of averages: six times as fast, and rougher.
    """

    def __init__(self, media: Media, size: tuple[int, int] | None = None, sampled: bool = False) -> None:
        self.pts: list[int] = []
        self._media = media
        self._wanted = size
        self._size: tuple[int, int] | None = None
        self._turns = 0
        self._reformatter = VideoReformatter()
        self._interpolation = Interpolation.FAST_BILINEAR if sampled else Interpolation.BILINEAR
        self._step = 1 / (declared_rate(media.picture) or Fraction(25)) / tick(media.picture, media.name)
        self._dropped = self._guessed = 0

    def accept(self, frame: av.VideoFrame) -> bool:
        """Notes the frame's time stamp, or tells that the frame is not to be shown."""
        pts = frame.pts
        if pts is None:
            pts = int(self.pts[-1] + self._step) if self.pts else 0
            self._guessed += 1
        if pts < 0 and self._media.edited:
            return False
        if self.pts and pts <= self.pts[-1]:
            self._dropped += 1
            return False
        self.pts.append(pts)
        return True

    def shape(self, frame: av.VideoFrame) -> tuple[int, int, int]:
        """Shape of the arrays that come out: height, width, 3."""
        if self._size is None:
            check_size(frame.width, frame.height, self._media.name)
            self._turns = frame.rotation // 90 % 4 if frame.rotation % 90 == 0 else 0
            height, width = self._wanted or _turned((frame.height, frame.width), self._turns)
            self._size = _turned((height, width), self._turns)
        return (*_turned(self._size, self._turns), 3)

    def write(self, frame: av.VideoFrame, out: UInt8[np.ndarray, "H W 3"]) -> None:
        """Writes an accepted frame as RGB into `out`."""
        self.shape(frame)
        assert self._size is not None
        height, width = self._size
        # PyAV does not say in its types that a plane is a buffer
        plane: Any = self._reformatter.reformat(
            frame, width, height, "rgb24", interpolation=self._interpolation, threads=1
        ).planes[0]
        rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[:height, : 3 * width]
        pixels = rows.reshape(height, width, 3)
        # PyAV's angle and NumPy's turns both count counterclockwise.
        out[...] = np.rot90(pixels, self._turns) if self._turns else pixels

    def warn(self) -> None:
        """Reports, after the last frame, what was odd about the time stamps."""
        name = self._media.name
        if self._dropped:
            self._media.warnings.append(f"{name} has {self._dropped} frames out of order, which were dropped")
        if self._guessed:
            self._media.warnings.append(f"{name} has {self._guessed} frames without a time, which was guessed")


class PictureStack:
    """Frames collected into one array, allocated once where the file tells its number of frames."""

    def __init__(self, name: str, expected: int, most_bytes: int) -> None:
        self._name, self._expected, self._most_bytes = name, expected, most_bytes
        self._frames: np.ndarray | None = None
        self._count = 0

    def next(self, shape: tuple[int, int, int]) -> UInt8[np.ndarray, "H W 3"]:
        """Room for one more frame.

        Raises:
          UserError: all frames together would take too much memory.
        """
        most = self._most_bytes // math.prod(shape)
        if self._frames is None:
            self._frames = np.empty((max(1, min(self._expected or 256, most)), *shape), np.uint8)
        if self._count >= most:
            raise UserError(f"{self._name} is too long to be read at once: read fewer or smaller frames")
        if self._count == len(self._frames):
            grown = np.empty((min(2 * self._count, most), *shape), np.uint8)
            grown[: self._count] = self._frames
            self._frames = grown
        self._count += 1
        return self._frames[self._count - 1]

    def frames(self) -> UInt8[np.ndarray, "T H W 3"]:
        """What was collected."""
        assert self._frames is not None
        return self._frames[: self._count]


def _turned(size: tuple[int, int], turns: int) -> tuple[int, int]:
    return size[::-1] if turns % 2 else size


@dataclass(frozen=True)
class PictureTimes:
    """Exact presentation times, as in `Clip`: frame i is shown at `start + pts[i] * time_base` (s)."""

    pts: Int64[np.ndarray, " T"]
    time_base: Fraction
    start: Fraction
    fps: Fraction
    constant_rate: bool


def picture_times(pts: Sequence[int], time_base: Fraction, declared: Fraction | None) -> PictureTimes:
    """Recovers the frame rate, and the times that rounding to the container's time base blurred.

    Where every frame lies within 1 ms of t0 + k / rate, these times replace the stored ones.

    Args:
      pts: time stamps, strictly increasing, in units of `time_base` (s).
      time_base: s.
      declared: frames/s as the container tells; tried first, never trusted.
    """
    stamps = np.asarray(pts, np.int64)
    if len(stamps) == 1:
        return PictureTimes(stamps - stamps, time_base, pts[0] * time_base, declared or Fraction(25), True)
    nominal, distance = _nominal_rate(stamps, time_base)
    seconds = (stamps - stamps[0]).astype(np.float64) * float(time_base)
    candidates = [
        rate
        for rate in _candidates(stamps, time_base, nominal, declared)
        if abs(1 / rate - distance) <= time_base + distance / 100
    ]
    for slack in (time_base * Fraction(51, 100), _MILLISECOND):
        for rate in candidates:
            steps = np.rint(seconds * float(rate)).astype(np.int64)
            residual: Float64[np.ndarray, " T"] = seconds - steps / float(rate)
            if np.ptp(residual) / 2 < min(slack, _MILLISECOND) and (np.diff(steps) > 0).all():
                start = (
                    Fraction(int(stamps.sum()), len(stamps)) * time_base
                    - Fraction(int(steps.sum()), len(stamps)) / rate
                )
                return PictureTimes(steps, 1 / rate, start, rate, bool((np.diff(steps) == 1).all()))
    return PictureTimes(stamps - stamps[0], time_base, int(stamps[0]) * time_base, nominal, False)


def declared_rate(stream: Any) -> Fraction | None:
    """Frames/s that the container tells, if it tells any that can be true."""
    for rate in (stream.average_rate, stream.guessed_rate):
        if rate and 1 <= rate <= 480:
            return Fraction(rate)
    return None


def _nominal_rate(stamps: Int64[np.ndarray, " T"], time_base: Fraction) -> tuple[Fraction, Fraction]:
    """Frames/s by the frame distances near their median, and that median (s)."""
    distances = np.diff(stamps)
    middle = int(np.median(distances))
    # Rounding and jitter average out; the gaps that dropped frames leave do not count.
    regular = distances[np.abs(distances - middle) <= max(1, middle // 2)]
    regular = regular if len(regular) else distances  # the middle of an even number of them may be near none
    mean = Fraction(int(regular.sum()), len(regular))
    return standard_rate(1 / (mean * time_base), Fraction(1, 2000)), middle * time_base


def _candidates(
    stamps: Int64[np.ndarray, " T"], time_base: Fraction, nominal: Fraction, declared: Fraction | None
) -> list[Fraction]:
    """Rates (frames/s) that the frames may have, most likely first."""
    slope = Fraction(len(stamps) - 1, int(stamps[-1] - stamps[0])) / time_base
    standard = sorted(STANDARD_RATES, key=lambda rate: abs(rate - nominal))
    declared_rates = [standard_rate(declared), declared] if declared else []
    return [
        *declared_rates[:1],
        *standard,
        *declared_rates[1:],
        standard_rate(slope, Fraction(1, 100_000)),
        slope,
        nominal,
    ]
