"""Clips of a few pictures, files that nobody reads, and manifests."""

import csv
from fractions import Fraction

import numpy as np

from divas_jax.clip import Clip


def made_up(frames=10, side=48, level=0.3, fps=Fraction(25), sample_rate=16_000):
    rng = np.random.default_rng(frames)
    seconds = Fraction(frames) / fps
    return Clip(
        frames=rng.integers(0, 255, (frames, side, side, 3), dtype=np.uint8),
        frame_pts=np.arange(frames) * fps.denominator,
        time_base=Fraction(1, fps.numerator),
        samples=(level * np.sin(np.arange(int(seconds * sample_rate)) / 5)).astype(np.float32),
        sample_rate=sample_rate,
        fps=fps,
    )


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"not read yet")


def write_manifest(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as text:
        table = csv.DictWriter(text, rows[0])
        table.writeheader()
        table.writerows(rows)
