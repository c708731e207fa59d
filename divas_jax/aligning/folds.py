"""Parts of a corpus for models that each see the other parts: nobody judges what he was trained on."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from divas_jax.aligning.sources import Entry
from divas_jax.errors import UserError

_TOGETHER = ("speaker_id", "speaker", "sound_group")
"""Clips that share one of these columns stay in one fold, as those of one recording do."""


def fold_of(entries: Sequence[Entry], count: int) -> list[int]:
    """A fold for each clip, 0 … `count` - 1, of about equal sizes: what belongs together is kept together.

    Raises:
      UserError: all clips belong together, or there are fewer groups than folds.
    """
    groups = _groups(entries)
    sizes = np.bincount(groups)
    if len(sizes) < count:
        raise UserError(
            f"{count} folds need as many groups of recordings without a common speaker, and here are {len(sizes)}"
        )
    held, fold = [0] * count, {}
    for group in sorted(range(len(sizes)), key=lambda group: (-sizes[group], group)):
        fold[group] = held.index(min(held))
        held[fold[group]] += int(sizes[group])
    return [fold[group] for group in groups]


def _groups(entries: Sequence[Entry]) -> np.ndarray:
    """A number for each clip; the same for those that are tied by recording, speaker or sound."""
    ties: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, entry in enumerate(entries):
        ties["recording", entry.recording].append(place)
        for column in _TOGETHER:
            if entry.row.get(column):
                ties[column, entry.row[column]].append(place)
    pairs = np.asarray([(tied[0], other) for tied in ties.values() for other in tied], int).reshape(-1, 2)
    graph = coo_array((np.ones(len(pairs)), pairs.T), shape=(len(entries), len(entries)))
    return connected_components(graph, directed=False)[1]
