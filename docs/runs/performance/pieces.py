"""`python pieces.py FILM`: processor time of five pieces of `divas check --quick`, once all is compiled."""

import sys
import time
from fractions import Fraction
from pathlib import Path

from divas_jax.loading import load_judge
from divas_jax.media.tracks import NOTHING
from divas_jax.title.faces import face_detector
from divas_jax.title.quick import QuickPass, _stretches
from divas_jax.title.watching import FaceWatcher

WARM, TIMED = 3, range(10, 15)
"""Stretches of the film: one that compiles, and those that are timed."""


def main() -> None:
    """Looks at the pieces and prints what they took."""
    judge, detector = load_judge(), face_detector(None)
    quick = QuickPass(
        judge, Path(sys.argv[1]), lambda stages: FaceWatcher(detector, stages), Fraction(3, 5), 1, NOTHING
    )
    stretches = _stretches(quick.looked.facts.start, quick.looked.facts.end)
    quick._reader.look_in(stretches[WARM])
    before = time.process_time()
    for number in TIMED:
        quick._reader.look_in(stretches[number])
    print(f"{len(TIMED)} pieces took {time.process_time() - before:.1f} s of processor time")


if __name__ == "__main__":
    main()
