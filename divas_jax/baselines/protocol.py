"""The one question that every competitor answers: how well does this sound fit at each offset?"""

from fractions import Fraction
from typing import NamedTuple, Protocol, runtime_checkable

import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Int

from divas_jax.clip import Clip
from divas_jax.sync.offsets import Offsets, read_offsets

STEP = Fraction(1, 25)
"""Seconds between two offsets: a frame of the converted clip."""


class Costs(NamedTuple):
    """The competitor's distance matrix (4.1).

    Attributes:
      cost: of picture window w under each offset; lower = better aligned.
      exists: where the clip has that picture and that sound.
    """

    cost: Float[np.ndarray, "W O"]
    exists: Bool[np.ndarray, "W O"]


@runtime_checkable
class Baseline(Protocol):
    """A competitor with its weights."""

    def costs(self, clip: Clip, offsets: Int[np.ndarray, " O"]) -> Costs:
        """What it says of every window of a clip at its own rates.

        Args:
          clip: at any rates.
          offsets: in `STEP`s; positive = sound early: the window's sound is sought that much earlier.
        """
        ...


def scores(baseline: Baseline, clip: Clip, offsets: Int[np.ndarray, " O"]) -> Float[np.ndarray, " O"]:
    """The mean cost of each offset over the clip, as DiVAS's is read; lower = better aligned, inf = no evidence."""
    return np.asarray(found(baseline.costs(clip, offsets)).curve)


def answer(baseline: Baseline, clip: Clip, reach: int) -> Offsets:
    """The offset found among all from -`reach` to `reach` steps, by the very code that reads DiVAS's matrix."""
    return found(baseline.costs(clip, np.arange(reach, -reach - 1, -1)))


def found(costs: Costs) -> Offsets:
    """What DiVAS's own reader says of a competitor's matrix."""
    return read_offsets(jnp.asarray(costs.cost), jnp.asarray(costs.exists))
