"""Face crops of a corpus put into whole pictures, to measure models of whole pictures by: their sound and times stay.

    python docs/runs/full_frames/place.py CORPUS/val VIDEOS OUT             # one face
    python docs/runs/full_frames/place.py CORPUS/val VIDEOS OUT --beside    # and another clip's, which moves too

Backgrounds are still pictures out of VIDEOS. OUT has a manifest.csv as CORPUS has it, with three more columns:
`mouth_x`, `mouth_y` (where the mouth is, from the upper left) and `face` (its height), in sides of what a model sees.
"""

import argparse
import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from divas_jax.clip import Clip
from divas_jax.errors import UserError
from divas_jax.media.decode import decode_clip
from divas_jax.media.encode import encode_clip

HEIGHT, WIDTH = 240, 320
"""Of the pictures; models see their middle square."""

SIDES = (0.65, 1.1)
"""Range of the crop's side, in heights of the picture: faces are about half as high."""

SIDES_BESIDE = (0.6, 0.7)
"""The same where two are seen."""

FACE = (0.25, 0.8)
"""Where the face is in a crop; it stays in the square that is seen."""

MOUTH = (0.5, 0.515)
"""Where its mouth is, across and down."""


def main() -> None:
    """Writes what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("videos", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--beside", action="store_true")
    arguments = parser.parse_args()
    with (arguments.corpus / "manifest.csv").open(newline="") as text:
        rows = list(csv.DictReader(text))
    grounds = backgrounds(arguments.videos)
    arguments.out.mkdir(parents=True, exist_ok=True)
    for number, row in enumerate(rows):
        rng = np.random.default_rng([number, arguments.beside])
        clips = [decode_clip(arguments.corpus / row["file"])]
        if arguments.beside:
            others = [other for other in rows if other["speaker_id"] != row["speaker_id"]]
            clips.append(decode_clip(arguments.corpus / others[int(rng.integers(len(others)))]["file"]))
        placed, place = in_picture(clips, grounds[int(rng.integers(len(grounds)))], rng)
        row |= place
        encode_clip(placed, arguments.out / row["file"])
    with (arguments.out / "manifest.csv").open("w", newline="") as text:
        table = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    print(f"{len(rows)} clips in {arguments.out}")


def backgrounds(folder: Path) -> list[UInt8[np.ndarray, "H W 3"]]:
    """A picture out of the middle of each video, enlarged: the upper left part of it."""
    pictures = []
    for path in sorted(folder.iterdir()):
        try:
            frames = decode_clip(path).frames
        except UserError:
            continue
        image = Image.fromarray(frames[len(frames) // 2])
        part = (0, 0, image.width * 2 // 3, image.height * 2 // 3)
        pictures.append(np.asarray(image.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC, box=part)))
    return pictures


def in_picture(
    clips: Sequence[Clip], ground: UInt8[np.ndarray, "H W 3"], rng: np.random.Generator
) -> tuple[Clip, dict[str, float]]:
    """The first clip in a picture, perhaps with a second one beside it; and where the first one's face is."""
    frames = np.repeat(ground[None], len(clips[0].frames), axis=0)
    left_first, found = bool(rng.random() < 0.5), {}
    for number, clip in enumerate(clips):
        part = None if len(clips) == 1 else (number == 0) == left_first
        side, left, top = place(rng, part)
        if number == 0:
            across, down = (left - (WIDTH - HEIGHT) / 2 + MOUTH[0] * side) / HEIGHT, (top + MOUTH[1] * side) / HEIGHT
            found = {"mouth_x": across, "mouth_y": down, "face": (FACE[1] - FACE[0]) * side / HEIGHT}
        paste(frames, clip.frames, side, left, top)
    return replace(clips[0], frames=frames), found


def place(rng: np.random.Generator, leftmost: bool | None) -> tuple[int, int, int]:
    """Side, left and top of a crop (pixels); in one half of what is seen, or anywhere in it."""
    side = round(HEIGHT * rng.uniform(*(SIDES if leftmost is None else SIDES_BESIDE)))
    room = (HEIGHT, 0.0) if leftmost is None else (HEIGHT / 2, 0.0 if leftmost else HEIGHT / 2)
    least, most = (
        room[1] - FACE[0] * side,
        room[1] + room[0] - (1 - FACE[0] if leftmost is not None else FACE[1]) * side,
    )
    left = (WIDTH - HEIGHT) / 2 + rng.uniform(min(least, most), max(least, most))
    return side, round(left), round(rng.uniform(-FACE[0] * side, HEIGHT - FACE[1] * side))


def paste(
    frames: UInt8[np.ndarray, "T H W 3"], crop: UInt8[np.ndarray, "N h w 3"], side: int, left: int, top: int
) -> None:
    """Draws a crop's frames into others, from the first on; what is too short stands still at its end."""
    rows, columns = slice(max(top, 0), min(top + side, HEIGHT)), slice(max(left, 0), min(left + side, WIDTH))
    for index, frame in enumerate(frames):
        image = Image.fromarray(crop[min(index, len(crop) - 1)]).resize((side, side), Image.Resampling.BICUBIC)
        frame[rows, columns] = np.asarray(image)[
            rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
        ]


if __name__ == "__main__":
    main()
