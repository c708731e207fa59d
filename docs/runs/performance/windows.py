"""`python windows.py DATA [DATA…]`: what answers lose where not every picture window is looked at.

DATA are data sets with validation clips in sync. Whole clips and their middle 4 and 2 s, with the sound around them,
under four artificial offsets each; embedded once, by the included model.
"""

import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from divas_jax.data.records import open_records
from divas_jax.evaluation.lengths import middle
from divas_jax.evaluation.protocols import drawn_offsets, moved_trials
from divas_jax.evaluation.reading import EmbeddedClip, embedded_groups
from divas_jax.evaluation.scores import scores
from divas_jax.evaluation.trial import Trial
from divas_jax.judging.embedding import spacing_of
from divas_jax.loading import load_judge
from divas_jax.sync.tolerances import STRICT

PARTS = ("whole", Fraction(4), Fraction(2))


def as_score(clip: EmbeddedClip) -> int:
    """Frames from one window to the next as `divas score` has it."""
    return spacing_of(len(clip.embeddings.pictures), clip.record.fps)


WAYS = {"all windows": lambda _: 1, "as score": as_score, "every third": lambda _: 3}


def left(clip: EmbeddedClip, spacing: int) -> EmbeddedClip:
    """The clip with each `spacing`-th picture window."""
    kept, few = clip.embeddings, slice(None, None, spacing)
    return replace(clip, embeddings=replace(kept, pictures=kept.pictures[few], aligned=kept.aligned[few]))


def main() -> None:
    """Prints the share within 40 ms for each part and way."""
    judge = load_judge()
    settings = replace(judge.config.evaluate, trials=4)
    found: dict[tuple, list[Trial]] = {(part, way): [] for part in PARTS for way in WAYS}
    for folder in map(Path, sys.argv[1:]):
        reach = settings.v_shift
        for group in embedded_groups(judge.embedder, open_records(folder, "val"), 3 * reach):
            for part, way in found:
                read = [clip for clip in group if clip.embeddings]
                if part != "whole":
                    cut = (middle(clip, part, 0, sound_around=True) for clip in read)
                    read = [clip for clip in cut if clip is not None]
                if read:
                    few, reaches = [left(clip, WAYS[way](clip)) for clip in read], [reach] * len(read)
                    found[part, way] += moved_trials(few, drawn_offsets(few, settings, reaches), reaches)
    for (part, way), trials in found.items():
        share = scores(trials).fine_accuracy[STRICT.name]
        name = part if isinstance(part, str) else f"{part} s"
        print(f"{name:6} {way:12} {100 * share.value:5.1f} % of {len(trials)}")


if __name__ == "__main__":
    main()
