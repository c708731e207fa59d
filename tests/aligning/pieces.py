"""Made-up evidence: pieces whose distance dips where their sound belongs, in noise."""

from fractions import Fraction

import numpy as np

from divas_jax.aligning.evidence import Evidence, HeardPiece, late_grid
from divas_jax.aligning.sources import Entry
from divas_jax.judging.posterior import Likelihood

GRID = late_grid(Fraction(3, 5))
KNOWN = Likelihood(20.0, 0.7, 0.05)


def piece(late_ms, seed, depth=1.0, noise=0.05, begins=0.0):
    """Four seconds that say `late_ms`; None for nothing at all."""
    random = np.random.default_rng(seed)
    smooth = np.convolve(random.standard_normal(len(GRID) + 20), np.hanning(9) / 4, "same")[10:-10]
    dip = 0 if late_ms is None else depth * np.exp(-(((GRID - late_ms) / 50) ** 2))
    return HeardPiece(begins, 4.0, noise * smooth - dip)


def entry(name, recording, source="films", filed=None, begins=0.0, **row):
    known = {"file": name, **{key: str(value) for key, value in row.items()}}
    return Entry(name, known, recording, source, begins, None if filed is None else Fraction(filed, 1000), lambda: None)


def told(lates, **settings):
    """A recording a key, with a clip for each of its latenesses."""
    entries, evidence = [], {}
    for number, (recording, own) in enumerate(lates.items()):
        for place, late in enumerate(own):
            clip = entry(f"{recording}-{place}.mp4", recording, begins=float(place))
            entries.append(clip)
            evidence[clip.name] = Evidence(clip.name, (piece(late, 100 * number + place, **settings),))
    return entries, evidence
