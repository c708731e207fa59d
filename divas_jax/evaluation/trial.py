"""One artificial offset and what the model said about it."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypedDict

import numpy as np
from jaxtyping import Float

from divas_jax.data.clip_record import ClipRecord

NAN = float("nan")


@dataclass(frozen=True)
class Trial:
    """One clip under one artificial offset (4.2).

    Attributes:
      clip: name of the clip.
      fps: frame rate (frames/s), the nominal one where it varies.
      constant_rate: False for a variable frame rate.
      sample_rate: Hz.
      duration: of the clip (s).
      speaker: whoever is seen; empty if unknown.
      source: where the clip comes from.
      set: which of several data sets the clip is in; empty where there is one.
      true_ms: the offset applied; positive = sound early.
      predicted_ms: the searched step with the smallest mean distance, as the paper reads it (4.1).
      fine_ms: the same with a parabola through the minimum.
      confidence: median - minimum of the curve (4.1).
      windows: picture windows that the answer is averaged over.
      curve_ms: the searched offsets (ms), increasing.
      curve: mean distance at each of them; inf where the clip has no evidence.
      part: seconds in the middle of the clip that were judged; 0 for the whole clip.
      sound_around: whether the sound beyond that part was there too, as it is for a scene of a longer film.
      matched: False where the sound is another clip's, so that every answer is wrong.
      failure: why there is no answer (predictions are then NaN); empty if there is one.
    """

    clip: str
    fps: Fraction
    constant_rate: bool
    sample_rate: int
    duration: float
    speaker: str
    source: str
    true_ms: float
    set: str = field(default="", kw_only=True)
    predicted_ms: float = NAN
    fine_ms: float = NAN
    confidence: float = 0.0
    windows: int = 0
    curve_ms: Float[np.ndarray, " O"] = field(default_factory=lambda: np.zeros(0), compare=False, repr=False)
    curve: Float[np.ndarray, " O"] = field(default_factory=lambda: np.zeros(0), compare=False, repr=False)
    part: float = 0.0
    sound_around: bool = False
    matched: bool = True
    failure: str = ""

    @property
    def error_ms(self) -> float:
        """Predicted - true offset (ms); positive: judged too early. Rounded far below a sample, so ends are met."""
        return round(self.predicted_ms - self.true_ms, 6)

    @property
    def fine_error_ms(self) -> float:
        """The same for the sub-frame estimate."""
        return round(self.fine_ms - self.true_ms, 6)


class About(TypedDict):
    """The fields of a `Trial` that its clip decides."""

    clip: str
    fps: Fraction
    constant_rate: bool
    sample_rate: int
    duration: float
    speaker: str
    source: str


def about(record: ClipRecord) -> About:
    """What a record says of its clip's trials."""
    return About(
        clip=record.name,
        fps=record.fps,
        constant_rate=record.constant_rate,
        sample_rate=record.sample_rate,
        duration=record.duration,
        speaker=record.speaker,
        source=record.source,
    )
