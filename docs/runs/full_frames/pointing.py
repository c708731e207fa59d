"""How often a model looks at the face that is heard: the pointing game, on pictures of `place.py`.

    python docs/runs/full_frames/pointing.py MODEL PLACED…

A hit: where the attention of a whole clip is highest (`ClipAttention.centre`) lies in the face. Beside it, how far from
the mouth that is, and what a model that always looks at the middle of the picture would hit.
"""

import csv
import sys
from pathlib import Path

import numpy as np

from divas_jax.evaluation.attention import attend
from divas_jax.loading import load_embedder
from divas_jax.media.decode import decode_clip

MIDDLE = (0.5, 0.5)
"""Of what is seen."""

MOUTH_IN_FACE = 0.48
"""How far below the face's upper edge the mouth of `place.py` is, in heights of the face."""


def main() -> None:
    """Prints a line a folder."""
    embedder = load_embedder(Path(sys.argv[1]))
    for folder in map(Path, sys.argv[2:]):
        with (folder / "manifest.csv").open(newline="") as text:
            rows = [row for row in csv.DictReader(text) if row["sound_late_ms"]]
        places = [attend(embedder, decode_clip(folder / row["file"])).centre for row in rows]
        hits = [
            np.mean([in_face(place, row) for place, row in zip(at, rows, strict=True)])
            for at in (places, [MIDDLE] * len(rows))
        ]
        away = np.median([from_mouth(place, row) for place, row in zip(places, rows, strict=True)])
        print(
            f"{folder}: {len(rows)} clips, in the face {hits[0]:.1%}, median {away:.2f} heights of the face from the "
            f"mouth; the middle of the picture {hits[1]:.1%}"
        )


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
