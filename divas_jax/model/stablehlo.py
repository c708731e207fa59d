"""The two encoders as StableHLO programs that hold their weights and need none of this package's code."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import export

from divas_jax.clip import PictureBatch, Rung, SoundBatch
from divas_jax.config import ModelConfig
from divas_jax.model.parameters import embed_pictures, embed_sounds
from divas_jax.model.shapes import Parameters

PLATFORMS = ("cpu", "cuda", "tpu")

_PICTURES = {
    "frames": ("uint8", "b t size size 3", "RGB pictures, the square that the model sees"),
    "times": ("float32", "b t", "presentation time of each frame in seconds since the row's first"),
    "frame_mask": ("bool", "b t", "which frames are real"),
    "start": ("int32", "b w", "first frame of each window"),
    "length": ("int32", "b", "frames in {seconds:g} s: round({seconds:g} * frame rate), at most `longest`"),
    "window_mask": ("bool", "b w", "which windows are real"),
}
_SOUNDS = {
    "samples": ("float32", "b s", "mono sound, scaled so that the root mean square of the whole clip is 1"),
    "sample_rate": ("float32", "b", "samples per second"),
    "start": ("int32", "b w", "first sample of each window"),
    "lead": ("float32", "b w", "time of that sample minus the window's start in seconds"),
    "length": ("int32", "b", "patches of 128 samples in {seconds:g} s, rounded down, at most `longest`"),
    "window_mask": ("bool", "b w", "which windows are real"),
}


def encoder_programs(
    model: ModelConfig, rungs: Sequence[Rung], parameters: Parameters, platforms: Sequence[str] = PLATFORMS
) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Both encoders, for the largest windows of the ladder, as `jax.export` serialises them.

    Batch b, windows w, frames t and samples s are free; what they mean, and in
    which order arguments come, is in the description.

    Args:
      model: the encoders.
      rungs: what they were trained on; the largest sets the longest windows.
      parameters: become constants of the programs.
      platforms: that the programs run on; none of them needs to be here.

    Returns:
      The programs by file name, and their description for JSON.
    """
    frames, patches = max(rung.frames for rung in rungs), max(rung.patches for rung in rungs)

    def pictures(*arrays: jax.Array) -> jax.Array:
        return embed_pictures(model, parameters, PictureBatch(*arrays), frames)

    def sounds(*arrays: jax.Array) -> jax.Array:
        return embed_sounds(model, parameters, SoundBatch(*arrays), patches)

    programs = {
        "pictures.stablehlo": _program(pictures, _PICTURES, "b, t, w", model.size, platforms),
        "sounds.stablehlo": _program(sounds, _SOUNDS, "b, s, w", model.size, platforms),
    }
    description = {
        "made_by": f"jax.export of jax {jax.__version__}; read by jax.export.deserialize(bytes).call(*arguments)",
        "platforms": list(platforms),
        "pictures": _described("pictures.stablehlo", _PICTURES, frames, model),
        "sounds": _described("sounds.stablehlo", _SOUNDS, patches, model),
    }
    return programs, description


def _program(
    embed: Callable[..., jax.Array],
    arguments: dict[str, tuple[str, str, str]],
    free: str,
    size: int,
    platforms: Sequence[str],
) -> bytes:
    sizes = dict(zip(free.split(", "), export.symbolic_shape(free), strict=True)) | {"size": size, "3": 3}
    shapes = [
        jax.ShapeDtypeStruct([sizes[axis] for axis in axes.split()], jnp.dtype(dtype))
        for dtype, axes, _ in arguments.values()
    ]
    return bytes(export.export(jax.jit(embed), platforms=platforms)(*shapes).serialize())


def _described(
    file: str, arguments: dict[str, tuple[str, str, str]], longest: int, model: ModelConfig
) -> dict[str, Any]:
    size = str(model.size)
    return {
        "file": file,
        "longest": longest,
        "arguments": [
            {
                "name": name,
                "dtype": dtype,
                "shape": axes.replace("size", size).split(),
                "meaning": meaning.format(seconds=model.seconds),
            }
            for name, (dtype, axes, meaning) in arguments.items()
        ],
        "result": {
            "dtype": "float32",
            "shape": ["b", "w", str(model.embedding)],
            "meaning": "one embedding a window",
        },
    }
