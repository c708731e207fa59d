"""A source-filter voice: glottal pulses and noise through formants that move (after Klatt, 1980)."""

import numpy as np
from jaxtyping import Float, Float32
from scipy.signal import sosfilt

from divas_jax.talkers.articulation import Articulation, Tracks

BLOCK = 0.004
"""Time (s) for which the filters stand still."""

_BANDWIDTHS = (70.0, 90.0, 130.0, 220.0, 320.0)
_SILENT = 1e-5
_UPPER_FORMANTS = (3500.0, 4500.0)


def make_voice(
    articulation: Articulation, samples: int, sample_rate: int, rng: np.random.Generator, start: float = 0.0
) -> Float32[np.ndarray, " S"]:
    """The talk as sound: sample n is what the throat does at `start` + n / sample_rate seconds.

    Returns:
      `samples` mono samples at `sample_rate` Hz, with a peak of 1 at most.
    """
    tracks = articulation.at(start + np.arange(samples) / sample_rate)
    noise = rng.standard_normal(samples)
    source = _glottal_source(articulation, tracks, sample_rate, noise, rng)
    block = max(1, round(BLOCK * sample_rate))
    middles = np.minimum(np.arange(0, samples, block) + block // 2, samples - 1)
    middle = Tracks(*(track[middles] for track in tracks))
    voiced = _filter_blocks(source, _formant_sections(middle, articulation.speaker.tract, sample_rate), block)
    hiss = _filter_blocks(noise * tracks.hiss, _hiss_sections(middle, sample_rate), block)
    sound = voiced + hiss
    return (sound / max(1e-9, float(np.abs(sound).max()))).astype(np.float32)


def _glottal_source(
    articulation: Articulation,
    tracks: Tracks,
    sample_rate: int,
    noise: Float[np.ndarray, " S"],
    rng: np.random.Generator,
) -> Float[np.ndarray, " S"]:
    """Derivative of the air flow through the vocal folds, with breath in it."""
    speaker = articulation.speaker
    cycles = np.cumsum(tracks.pitch) / sample_rate + rng.random()
    whole = np.floor(cycles).astype(np.int64)
    shimmer = rng.lognormal(0, 2 * speaker.roughness, whole[-1] + 1)
    flow = _rosenberg(cycles - whole) * shimmer[whole]
    pulses = np.diff(flow, prepend=flow[0]) * sample_rate / (2 * np.pi * tracks.pitch)
    if speaker.tilt > 0:
        fall = np.exp(-2 * np.pi * (4500 - 3500 * speaker.tilt) / sample_rate)
        pulses = sosfilt([[1 - fall, 0, 0, 1, -fall, 0]], pulses)
    return tracks.voicing * (pulses + speaker.breathiness * flow * noise) + tracks.breath * noise


def _rosenberg(phase: Float[np.ndarray, " S"], rise: float = 0.42, fall: float = 0.18) -> Float[np.ndarray, " S"]:
    """Rosenberg's glottal pulse: a slow opening, a quick closing, then shut until the next cycle."""
    opening = 0.5 * (1 - np.cos(np.pi * phase / rise))
    closing = np.cos(0.5 * np.pi * np.minimum(1.0, (phase - rise) / fall))
    return np.where(phase < rise, opening, np.where(phase < rise + fall, closing, 0.0))


def _formant_sections(middle: Tracks, tract: float, sample_rate: int) -> Float[np.ndarray, "K 5 6"]:
    """Five resonators in cascade for every block, each with gain 1 at 0 Hz."""
    count = len(middle.f1)
    upper = [np.full(count, formant * tract) for formant in _UPPER_FORMANTS]
    formants = np.minimum(np.stack([middle.f1, middle.f2, middle.f3, *upper], axis=1), 0.46 * sample_rate)
    widths = np.array(_BANDWIDTHS) * (1 + 0.4 * (1 - np.clip(middle.opening, 0, 1))[:, None])
    radius = np.exp(-np.pi * widths / sample_rate)
    first = -2 * radius * np.cos(2 * np.pi * formants / sample_rate)
    second = radius**2
    zero, one = np.zeros_like(first), np.ones_like(first)
    return np.stack([1 + first + second, zero, zero, one, first, second], axis=2)


def _hiss_sections(middle: Tracks, sample_rate: int) -> Float[np.ndarray, "K 1 6"]:
    """One wide band-pass for every block, with gain 1 at its centre."""
    centre = np.minimum(middle.hiss_centre, 0.42 * sample_rate)
    radius = np.exp(-np.pi * 0.35 * centre / sample_rate)
    first = -2 * radius * np.cos(2 * np.pi * centre / sample_rate)
    gain = 0.5 * (1 - radius**2)
    zero, one = np.zeros_like(first), np.ones_like(first)
    return np.stack([gain, zero, -gain, one, first, radius**2], axis=1)[:, None]


def _filter_blocks(
    signal: Float[np.ndarray, " S"], sections: Float[np.ndarray, "K N 6"], block: int
) -> Float[np.ndarray, " S"]:
    """Filter block k by `sections[k]`, the filters' memory running on from block to block.

    Blocks of silence are left out: most of the hiss and every pause.
    """
    out = np.zeros_like(signal)
    loud = np.maximum.reduceat(np.abs(signal), np.arange(0, len(signal), block)) > _SILENT
    memory = np.zeros((sections.shape[1], 2))
    for k in np.flatnonzero(loud):
        part = slice(k * block, (k + 1) * block)
        out[part], memory = sosfilt(sections[k], signal[part], zi=memory)
    return out
