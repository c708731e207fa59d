"""Crops of known offset in whole pictures: what `divas score` of two checkouts says of them, and what that costs.

    python docs/runs/performance/pasted.py make FOLDER DATA [DATA…]     # crops in sync, pasted on grey, as films
    python docs/runs/performance/pasted.py judge FOLDER CHECKOUT        # strict accuracy and processor time

DATA are data sets of face crops with validation clips in sync (`divas prepare`).
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

CLIPS, LEAST_S, MOST_S = 72, 3.0, 6.0
HEIGHT, WIDTH, SIDES = 720, 1280, (256, 480, 640)
STRICT_MS = 40.0


def make(folder: Path, data: list[Path]) -> None:
    """Writes the films: each crop at one of three sizes, anywhere in the picture."""
    from divas_jax.data.clip_record import JoinedClips, decode_record
    from divas_jax.data.records import open_records
    from divas_jax.media.encode import encode_clip

    clips, rng = JoinedClips([open_records(path, "val") for path in data]), np.random.default_rng(1)
    folder.mkdir(parents=True, exist_ok=True)
    long_enough = [index for index in range(len(clips)) if clips[index].duration >= LEAST_S]
    for number, index in enumerate(rng.permutation(long_enough)[:CLIPS].tolist()):
        clip = decode_record(clips[index])
        clip = clip.frames_between(0, min(len(clip.frames), round(MOST_S * clip.fps)))
        side = SIDES[number % len(SIDES)]
        left, top = (int(rng.integers((free - side) // 2)) * 2 for free in (WIDTH, HEIGHT))
        frames = np.full((len(clip.frames), HEIGHT, WIDTH, 3), 110, np.uint8)
        for frame, crop in zip(frames, clip.frames, strict=True):
            frame[top : top + side, left : left + side] = cv2.resize(crop, (side, side), interpolation=cv2.INTER_CUBIC)
        encode_clip(replace(clip, frames=frames), folder / f"{number:03d}-{side}.mp4", crf=18)


def judge(folder: Path, checkout: Path) -> None:
    """Prints how many of the longest faces' answers are within 40 ms of 0, by size, and the processor time."""
    films = sorted(folder.glob("*.mp4"))
    with tempfile.TemporaryDirectory() as kept:
        report = Path(kept) / "report.json"
        command = [sys.executable, "-m", "divas_jax.score", *map(str, films), "--json", str(report)]
        environment = os.environ | {"PYTHONPATH": str(checkout.resolve())}
        subprocess.run(command, env=environment, cwd=checkout, capture_output=True, check=False)
        files = json.loads(report.read_text())["files"]
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    right: dict[str, list[bool]] = {str(side): [] for side in SIDES}
    for file in files:
        tracks = [track for scene in file.get("scenes", []) for track in scene["tracks"] if track.get("offset_ms")]
        longest = max(tracks, key=lambda track: track["end_s"] - track["start_s"], default=None)
        size = Path(file["file"]).stem.partition("-")[2]
        right[size].append(longest is not None and abs(longest["offset_ms"]) <= STRICT_MS)
    shares = ", ".join(f"{size} pixels {np.mean(found):.1%}" for size, found in right.items())
    everything = [each for found in right.values() for each in found]
    print(f"strict {np.mean(everything):.1%} of {len(everything)} ({shares})")
    print(f"{used.ru_utime + used.ru_stime:.0f} s of processor time")


if __name__ == "__main__":
    what, folder, *rest = sys.argv[1:]
    make(Path(folder), [Path(path) for path in rest]) if what == "make" else judge(Path(folder), Path(rest[0]))
