"""How well a generator of talking heads follows its sound: what papers take LSE-D, LSE-C and offsets from SyncNet for.

    python examples/score_generator.py OUTPUTS [OTHER_OUTPUTS …]

Of each folder: the mean distance at the best offset (lower is better), the mean confidence (higher is better), the
offsets' median and spread (ms), and in how many files nobody's mouth was found to go with the sound. The scale is this
model's own: compare folders with each other, never with SyncNet's numbers.
"""

import sys
from fractions import Fraction
from pathlib import Path

import numpy as np

import divas_jax
from divas_jax.sync.tolerances import UNDETECTABLE
from divas_jax.title.batch import FileJudge, Settings, media_files


def scores(judge: FileJudge, folder: Path) -> dict[str, float]:
    """The numbers of one folder of videos; NaN where no file has one."""
    records = [judge.record(file) for file in media_files([folder])]

    def known(key: str) -> np.ndarray:
        return np.asarray([record[key] for record in records if record[key] is not None] or [np.nan])

    return {
        "distance": float(known("mean_minimum_distance").mean()),
        "confidence": float(known("mean_confidence").mean()),
        "offset_ms": float(np.median(known("offset_ms"))),
        "spread_ms": float(known("offset_ms").std()),
        "files": len(records),
        "told": sum(record["status"] == "told" for record in records),
    }


def main(folders: list[Path]) -> None:
    """Prints a line a folder."""
    settings = Settings(face_model=None, full_frame=False, search=Fraction(3, 5), fineness=1, tolerance=UNDETECTABLE)
    judge = FileJudge(divas_jax.load(), settings)
    for folder in folders:
        print(folder, {name: round(value, 3) for name, value in scores(judge, folder).items()})


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]])
