"""Moves and stretches sound: pieces to new places, to the sample, and the whole by a ratio near one."""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import av
import numpy as np
import soxr
from jaxtyping import Float32

from divas_jax.media.sound import all_channels
from divas_jax.rates import nearest

FADE = Fraction(5, 1000)
"""At a cut the sound fades out and in (s), so that it does not click."""

_BLOCK = 1 << 16


class Part(NamedTuple):
    """Samples from `first` up to `last` (None: the end), which shall begin at sample `at`."""

    first: int
    last: int | None
    at: int


def placed(
    blocks: Iterable[Float32[np.ndarray, "S C"]], parts: Sequence[Part], sample_rate: int
) -> Iterator[Float32[np.ndarray, "S C"]]:
    """Sound whose parts lie elsewhere. What no part covers is silent; where one part meets another, both fade.

    Nothing is added at the end: sound that comes earlier ends earlier.

    Args:
      blocks: samples of all channels, from sample 0 on.
      parts: in order, here and there, without overlap.
      sample_rate: Hz.
    """
    out = position = channels = 0
    for block in blocks:
        channels = block.shape[1]
        for number, part in enumerate(parts):
            first = max(part.first, position)
            last = min(position + len(block), position + len(block) if part.last is None else part.last)
            if first >= last:
                continue
            gain = _gain(np.arange(first, last), part, number > 0, nearest(FADE * sample_rate))
            at = part.at + first - part.first
            yield from _silence(at - out, channels)
            yield block[first - position : last - position] * gain[:, None]
            out = at + last - first
        position += len(block)


def _gain(place: np.ndarray, part: Part, fades_in: bool, fade: int) -> Float32[np.ndarray, " S"]:
    rising = (place - part.first + 1) / (fade + 1) if fades_in else np.ones(len(place))
    falling = np.ones(len(place)) if part.last is None else (part.last - place) / (fade + 1)
    return np.clip(np.minimum(rising, falling), 0, 1).astype(np.float32)


def _silence(count: int, channels: int) -> Iterator[Float32[np.ndarray, "S C"]]:
    for done in range(0, count, _BLOCK):
        yield np.zeros((min(_BLOCK, count - done), channels), np.float32)


def stretched(
    blocks: Iterable[Float32[np.ndarray, "S C"]], ratio: float, channels: int
) -> Iterator[Float32[np.ndarray, "S C"]]:
    """Sound that lasts `ratio` times as long, and sounds that much lower: as if it were played at another rate.

    Args:
      blocks: samples of all channels.
      ratio: seconds that a second of it shall last.
      channels: how many.
    """
    resampler = soxr.ResampleStream(1.0, ratio, channels, dtype="float32", quality="VHQ")
    for block in blocks:
        yield resampler.resample_chunk(np.ascontiguousarray(block))
    yield resampler.resample_chunk(np.zeros((0, channels), np.float32), last=True)


def stretched_at_pitch(
    blocks: Iterable[Float32[np.ndarray, "S C"]], ratio: float, sample_rate: int, layout: str
) -> Iterator[Float32[np.ndarray, "S C"]]:
    """Sound that lasts `ratio` times as long at the same pitch (FFmpeg's atempo): good to a few ms, not to a sample.

    Args:
      blocks: samples of all channels.
      ratio: seconds that a second of it shall last.
      sample_rate: Hz.
      layout: FFmpeg's name of the channels, for example "stereo".
    """
    graph: Any = av.filter.Graph()
    source = graph.add_abuffer(format="flt", sample_rate=sample_rate, layout=layout, time_base=Fraction(1, sample_rate))
    graph.link_nodes(source, graph.add("atempo", f"{1 / ratio:.9f}"), graph.add("abuffersink")).configure()
    count = 0
    for block in blocks:
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block).reshape(1, -1), "flt", layout)
        frame.sample_rate, frame.pts, frame.time_base = sample_rate, count, Fraction(1, sample_rate)
        count += len(block)
        graph.push(frame)
        yield from _pulled(graph)
    graph.push(None)
    yield from _pulled(graph)


def _pulled(graph: Any) -> Iterator[Float32[np.ndarray, "S C"]]:
    while True:
        try:
            yield all_channels(graph.pull())
        except (av.error.BlockingIOError, av.error.EOFError):
            return
