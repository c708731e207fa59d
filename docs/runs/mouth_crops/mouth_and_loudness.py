"""Whether the sources of a corpus are in sync, without any model: how dark the mouth is against how loud the voice is.

    python docs/runs/mouth_crops/mouth_and_loudness.py CORPUS/val

Reads CORPUS/val/manifest.csv (columns file, source, mouth_x96, mouth_y96 of 128x128 crops). For each source, prints
the offset (ms; positive = sound early) at which an open, hence dark, mouth and a loud voice correlate best, the mean
correlation there, and in sync; and the same for the mouth's motion against changes of loudness. Good to some 60 ms.
"""

import csv
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter1d, uniform_filter1d

from divas_jax.clip import Clip
from divas_jax.media.decode import decode_clip

OFFSETS_MS = np.arange(-600, 601, 20)


def correlations(clip: Clip, mouth: tuple[float, float]) -> np.ndarray:
    """Of darkness with loudness, and of motion with its changes, at each offset."""
    left, top = int(mouth[0]) - 13, int(mouth[1]) - 10
    grey = clip.frames[:, top : top + 22, left : left + 26].astype(np.float32).mean(-1).reshape(len(clip.frames), -1)
    dark = -np.percentile(grey, 10, axis=1)
    motion = np.abs(np.diff(grey, axis=0, prepend=grey[:1])).mean(1)
    times = np.asarray([float(clip.frame_time(index)) for index in range(len(clip.frames))])
    loudness = np.log(uniform_filter1d(np.abs(clip.samples), int(0.04 * clip.sample_rate)) + 1e-3)
    heard = float(clip.sound_start) + np.arange(len(loudness)) / clip.sample_rate
    rows = []
    for offset in OFFSETS_MS:
        level = np.interp(times - offset / 1000, heard, loudness)
        pairs = ((dark, level), (motion, np.abs(np.gradient(level))))
        rows.append([np.corrcoef(*(part - gaussian_filter1d(part, 12) for part in pair))[0, 1] for pair in pairs])
    return np.asarray(rows).T


def main(folder: Path) -> None:
    """Prints one line a source and measure."""
    found = defaultdict(list)
    with (folder / "manifest.csv").open(newline="") as table:
        for row in csv.DictReader(table):
            mouth = float(row["mouth_x96"]) + 16, float(row["mouth_y96"]) + 16
            found[row["source"]].append(correlations(decode_clip(folder / row["file"]), mouth))
    for source, values in found.items():
        for name, curve in zip(("darkness", "motion"), np.mean(values, axis=0), strict=True):
            best, in_sync = int(curve.argmax()), curve[len(curve) // 2]
            found_at = f"{OFFSETS_MS[best]:+d} ms (r {curve[best]:.2f}, in sync {in_sync:.2f})"
            print(f"{source}: {len(values)} clips, {name} {found_at}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
