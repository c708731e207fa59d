"""Speed of what feeds the model: decoding and the training stream."""

import time
from fractions import Fraction

from divas_jax.config import Config, DataConfig, ModelConfig, ViewConfig
from divas_jax.data.stream import training_stream
from divas_jax.media.decode import decode_clip
from divas_jax.media.encode import encode_clip
from divas_jax.talkers import TalkerSource, make_talker


def decode_rate(rounds: int) -> float:
    """Frames a second of processor time on one thread, picture and sound of a 96x96 clip of 4 s."""
    media = encode_clip(make_talker(0, fps=Fraction(25), sample_rate=16_000, size=96))
    best = 0.0
    for _ in range(rounds + 1):
        begin = time.process_time()
        count = len(decode_clip(media).frames)
        best = max(best, count / (time.process_time() - begin))
    return best


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
