"""What chance does to the pictures and the sound of a segment while training, as numbers; devices render them.

One draw holds for a whole segment, so that nothing moves that did not move
before, and no change moves sound against picture.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from divas_jax.config import AugmentConfig, ViewConfig
from divas_jax.data.view import Box, seen_box

HALVED_FROM = Fraction(48)
"""Frame rate (frames/s) from which a clip may lose every second frame."""

LUMA = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in brightness (ITU-R BT.601)."""

BELOW_VOICE = (5.0, 30.0)
"""How far noise and music are below the voice (dB)."""

ECHO_BELOW_VOICE = (0.0, 12.0)
"""How far a room's echo is below the voice (dB)."""

ECHO_SECONDS = (0.2, 0.9)
"""How long the echo takes to fall by 60 dB: from a living room to a hall (s)."""

QUALITIES = (15, 60)
"""Range of JPEG qualities."""

BLUR = (0.3, 1.5)
"""Range of standard deviations of the blur, in 96ths of the picture's side."""


@dataclass(frozen=True)
class PictureChange:
    """What is done to every frame of one segment; the defaults do nothing.

    Attributes:
      box: the square that is seen.
      flip: whether left and right change places.
      brightness: factor of every value.
      contrast: factor of the distance from the segment's mean brightness.
      saturation: factor of the distance from grey.
      blur: standard deviation of a Gaussian (pixels of the result); 0 for none.
      quality: of a JPEG round trip; 0 for none.
    """

    box: Box
    flip: bool = False
    brightness: float = 1.0
    contrast: float = 1.0
    saturation: float = 1.0
    blur: float = 0.0
    quality: int = 0


def draw_change(
    height: int, width: int, view: ViewConfig, size: int, config: AugmentConfig, rng: np.random.Generator
) -> PictureChange:
    """One random change for pictures stored at `height` x `width` and seen at `size` (pixels).

    As many numbers are drawn whatever is switched off, so that a switch leaves the other changes alone.
    """
    box = seen_box(height, width, view)
    right, down, wider, brightness, contrast, saturation = rng.uniform(-1, 1, 6).tolist()
    flip, blur, compression = (rng.random(3) < (config.flip, config.blur, config.compression)).tolist()
    sigma, quality = float(rng.uniform(*BLUR)) * size / 96, int(rng.integers(QUALITIES[0], QUALITIES[1] + 1))
    side = box.side * (1 + config.scale * wider)
    grown = (box.side - side) / 2
    moved = config.shift * box.side
    return PictureChange(
        box=Box(box.left + grown + moved * right, box.top + grown + moved * down, side),
        flip=flip,
        brightness=1 + config.colour * brightness,
        contrast=1 + config.colour * contrast,
        saturation=1 + config.colour * saturation,
        blur=sigma if blur else 0.0,
        quality=quality if compression else 0,
    )


@dataclass(frozen=True)
class SoundChange:
    """What is done to the sound of one segment; the defaults do nothing.

    Attributes:
      noise: level of the noise, the voice's being 1 (root mean squares); 0 for none.
      music: level of another clip's sound, likewise.
      gain: change of loudness (dB) before a recorder clips; the loudness itself is normalised away.
      pink: whether the noise is pink, not white.
      seed: of the noise, and of the echo.
      echo: level of a room's echo, likewise.
      echo_seconds: how long it takes to fall by 60 dB.
    """

    noise: float = 0.0
    music: float = 0.0
    gain: float = 0.0
    pink: bool = False
    seed: int = 0
    echo: float = 0.0
    echo_seconds: float = ECHO_SECONDS[0]


def draw_sound_change(config: AugmentConfig, rng: np.random.Generator) -> SoundChange:
    """One random change; as many numbers are drawn whatever is switched off."""
    noisy, musical = (rng.random(2) < (config.noise, config.music)).tolist()
    below_noise, below_music = rng.uniform(*BELOW_VOICE, 2).tolist()
    gain = config.gain * float(rng.uniform(-1, 1))
    pink, seed = bool(rng.random() < 0.5), int(rng.integers(2**31))
    echoing = rng.random() < config.echo
    below_echo, echo_seconds = float(rng.uniform(*ECHO_BELOW_VOICE)), float(rng.uniform(*ECHO_SECONDS))
    return SoundChange(
        noise=10 ** (-below_noise / 20) if noisy else 0.0,
        music=10 ** (-below_music / 20) if musical else 0.0,
        gain=gain,
        pink=pink,
        seed=seed,
        echo=10 ** (-below_echo / 20) if echoing else 0.0,
        echo_seconds=echo_seconds,
    )
