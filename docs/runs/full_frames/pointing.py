"""How often a model's pictures point at the face that is heard: the pointing game, on pictures of `place.py`.

    python docs/runs/full_frames/pointing.py MODEL PLACED…
    python docs/runs/full_frames/pointing.py MODEL PLACED… --clips 30 --sound    # costs 26 times as much

A hit lies in the face: where the attention of a whole clip is highest (`ClipAttention.centre`), or, with `--sound`,
where the sound comes from (`sound_map`, of the first 2 s). Beside it, how far from the mouth that is, and what a model
that always points at the middle of the picture would hit.
"""

import argparse
import csv
from fractions import Fraction
from pathlib import Path

import numpy as np

from divas_jax.clip import Clip
from divas_jax.evaluation.attention import attend
from divas_jax.evaluation.localisation import sound_map
from divas_jax.judging.embedding import Embedder
from divas_jax.loading import load_embedder
from divas_jax.media.decode import decode_clip

MIDDLE = (0.5, 0.5)
"""Of what is seen."""

MOUTH_IN_FACE = 0.48
"""How far below the face's upper edge the mouth of `place.py` is, in heights of the face."""


LONGEST = 50
"""Pictures of a clip that are looked at for its sound."""


def main() -> None:
    """Prints a line a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("placed", type=Path, nargs="+")
    parser.add_argument("--clips", type=int, default=0)
    parser.add_argument("--sound", action="store_true")
    arguments = parser.parse_args()
    embedder = load_embedder(arguments.model)
    point = sound_place if arguments.sound else attention_place
    for folder in arguments.placed:
        rows = known(folder, arguments.clips)
        places = [point(embedder, in_sync(folder, row)) for row in rows]
        hits = np.mean([in_face(place, row) for place, row in zip(places, rows, strict=True)])
        middle = np.mean([in_face(MIDDLE, row) for row in rows])
        away = np.median([from_mouth(place, row) for place, row in zip(places, rows, strict=True)])
        print(
            f"{folder}: {len(rows)} clips, in the face {hits:.1%}, median {away:.2f} heights of the face from the "
            f"mouth; the middle of the picture {middle:.1%}"
        )


def known(folder: Path, most: int) -> list[dict[str, str]]:
    """Rows of clips whose offset is known; an even choice of `most`, if that is above 0."""
    with (folder / "manifest.csv").open(newline="") as text:
        rows = [row for row in csv.DictReader(text) if row["sound_late_ms"]]
    return rows[:: max(1, len(rows) // most)][:most] if most else rows


def in_sync(folder: Path, row: dict[str, str]) -> Clip:
    """A row's clip, put in sync."""
    return decode_clip(folder / row["file"]).shifted(Fraction(row["sound_late_ms"]) / 1000)


def attention_place(embedder: Embedder, clip: Clip) -> tuple[float, float]:
    """Where the model looks most."""
    return attend(embedder, clip).centre


def sound_place(embedder: Embedder, clip: Clip) -> tuple[float, float]:
    """Where the sound comes from: the middle of the patch that adds most."""
    found = sound_map(embedder, clip.frames_between(0, min(LONGEST, len(clip.frames))))
    row, column = np.unravel_index(int(found.argmax()), found.shape)
    return (column + 0.5) / found.shape[1], (row + 0.5) / found.shape[0]


def in_face(place: tuple[float, float], row: dict[str, str]) -> bool:
    """Whether a place is in a row's face, taken to be square."""
    x, y, face = (float(row[key]) for key in ("mouth_x", "mouth_y", "face"))
    return abs(place[0] - x) <= face / 2 and -MOUTH_IN_FACE * face <= place[1] - y <= (1 - MOUTH_IN_FACE) * face


def from_mouth(place: tuple[float, float], row: dict[str, str]) -> float:
    """How far a place is from the mouth, in heights of the face."""
    x, y, face = (float(row[key]) for key in ("mouth_x", "mouth_y", "face"))
    return float(np.hypot(place[0] - x, place[1] - y)) / face


if __name__ == "__main__":
    main()
