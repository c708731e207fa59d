"""Media files gone wrong, and a judge that costs nothing: what `divas score` must survive."""

import random
from collections.abc import Iterator
from fractions import Fraction

import jax

from divas_jax.config import Config, DataConfig, EvaluateConfig, ModelConfig
from divas_jax.judging.judge import Judge
from divas_jax.media.encode import encode_clip
from divas_jax.model.parameters import initial_parameters
from divas_jax.talkers import make_talker

CONTAINERS = ("mp4", "mov", "matroska", "webm", "mpegts", "flv")


def tiny_judge() -> Judge:
    """A model of no worth, quickly made."""
    model = ModelConfig(dim=12, layers=1, heads=3, mlp=12, size=16)
    config = Config(model=model, data=DataConfig(rungs=((6, 75),)), evaluate=EvaluateConfig(windows=8))
    return Judge(config, initial_parameters(model, jax.random.key(0)))


def sound_files() -> dict[str, bytes]:
    """One small file of each container."""
    clip = make_talker(1, fps=Fraction(25), sample_rate=16000, duration=Fraction(3, 2), size=96, distractions=False)
    return {kind: encode_clip(clip, container=kind) for kind in CONTAINERS}


def mutants(count: int, seed: int = 0) -> Iterator[tuple[str, bytes]]:
    """`count` files with names that say what was done to them; the same ones every time."""
    rng, files = random.Random(seed), sound_files()
    ways = (_truncated, _flipped, _overwritten, _blanked, _huge_numbers, _doubled, _swapped_head, _noise)
    for index in range(count):
        kind = CONTAINERS[index % len(CONTAINERS)]
        way = ways[index // len(CONTAINERS) % len(ways)]
        data = bytearray(files[kind])
        other = files[rng.choice(CONTAINERS)]
        yield f"{index:03d}{way.__name__}.{kind}", bytes(way(data, other, rng))


def _truncated(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    return data[: rng.randrange(1, len(data))]


def _flipped(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    for _ in range(rng.choice((1, 10, 100, 1000))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return data


def _overwritten(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    """Bytes near the start: sizes, rates and codecs live there."""
    for _ in range(rng.choice((1, 4, 16))):
        data[rng.randrange(min(4096, len(data)))] = rng.randrange(256)
    return data


def _blanked(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    start, length = rng.randrange(len(data)), rng.randrange(1, 5000)
    data[start : start + length] = bytes(len(data[start : start + length]))
    return data


def _huge_numbers(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    """Absurd sizes, counts, rates and times: all ones, or nearly, where some number stands."""
    for _ in range(rng.choice((1, 3))):
        place = rng.randrange(max(1, len(data) - 8))
        data[place : place + 4] = rng.choice((b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x00\x00\xff\xff", bytes(4)))
    return data


def _doubled(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    place = rng.randrange(len(data))
    return data[:place] + data[place // 2 :]


def _swapped_head(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    place = rng.randrange(16, 2048)
    return bytearray(other[:place]) + data[place:]


def _noise(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    return data[: rng.randrange(8, 64)] + bytearray(rng.randbytes(rng.randrange(1, 20_000)))
