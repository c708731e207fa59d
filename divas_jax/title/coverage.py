"""How much of a title a verdict rests on, and for how long how bad it is."""

from collections.abc import Iterable, Sequence

import numpy as np

from divas_jax.sync.predictions import Prediction
from divas_jax.sync.tolerances import ACCEPTABLE, UNDETECTABLE
from divas_jax.title.verdict import Gap, Piece, Severity

LEAST_GAP_S = 60.0
"""Shorter stretches without evidence are not named (s), unless they are `LEAST_GAP_SHARE` of the title."""

LEAST_GAP_SHARE = 0.1
"""Stretches without evidence that are at least this share of the title are named, however short they are."""

_STEPS = 10_000
"""Into how many parts a title is cut to say for how long it is how bad."""


def coverage(predictions: Iterable[Prediction], start: float, end: float) -> float:
    """Share of the title (0 to 1) that lies in scenes with these predictions."""
    seconds, reached = 0.0, start
    for each in sorted(predictions):
        first = max(each.start, reached)
        seconds += max(0.0, min(each.end, end) - first)
        reached = max(reached, each.end)
    return seconds / (end - start) if end > start else 0.0


def gaps(predictions: Iterable[Prediction], start: float, end: float) -> tuple[Gap, ...]:
    """Stretches without such a scene that are worth naming."""
    least = min(LEAST_GAP_S, LEAST_GAP_SHARE * (end - start))
    uncovered, reached = [], start
    for each in [*sorted(predictions), None]:
        until = end if each is None else each.start
        if until - reached > least:
            uncovered.append(Gap(reached, until))
        reached = reached if each is None else max(reached, each.end)
    return tuple(uncovered)


def severity(pieces: Sequence[Piece], start: float, end: float) -> Severity:
    """Seconds of the title in each class of ITU-R BT.1359."""
    length = max(0.0, end - start)
    if not pieces:
        return Severity(0.0, 0.0, 0.0, length)
    times = start + (np.arange(_STEPS) + 0.5) * length / _STEPS
    firsts = [piece.start for piece in pieces]
    of = np.clip(np.searchsorted(firsts, times, side="right") - 1, 0, len(pieces) - 1)
    offset = np.asarray([pieces[number].at(time) for number, time in zip(of, times, strict=True)])
    unnoticed, acceptable = UNDETECTABLE.holds(offset).mean(), ACCEPTABLE.holds(offset).mean()
    noticed, beyond = acceptable - unnoticed, 1 - acceptable
    return Severity(length * float(unnoticed), length * float(noticed), length * float(beyond), 0.0)
