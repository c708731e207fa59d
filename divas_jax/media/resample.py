"""Sound at another sample rate, block by block, for detectors that know one rate only. Models hear the file's own."""

from fractions import Fraction

import av
import numpy as np
from jaxtyping import Float32


class Resampler:
    """Converts mono samples from one rate to another without delay: sample n of the result sounds at n / `out`.

    Args:
      rate: of what comes in (Hz).
      out: of what comes out (Hz).
    """

    def __init__(self, rate: int, out: int) -> None:
        self._rate, self._count = rate, 0
        self._resampler = None if rate == out else av.AudioResampler("flt", "mono", out)

    def add(self, samples: Float32[np.ndarray, " S"]) -> Float32[np.ndarray, " N"]:
        """The next samples in; what is ready comes out."""
        if self._resampler is None or not len(samples):
            return samples
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[None]), "flt", "mono")
        frame.sample_rate, frame.time_base, frame.pts = self._rate, Fraction(1, self._rate), self._count
        self._count += len(samples)
        return _joined(self._resampler.resample(frame))

    def finish(self) -> Float32[np.ndarray, " N"]:
        """What was held back."""
        return np.zeros(0, np.float32) if self._resampler is None else _joined(self._resampler.resample(None))


def _joined(frames: list[av.AudioFrame]) -> Float32[np.ndarray, " N"]:
    return np.concatenate([np.zeros(0, np.float32), *(frame.to_ndarray()[0] for frame in frames)])
