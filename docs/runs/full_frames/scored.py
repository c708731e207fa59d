"""How `divas score --csv` did on pictures of `place.py`: answers, and how many are right, beside the manifests' truth.

divas score PLACED/val PLACED/val2 --csv crops.csv
divas score PLACED/val PLACED/val2 --csv frames.csv --full-frame --checkpoint MODEL
python docs/runs/full_frames/scored.py PLACED crops.csv frames.csv
"""

import csv
import sys
from pathlib import Path

NEAR_MS = 40.0
"""An answer is right so near to the truth (ms)."""


def main() -> None:
    """Prints a line a table."""
    truth = known_offsets(Path(sys.argv[1]))
    for table in map(Path, sys.argv[2:]):
        with table.open(newline="") as text:
            rows = [row | {"clip": "/".join(Path(row["file"]).parts[-2:])} for row in csv.DictReader(text)]
        rows = [row for row in rows if row["clip"] in truth]
        told = [row for row in rows if row["offset_ms"]]
        right = sum(abs(float(row["offset_ms"]) - truth[row["clip"]]) <= NEAR_MS for row in told)
        answered, good = len(told) / len(rows), right / max(1, len(told))
        print(
            f"{table}: {len(rows)} clips, {answered:.1%} answered, {good:.1%} of these within {NEAR_MS:g} ms, "
            f"{right / len(rows):.1%} of all"
        )


def known_offsets(folder: Path) -> dict[str, float]:
    """Of each clip that has one, by its path in the folder: positive = sound early (ms)."""
    known = {}
    for manifest in folder.glob("*/manifest.csv"):
        with manifest.open(newline="") as text:
            for row in csv.DictReader(text):
                if row["sound_late_ms"]:
                    known[f"{manifest.parent.name}/{row['file']}"] = -float(row["sound_late_ms"])
    return known


if __name__ == "__main__":
    main()
