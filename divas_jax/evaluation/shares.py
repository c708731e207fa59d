"""Shares of right answers, with an interval that knows that the answers about one clip are not independent."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from jaxtyping import Bool

NAN = float("nan")

_Z = NormalDist().inv_cdf(0.975)
"""Standard deviations each way that hold 95 % of a normal distribution."""


@dataclass(frozen=True)
class Share:
    """So many of so many.

    Attributes:
      right: how many.
      total: of how many.
      chance: the share (0 to 1) that uniformly random answers in the search range would have, exactly.
      effective: independent answers that these are worth; None: all of them (one to a clip).
    """

    right: int
    total: int
    chance: float = NAN
    effective: float | None = None

    @property
    def value(self) -> float:
        """The share (0 to 1); NaN of none."""
        return self.right / self.total if self.total else NAN

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval: Wilson's, of as many answers as `effective` says.

        Clips are taken for independent, the answers about one clip are not
        (see `effective_answers`). Those of one speaker still count as such.
        """
        if not self.total:
            return 0.0, 1.0
        count = self.total if self.effective is None else self.effective
        squared = _Z**2 / count
        centre = (self.value + squared / 2) / (1 + squared)
        reach = (self.value * (1 - self.value) * squared + squared**2 / 4) ** 0.5 / (1 + squared)
        # The share itself is never outside, not even by rounding where none or all are right.
        return max(0.0, min(self.value, centre - reach)), min(1.0, max(self.value, centre + reach))


def share_of(right: Bool[np.ndarray, " N"], clips: Sequence[str], chance: float = NAN) -> Share:
    """The share of right answers.

    Args:
      right: of each answer.
      clips: the clip that each is about.
      chance: as in `Share`.
    """
    return Share(int(right.sum()), len(right), chance, effective_answers(right, clips))


def effective_answers(right: Bool[np.ndarray, " N"], clips: Sequence[str]) -> float:
    """Independent answers that these are worth: their number / Kish's design effect, between clips and answers.

    The design effect is the variance of the share between clips over that of
    independent answers. Few clips, or few that are wrong, hardly tell it: so it is
    estimated as if there were two more clips of the mean size, one always and one
    never right, which leave it at the size of a clip until the others say that
    their answers differ. With one answer to a clip it is exactly 1.

    Args:
      right: of each answer.
      clips: the clip that each is about.
    """
    if not len(right):
        return 0.0
    _, place, sizes = np.unique(np.asarray(clips), return_inverse=True, return_counts=True)
    if sizes.max() == 1:
        return float(len(right))
    mean = sizes.mean()
    right_of_clip = np.concatenate([np.bincount(place, weights=right), [mean, 0]])
    sizes = np.concatenate([sizes, [mean, mean]])
    share = right_of_clip.sum() / sizes.sum()
    effect = np.square(right_of_clip - share * sizes).sum() / (sizes.sum() * share * (1 - share))
    return float(len(right) / np.clip(effect, 1, sizes.max()))
