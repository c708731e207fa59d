"""Speed of what feeds the model: decoding and the training stream."""

import io
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from divas_jax.config import Config, DataConfig, ModelConfig, ViewConfig
from divas_jax.data.stream import training_stream
from divas_jax.media.decode import decode_clip
from divas_jax.media.encode import encode_clip
from divas_jax.talkers import TalkerSource, make_talker

CLIPS = 8
"""Decoded in a round."""


def decode_rates(rounds: int) -> tuple[float, float]:
    """Clips of 4 s a second of processor time: as the loader decodes them, and by PyAV alone.

    They are stored crops of 128x128 pixels, picture and sound; PyAV alone makes RGB of the pictures and arrays of the
    sound, and asks nothing.
    """
    media = encode_clip(make_talker(0, fps=Fraction(25), sample_rate=16_000, size=128))
    ways: tuple[Callable[[bytes], object], ...] = (decode_clip, _decode_alone)
    best = [float("inf")] * len(ways)
    for _ in range(rounds + 1):
        for place, decode in enumerate(ways):
            begin = time.process_time()
            for _ in range(CLIPS):
                decode(media)
            best[place] = min(best[place], (time.process_time() - begin) / CLIPS)
    return 1 / best[0], 1 / best[1]


def _decode_alone(media: bytes) -> list[np.ndarray]:
    scaler = VideoReformatter()  # one for all pictures: a new one each costs more than decoding
    with av.open(io.BytesIO(media), "r") as file:
        file.streams.video[0].thread_type = "NONE"
        frames: Any = file.decode(file.streams.video[0], file.streams.audio[0])  # of no subtitles
        return [
            scaler.reformat(frame, format="rgb24").to_ndarray()
            if isinstance(frame, av.VideoFrame)
            else frame.to_ndarray()
            for frame in frames
        ]


def stream_rate(rounds: int) -> float:
    """Windows a second of the quickstart's stream from eight talkers in memory, all its threads together."""
    config = Config(
        model=ModelConfig(dim=96, size=48),
        view=ViewConfig(crop=0.5),
        data=DataConfig(rungs=((6, 75),), max_fps=31.0),
    )
    talkers = TalkerSource(8, "train", rates=(Fraction(25), Fraction(30)))
    records = [talkers[index] for index in range(8)]
    best = 0.0
    with training_stream(records, config) as batches:
        for _ in range(8):
            next(batches)  # what waits already is not measured
        for _ in range(rounds):
            begin = time.perf_counter()
            windows = sum(int(next(batches).segments.draw.segments.pictures.window_mask.sum()) for _ in range(4))
            best = max(best, windows / (time.perf_counter() - begin))
    return best
