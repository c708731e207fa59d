"""What real recordings have besides the voice: rooms, music, noise and other people."""

import numpy as np
from jaxtyping import Float, Float32
from scipy.signal import fftconvolve, sosfilt

from divas_jax.talkers.articulation import draw_speaker, make_articulation
from divas_jax.talkers.voice import make_voice

Sound = Float[np.ndarray, " S"]


def distract(voice: Float32[np.ndarray, " S"], sample_rate: int, rng: np.random.Generator) -> Float32[np.ndarray, " S"]:
    """The voice in a room (a third of the time) with something 5 to 25 dB below it (half of the time)."""
    sound: Sound = voice.astype(float)
    if rng.random() < 0.35:
        sound = reverberate(sound, sample_rate, rng)
    if rng.random() < 0.5:
        kind = rng.choice(("speech", "music", "white", "pink", "babble"))
        other = _MAKERS[kind](len(sound), sample_rate, rng)
        below = 10 ** (-rng.uniform(5, 25) / 20)
        sound = sound + other * below * _rms(sound) / max(1e-9, _rms(other))
    return sound.astype(np.float32)


def _rms(sound: Sound) -> float:
    return float(np.sqrt(np.mean(sound**2)))


def reverberate(sound: Sound, sample_rate: int, rng: np.random.Generator) -> Sound:
    """A room: the direct sound, undelayed, and a tail that dies away in 0.1 to 0.5 s."""
    decay = rng.uniform(0.1, 0.5)
    count = round(decay * sample_rate)
    time = np.arange(count) / sample_rate
    tail = rng.standard_normal(count) * np.exp(-6.9 * time / decay) * (time > rng.uniform(0.002, 0.01))
    tail *= rng.uniform(0.1, 0.5) / max(1e-9, float(np.sqrt(np.sum(tail**2))))
    tail[0] = 1.0
    return fftconvolve(sound, tail)[: len(sound)]


def _speech(samples: int, sample_rate: int, rng: np.random.Generator) -> Sound:
    """Somebody else, out of the picture."""
    talk = make_articulation(draw_speaker(rng), samples / sample_rate, rng)
    return make_voice(talk, samples, sample_rate, rng).astype(float)


def _babble(samples: int, sample_rate: int, rng: np.random.Generator) -> Sound:
    """Many voices, made of one that is rolled to many places."""
    voice = _speech(samples, sample_rate, rng)
    return np.sum([np.roll(voice, place) for place in rng.integers(0, samples, 8)], axis=0)


def _white(samples: int, sample_rate: int, rng: np.random.Generator) -> Sound:
    return rng.standard_normal(samples)


def _pink(samples: int, sample_rate: int, rng: np.random.Generator) -> Sound:
    """Noise with equal power in every octave above 20 Hz."""
    spectrum = np.fft.rfft(rng.standard_normal(samples))
    return np.fft.irfft(spectrum / np.sqrt(np.maximum(np.fft.rfftfreq(samples, 1 / sample_rate), 20.0)), samples)


def _music(samples: int, sample_rate: int, rng: np.random.Generator) -> Sound:
    """Chords on a beat, with a drum and a cymbal."""
    beat = 60 / rng.uniform(70, 140)
    time = np.arange(samples) / sample_rate
    key = 110 * 2 ** rng.uniform(0, 1)
    out = np.zeros(samples)
    for place in np.arange(-rng.uniform(0, beat), samples / sample_rate, beat):
        start = max(0, round(place * sample_rate))
        since = time[start : start + round(1.5 * beat * sample_rate)] - place
        root = key * 2 ** (rng.choice((0, 3, 5, 7)) / 12)
        for step in (0, rng.choice((3, 4)), 7):
            for harmonic in range(1, 6):
                tone = np.sin(2 * np.pi * root * 2 ** (step / 12) * harmonic * since)
                out[start : start + len(since)] += tone / harmonic * np.exp(-3 * since) * np.clip(since / 0.01, 0, 1)
        drum = 4 * np.sin(2 * np.pi * 55 * since) * np.exp(-18 * since)
        out[start : start + len(since)] += drum + 0.6 * rng.standard_normal(len(since)) * np.exp(-40 * since)
    return sosfilt([[0.4, 0, 0, 1, -0.6, 0]], out)


_MAKERS = {"speech": _speech, "music": _music, "white": _white, "pink": _pink, "babble": _babble}
