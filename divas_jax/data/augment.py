"""Changes to pictures and sound while training.

One draw holds for a whole segment, so that nothing moves that did not move
before, and no change moves sound against picture.
"""

import io
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image, ImageFilter

from divas_jax.config import AugmentConfig, ViewConfig
from divas_jax.data.view import Box, cut, seen_box
from divas_jax.data.windows import root_mean_square

HALVED_FROM = Fraction(48)
"""Frame rate (frames/s) from which a clip may lose every second frame."""

LUMA = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in brightness (ITU-R BT.601)."""

BELOW_VOICE = (5.0, 30.0)
"""How far noise and music are below the voice (dB)."""

QUALITIES = (15, 60)
"""Range of JPEG qualities."""

BLUR = (0.3, 1.5)
"""Range of standard deviations of the blur, in 96ths of the picture's side."""

NOISE_BLOCK = 1 << 16
"""Samples of noise that are made; longer sound repeats them."""


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


def changed_pictures(
    frames: UInt8[np.ndarray, "n H W 3"], change: PictureChange, size: int
) -> UInt8[np.ndarray, "n size size 3"]:
    """What the model sees of a segment's stored frames after one change."""
    frames = cut(frames, change.box, size)
    if change.flip:
        frames = frames[:, :, ::-1]
    coloured = (change.brightness, change.contrast, change.saturation) != (1.0, 1.0, 1.0)
    if not (coloured or change.blur or change.quality) or not len(frames):
        return frames
    matrix = _colour_matrix(change, float(frames[0].mean(axis=(0, 1)) @ LUMA)) if coloured else None
    out = np.empty(frames.shape, np.uint8)
    for index, frame in enumerate(frames):
        image = Image.fromarray(np.ascontiguousarray(frame))
        if matrix is not None:
            image = image.convert("RGB", matrix)
        if change.blur:
            image = image.filter(ImageFilter.GaussianBlur(change.blur))
        out[index] = np.asarray(_compressed(image, change.quality) if change.quality else image)
    return out


def changed_sound(
    samples: Float32[np.ndarray, " S"],
    config: AugmentConfig,
    rng: np.random.Generator,
    music: Float32[np.ndarray, " N"] | None = None,
) -> Float32[np.ndarray, " S"]:
    """A clip's sound with music and noise under it, louder or softer; every sample stays at its time.

    Args:
      samples: of the whole clip.
      config: chances and ranges.
      rng: source of chance.
      music: another clip's sound, taken at this clip's rate as it is and repeated; None for none.

    Returns:
      As many samples. Where a gain drives them beyond [-1, 1] they are clipped, as a recorder does: the
      loudness itself is normalised away afterwards.
    """
    noisy, pink = rng.random() < config.noise, rng.random() < 0.5
    below_noise, below_music = rng.uniform(*BELOW_VOICE, 2)
    gain = config.gain * rng.uniform(-1, 1)
    voice = root_mean_square(samples)
    if music is not None and len(music):
        samples = samples + _scaled(music, len(samples), voice, below_music, rng)
    if noisy:
        noise = _pink_noise(rng) if pink else rng.standard_normal(NOISE_BLOCK, np.float32)
        samples = samples + _scaled(noise, len(samples), voice, below_noise, rng)
    return samples if gain == 0 else np.clip(samples * np.float32(10 ** (gain / 20)), -1, 1)


def _colour_matrix(change: PictureChange, mean: float) -> tuple[float, ...]:
    """Rows of (red, green, blue, constant): saturation, then contrast about `mean`, then brightness."""
    mix = change.saturation * np.eye(3) + (1 - change.saturation) * np.tile(LUMA, (3, 1))
    scaled = change.brightness * change.contrast * mix
    constant = np.full((3, 1), change.brightness * (1 - change.contrast) * mean)
    return tuple(np.hstack([scaled, constant]).ravel().tolist())


def _compressed(image: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file)


def _scaled(
    sound: Float32[np.ndarray, " N"], count: int, voice: float, below: float, rng: np.random.Generator
) -> Float32[np.ndarray, " S"]:
    """`count` samples of repeated `sound` from a random one on, `below` dB under the voice."""
    first = int(rng.integers(len(sound)))
    level = root_mean_square(sound)
    factor = voice * 10 ** (-below / 20) / level if level > 0 else 0.0
    return np.resize(np.roll(sound, -first), count) * np.float32(factor)


def _pink_noise(rng: np.random.Generator) -> Float32[np.ndarray, " N"]:
    spectrum = np.fft.rfft(rng.standard_normal(NOISE_BLOCK))
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 16))  # flat below 12 Hz at 48 kHz: nothing to hear there
    return np.fft.irfft(spectrum, NOISE_BLOCK).astype(np.float32)
