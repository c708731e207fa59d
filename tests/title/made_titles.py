"""`python tests/title/made_titles.py DIR`: made-up titles with every kind of fault, whose truth is known.

One film of talkers and of scenes without speech is painted; its sound is then moved in six ways beside the same
picture packets. The sound is moved here by interpolation, on purpose not by the code that repairs.
"""

import argparse
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from scipy.ndimage import map_coordinates, spline_filter1d

from divas_jax.media.packets import timed_packets
from divas_jax.talkers.films import write_film

SAMPLE_RATE = 48_000

Offset = Callable[[np.ndarray, float], np.ndarray]
"""Times (s) and the length of the title (s) to offsets (s, positive = sound early)."""

VERSIONS: dict[str, Offset] = {
    "in sync": lambda t, length: 0 * t,
    "constant offset": lambda t, length: 0.125 + 0 * t,
    "constant offset late": lambda t, length: -0.3 + 0 * t,
    "drift late": lambda t, length: -0.2 * t / length,
    "intermittent": lambda t, length: np.where(abs(t - length / 2) < 0.075 * length, -0.08, 0.0),
}
"""The intermittent one is 80 ms late for three of twenty minutes in the middle."""

SILENT_VERSION = "not enough evidence"


def main() -> None:
    """Paints the film and moves its sound."""
    parser = argparse.ArgumentParser(description=__doc__.partition(": ")[2])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=int, default=1200)
    parser.add_argument("--fps", type=Fraction, default=Fraction(24000, 1001))
    parser.add_argument("--suffix", default=".mp4", choices=[".mp4", ".mkv", ".mov", ".ts"])
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--base", type=Path, help="a film in sync that is painted already")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    base = arguments.base
    if base is None:
        base = arguments.folder / ".base.mkv"
        size: dict[str, Any] = {"height": 360, "width": 640, "sample_rate": SAMPLE_RATE}
        length = Fraction(arguments.seconds)
        write_film(base, arguments.seed, duration=length, fps=arguments.fps, **size)
    for name in [*VERSIONS, SILENT_VERSION]:
        path = arguments.folder / f"{name.replace(' ', '-')}{arguments.suffix}"
        moved_title(base, path, VERSIONS.get(name))
        print(path)


def moved_title(base: Path, path: Path, offset: Offset | None) -> None:
    """The film with its sound moved, in stereo; with music instead of all sound where `offset` is None."""
    samples = _sound(base)
    times = np.arange(len(samples)) / SAMPLE_RATE
    if offset is None:
        moved = _music(times)
    else:
        spline = spline_filter1d(samples, order=3, output=np.float32)
        blocks = np.array_split(times, max(1, len(times) // 2**22))
        where = [(block + offset(block, times[-1])) * SAMPLE_RATE for block in blocks]
        moved = np.concatenate([map_coordinates(spline, [each], order=3, prefilter=False) for each in where])
    with av.open(str(base)) as source, av.open(str(path), "w") as target:
        seen = target.add_stream_from_template(source.streams.video[0])
        heard: Any = target.add_stream("aac", rate=SAMPLE_RATE, layout="stereo")
        heard.bit_rate = 160_000
        sound = _packets(heard, np.stack([moved, 0.8 * moved]).astype(np.float32))
        pending = next(sound)
        for packet in timed_packets(source.demux(video=0)):
            while pending is not None and pending.pts * pending.time_base <= packet.dts * packet.time_base:
                target.mux(pending)
                pending = next(sound, None)
            packet.stream = seen
            target.mux(packet)
        while pending is not None:
            target.mux(pending)
            pending = next(sound, None)


def _sound(base: Path) -> np.ndarray:
    with av.open(str(base)) as source:
        blocks = [(frame.time, frame.to_ndarray()[0]) for frame in source.decode(audio=0)]
    first = round(blocks[0][0] * SAMPLE_RATE)
    return np.concatenate([block for _, block in blocks])[max(0, -first) :].astype(np.float32)


def _music(times: np.ndarray) -> np.ndarray:
    """Chords that change every two seconds: loud, and nobody speaks."""
    rng = np.random.default_rng(0)
    roots = 110 * 2 ** (rng.integers(0, 12, int(times[-1] / 2) + 1) / 12)
    root = roots[(times / 2).astype(int)]
    swell = 0.5 + 0.5 * np.cos(2 * np.pi * times / 2 + np.pi)
    return 0.05 * swell * sum(np.sin(2 * np.pi * ratio * root * times) for ratio in (1, 1.25, 1.5, 2))


def _packets(stream: Any, sound: np.ndarray) -> Any:
    size = 1024
    for first in range(0, sound.shape[1], size):
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[:, first : first + size]), "fltp", "stereo")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, first, Fraction(1, SAMPLE_RATE)
        yield from stream.encode(frame)
    yield from stream.encode(None)


if __name__ == "__main__":
    main()
