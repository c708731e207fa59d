"""Mel spectra and MFCC of stretches of sound at 16 kHz, as the competitors hear it."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int
from scipy.fft import dct

from divas_jax.baselines.even_clip import SAMPLE_RATE
from divas_jax.data.mel import mel_bands


@dataclass(frozen=True)
class Spectrum:
    """How sound becomes columns of numbers.

    Attributes:
      columns: columns of a stretch.
      hop: samples from one to the next.
      span: samples that a column is made of.
      bands: mel bands.
      lowest: where they begin (Hz).
      highest: where they end (Hz).
      cepstral: cosine coefficients that are kept of each column; 0 keeps the logarithms of the bands.
    """

    columns: int
    hop: int
    span: int
    bands: int
    lowest: float
    highest: float
    cepstral: int = 0

    @property
    def rows(self) -> int:
        """Numbers in a column."""
        return self.cepstral or self.bands

    @property
    def length(self) -> int:
        """Samples that all the columns of a stretch are made of."""
        return (self.columns - 1) * self.hop + self.span


FLOOR = 1e-6
"""Added to every band: silence has a logarithm."""


def spectra(
    samples: Float32[np.ndarray, " S"], starts: Int[np.ndarray, " W"], kind: Spectrum
) -> Float32[np.ndarray, "W rows columns"]:
    """The stretch of sound from each of `starts` (samples) on; what lies beyond the sound is silent.

    Every stretch is cut at its own exact sample, never at the nearest column of a spectrum of the whole.
    """
    out = np.empty((len(starts), kind.rows, kind.columns), np.float32)
    padded = np.pad(samples, (kind.length, kind.length))
    window = np.hanning(kind.span).astype(np.float32)
    size = 1 << (kind.span - 1).bit_length()
    steps = kind.hop * np.arange(kind.columns)[:, None] + np.arange(kind.span)
    weights = mel_bands(SAMPLE_RATE, size, kind.bands, kind.lowest, kind.highest)
    for row, start in enumerate(starts):
        first = int(np.clip(start, -kind.length, len(samples))) + kind.length
        power = np.abs(np.fft.rfft(padded[first + steps] * window, size)) ** 2 / kind.span
        bands = np.log(power @ weights + FLOOR)
        out[row] = (dct(bands, norm="ortho")[:, : kind.cepstral] if kind.cepstral else bands).T
    return out
