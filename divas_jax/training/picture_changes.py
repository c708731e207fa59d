"""What `data/augment.py` draws for a segment's pictures, done to them: cut, flip, colour, blur, JPEG artefacts."""

import functools
import io

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, UInt8
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from divas_jax.config import AugmentConfig
from divas_jax.data.augment import LUMA
from divas_jax.data.draws import PictureDraw
from divas_jax.data.view import GREY

HIGHEST = jax.lax.Precision.HIGHEST
"""Grey levels need more than the eight bits that matrix units take by default."""

BLOCK = 8
"""Side of the blocks that JPEG transforms (pixels)."""

SHARPEST = 1e-3
"""Standard deviation of a blur that blurs nothing (pixels)."""

CUBIC = -0.5
"""Free parameter of the bicubic kernel; Pillow's."""

LEVEL = np.array([128.0, 0.0, 0.0], np.float32)[:, None, None]
"""What JPEG takes from brightness before it transforms and rounds."""

TO_LUMA_CHROMA = np.array([LUMA, [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]], np.float32)
"""Red, green and blue to brightness and two colour differences (JFIF)."""


def changed(
    frames: UInt8[Array, "T R R 3"], draw: PictureDraw, size: int, augment: AugmentConfig
) -> UInt8[Array, "T {size} {size} 3"]:
    """What the model sees of one row's kept frames. What `augment` never does is not computed.

    Args:
      frames: the row's frames.
      draw: of one row (no leading axis).
      size: of the result (pixels).
      augment: what may happen.
    """
    side = frames.shape[1]
    rows = resampling(side, draw.box[1], draw.box[2], size)
    columns = resampling(side, draw.box[0], draw.box[2], size)
    columns = jnp.where(draw.flip, columns[::-1], columns)
    if augment.blur:
        blur = blurring(size, draw.blur)
        rows, columns = jnp.matmul(blur, rows, precision=HIGHEST), jnp.matmul(blur, columns, precision=HIGHEST)
    pictures = frames.astype(jnp.float32) - GREY
    pictures = jnp.einsum("oy,tyxc->toxc", rows, pictures, precision=HIGHEST)
    pictures = jnp.einsum("px,toxc->topc", columns, pictures, precision=HIGHEST) + GREY
    if augment.colour:
        pictures = _coloured(pictures, draw.colour)
    if augment.compression:
        pictures = jnp.where(draw.quality > 0, _compressed(rounded(pictures), draw.quality), pictures)
    return rounded(pictures).astype(jnp.uint8)


def resampling(
    side: int, start: Float[Array, ""], length: Float[Array, ""], size: int
) -> Float[Array, "{size} {side}"]:
    """Bicubic weights that bring `length` pixels from `start` on to `size`; what lies outside counts as 0."""
    margin = side
    pixels = jnp.arange(-margin, side + margin) + 0.5
    centres = start + (jnp.arange(size) + 0.5) * length / size
    x = jnp.abs(pixels - centres[:, None]) / jnp.maximum(length / size, 1.0)
    inner = ((CUBIC + 2) * x - (CUBIC + 3)) * x**2 + 1
    outer = CUBIC * (((x - 5) * x + 8) * x - 4)
    weights = jnp.where(x < 1, inner, jnp.where(x < 2, outer, 0.0))
    return (weights / weights.sum(axis=1, keepdims=True))[:, margin : margin + side]


def blurring(size: int, sigma: Float[Array, ""]) -> Float[Array, "{size} {size}"]:
    """Weights of a Gaussian blur along one side; rows sum to 1 at the edges too."""
    distance = jnp.arange(size) - jnp.arange(size)[:, None]
    return jax.nn.softmax(-(distance**2) / (2 * jnp.maximum(sigma, SHARPEST) ** 2), axis=1)


def _coloured(pictures: Float[Array, "T S S 3"], colour: Float[Array, "3"]) -> Float[Array, "T S S 3"]:
    """Saturation, then contrast about the first frame's mean brightness, then brightness."""
    brightness, contrast, saturation = colour
    luma = jnp.asarray(LUMA, jnp.float32)
    mean = rounded(pictures[0]).mean(axis=(0, 1)) @ luma
    grey = (pictures @ luma)[..., None]
    pictures = saturation * pictures + (1 - saturation) * grey
    return rounded(brightness * (contrast * pictures + (1 - contrast) * mean))


def _compressed(pictures: Float[Array, "T S S 3"], quality: Float[Array, ""]) -> Float[Array, "T S S 3"]:
    """A JPEG round trip without its entropy coding (which loses nothing) and with full colour resolution."""
    time, size = pictures.shape[:2]
    padded = -size % BLOCK
    planes = jnp.einsum("pc,tyxc->tpyx", TO_LUMA_CHROMA, pictures, precision=HIGHEST) - LEVEL
    planes = jnp.pad(planes, ((0, 0), (0, 0), (0, padded), (0, padded)), mode="edge")
    count = (size + padded) // BLOCK
    blocks = planes.reshape(time, 3, count, BLOCK, count, BLOCK)
    wave = _cosines()
    waves = jnp.einsum("uy,tpaybx,vx->tpaubv", wave, blocks, wave, precision=HIGHEST)
    steps = _steps(quality)[:, None, :, None, :]
    waves = jnp.round(waves / steps) * steps
    blocks = jnp.einsum("uy,tpaubv,vx->tpaybx", wave, waves, wave, precision=HIGHEST)
    planes = blocks.reshape(time, 3, size + padded, size + padded)[:, :, :size, :size]
    return jnp.einsum("cp,tpyx->tyxc", np.linalg.inv(TO_LUMA_CHROMA), planes + LEVEL, precision=HIGHEST)


def _steps(quality: Float[Array, ""]) -> Float[Array, "3 8 8"]:
    """Size of a quantisation step of each plane and wave, as encoders derive it from a quality of 1 to 100."""
    quality = jnp.clip(quality, 1, 100)
    scale = jnp.where(quality < 50, 5000 / quality, 200 - 2 * quality)
    return jnp.clip(jnp.floor((_tables() * scale + 50) / 100), 1, 255)


@functools.cache
def _tables() -> np.ndarray:
    """The standard's example tables, which encoders take at quality 50 as they are: brightness, colour, colour."""
    file = io.BytesIO()
    Image.new("RGB", (BLOCK, BLOCK)).save(file, "JPEG", quality=50)
    with Image.open(file) as image:
        assert isinstance(image, JpegImageFile)
        bright, colour = (np.asarray(image.quantization[plane], np.float32).reshape(BLOCK, BLOCK) for plane in (0, 1))
    return np.stack([bright, colour, colour])


@functools.cache
def _cosines() -> np.ndarray:
    """The orthonormal discrete cosine transform of one side of a block."""
    wave, pixel = np.mgrid[:BLOCK, :BLOCK]
    cosines = np.cos((2 * pixel + 1) * wave * np.pi / (2 * BLOCK)) * np.sqrt(2 / BLOCK)
    cosines[0] /= np.sqrt(2)
    return cosines.astype(np.float32)


def rounded(pictures: Float[Array, "*any"]) -> Float[Array, "*any"]:
    """Whole grey levels from 0 to 255."""
    return jnp.clip(jnp.round(pictures), 0, 255)
