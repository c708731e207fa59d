"""What each competitor sees and hears of a clip: windows at 25 frames/s and the sound that belongs to them."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float32, Int, UInt8

from divas_jax.baselines.even_clip import SAMPLES_PER_FRAME, EvenClip
from divas_jax.baselines.spectra import Spectrum, spectra
from divas_jax.config import ViewConfig
from divas_jax.data.view import Box, cut, seen_box

Look = Literal["mouth", "lower half", "full frame"]
"""Which part of a stored picture is seen: the square about the mouth, the lower half of the face crop, or all of it."""

GREY_WEIGHTS = np.asarray([0.299, 0.587, 0.114], np.float32)
"""How bright red, green and blue are (ITU-R BT.601)."""

PAIR_FRAMES = 5
"""Frames in a window of SyncNet and of VocaLiST: 0.2 s."""


@dataclass(frozen=True)
class InputKind:
    """What a competitor is fed.

    Attributes:
      frames: in a window.
      look: the part of a picture that is seen.
      size: pixels a side of the square of which that is a part.
      spectrum: of the sound.
    """

    frames: int
    look: Look
    size: int
    spectrum: Spectrum

    @property
    def sound(self) -> int:
        """Samples in a stretch of sound, as long as the frames are shown."""
        return self.frames * SAMPLES_PER_FRAME


def syncnet_input(size: int = 112) -> InputKind:
    """Five grey mouths, 13 MFCC at 100 Hz for 0.2 s (Chung and Zisserman, 2016, section 2.1).

    Guessed: 40 mel bands from 0 to 8 kHz below the coefficients, spans of 25 ms.
    """
    return InputKind(PAIR_FRAMES, "mouth", size, Spectrum(20, 160, 400, 40, 0.0, 8000.0, cepstral=13))


def vocalist_input(size: int = 96) -> InputKind:
    """Five lower halves of a face in colour, 80 mel bands at 80 Hz for 0.2 s (Kadandale et al., 2022, section 2).

    Guessed: bands from 55 to 7600 Hz and spans of 50 ms, as in Wav2Lip, on which it builds.
    """
    return InputKind(PAIR_FRAMES, "lower half", size, Spectrum(16, 200, 800, 80, 55.0, 7600.0))


def sparse_input(size: int = 224, frames: int = 125) -> InputKind:
    """Full frames in colour for 5 s, 128 mel bands at 100 Hz (Iashin et al., 2022, section 4).

    Guessed: bands from 0 to 8 kHz, spans of 25 ms.
    """
    columns = frames * SAMPLES_PER_FRAME // 160
    return InputKind(frames, "full frame", size, Spectrum(columns, 160, 400, 128, 0.0, 8000.0))


def looks(clip: EvenClip, kind: InputKind) -> UInt8[np.ndarray, "T high wide C"]:
    """Every frame of a clip, as it is seen: colours, or one channel of grey for mouths."""
    height, width = clip.frames.shape[1:3]
    if kind.look == "full frame":
        return cut(clip.frames, seen_box(height, width, ViewConfig(full_frame=True)), kind.size)
    face = seen_box(height, width, ViewConfig())
    if kind.look == "lower half":
        return cut(clip.frames, face, kind.size)[:, kind.size // 2 :]
    half = face.side / 2  # the mouth is in the middle half of the lower half
    mouths = cut(clip.frames, Box(face.left + half / 2, face.top + half, half), kind.size)
    return np.round(mouths @ GREY_WEIGHTS).astype(np.uint8)[..., None]


def windows(
    seen: UInt8[np.ndarray, "T high wide C"], starts: Int[np.ndarray, " W"], frames: int
) -> Float32[np.ndarray, "W frames high wide C"]:
    """The frames of each window, in [0, 1]."""
    return seen[starts[:, None] + np.arange(frames)].astype(np.float32) / 255


def window_count(clip: EvenClip, kind: InputKind) -> int:
    """Windows that begin at each frame but the last ones."""
    return max(0, len(clip.frames) - kind.frames + 1)


def stretches(clip: EvenClip, starts: Int[np.ndarray, " W"], kind: InputKind) -> Float32[np.ndarray, "W rows columns"]:
    """The sound while frames `starts` and following are shown; `starts` may lie outside the picture."""
    return spectra(clip.samples, clip.lead + SAMPLES_PER_FRAME * starts, kind.spectrum)


def is_real(clip: EvenClip, starts: Int[np.ndarray, " *W"], kind: InputKind) -> Bool[np.ndarray, " *W"]:
    """Whether the clip has the sound of these stretches (4.2: never silence)."""
    first = clip.lead + SAMPLES_PER_FRAME * starts
    return (first >= 0) & (first + kind.sound <= len(clip.samples))
