"""Clips whose pictures and sounds tell the time, and an oracle that reads it: a perfect model, end to end."""

from fractions import Fraction

import numpy as np

from divas_jax.clip import Clip
from divas_jax.config import Config, EvaluateConfig, ModelConfig, ViewConfig
from divas_jax.data.clip_record import ClipRecord

NTSC = {"23.976": Fraction(24000, 1001), "29.97": Fraction(30000, 1001), "59.94": Fraction(60000, 1001)}
APART = 1024
"""Samples between the two whose ratio tells the time."""


def time_clip(fps=Fraction(25), seconds=Fraction(3), sample_rate=16000, variable=False, name="clip", noise=None):
    """Frame colours count tenths of a millisecond, samples are a ramp; `noise` is a seed for random media instead."""
    count = int(seconds * fps)
    time_base, pts = 1 / fps, np.arange(count)
    if variable:
        time_base = Fraction(1, 90000)
        intervals = np.random.default_rng(0).integers(1500, 4500, count)
        pts = np.cumsum(intervals) - intervals[0]
        fps = 1 / (int(np.median(intervals)) * time_base)
    times = (pts * float(time_base) * 1e4).round().astype(np.int64)
    colours = np.stack([times >> 16, times >> 8 & 255, times & 255], -1).astype(np.uint8)
    frames = np.broadcast_to(colours[:, None, None, :], (count, 16, 16, 3)).copy()
    length = int((pts[-1] * time_base + 1 / fps) * sample_rate)
    samples = ((np.arange(length) + 5000) / 2**20).astype(np.float32)
    if noise is not None:
        random = np.random.default_rng(noise)
        frames = random.integers(0, 256, (count, 48, 48, 3), dtype=np.uint8)
        samples = random.standard_normal(length).astype(np.float32) * np.float32(0.1)
    return Clip(
        frames, pts.astype(np.int64), time_base, samples, sample_rate, fps, constant_rate=not variable, name=name
    )


def tell_picture_time(config, length, parameters, batch):
    """Stands in for the picture encoder: the time (s) of each window's first frame."""
    first = np.take_along_axis(np.asarray(batch.frames)[:, :, 0, 0, :].astype(np.int64), batch.start[..., None], 1)
    return _embedding(config, (first * [65536, 256, 1]).sum(-1) * 1e-4)


def tell_sound_time(config, length, parameters, batch):
    """Stands in for the sound encoder: the time (s) of each window's first sample, from a ratio that no gain moves."""
    start = np.minimum(batch.start, batch.samples.shape[1] - APART - 1)
    one, other = (np.take_along_axis(batch.samples.astype(np.float64), start + step, 1) for step in (0, APART))
    with np.errstate(divide="ignore", invalid="ignore"):
        sample = APART * one / (other - one) - 5000
    seconds = sample / batch.sample_rate[:, None] - batch.lead
    return _embedding(config, np.where(batch.window_mask, seconds, 0.0))


HANDS = np.array([0.37, 1.1, 1.9, 2.7])
"""Turns a second of the clock that is embedded: its distances grow for a few frames and stay, as a model's do."""


def _embedding(config, seconds):
    angles = 2 * np.pi * seconds[..., None] * HANDS
    hands = np.concatenate([np.cos(angles), np.sin(angles)], -1)
    return np.concatenate([hands, np.zeros((*seconds.shape, config.dim - hands.shape[-1]))], -1).astype(np.float32)


class Records:
    """A `ClipSource` of clips in memory, and the function that decodes it; counts how often."""

    def __init__(self, clips):
        self.clips = {clip.name: clip for clip in clips}
        self.decoded = []

    def __len__(self):
        return len(self.clips)

    def __getitem__(self, index):
        clip = list(self.clips.values())[index]
        seconds = float(len(clip.frames) / clip.fps)
        return ClipRecord(
            clip.name, b"", clip.fps, len(clip.frames), clip.constant_rate, clip.sample_rate, seconds, "who", "made"
        )

    def decode(self, record):
        self.decoded.append(record.name)
        return self.clips[record.name]


def every_rate(seconds=Fraction(3), noise=None):
    """One clip at each kind of rate, of different lengths."""
    rates = [NTSC["23.976"], Fraction(25), NTSC["29.97"], Fraction(60), Fraction(30)]
    sample_rates = [16000, 48000, 44100, 22050, 16000]
    return [
        time_clip(
            fps,
            seconds + Fraction(index, 5),
            sample_rate,
            variable=index == 4,
            name=f"clip{index}",
            noise=None if noise is None else noise + index,
        )
        for index, (fps, sample_rate) in enumerate(zip(rates, sample_rates, strict=True))
    ]


def small_config(dim=24, **evaluate):
    """A model that is quick to run."""
    return Config(
        model=ModelConfig(dim=dim, layers=1, mlp=32, size=48),
        view=ViewConfig(stored=1.0),
        evaluate=EvaluateConfig(**({"trials": 4, "segments": 2, "windows": 16} | evaluate)),
    )
