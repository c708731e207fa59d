"""Whoever is judged in a table: DiVAS or a competitor, each by the protocol that knows it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from divas_jax.baselines.protocol import Baseline
from divas_jax.baselines.trials import baseline_grid_trials, baseline_trials
from divas_jax.config import EvaluateConfig
from divas_jax.data.clip_record import ClipSource
from divas_jax.evaluation.grid import GridTrial, class_grid
from divas_jax.evaluation.protocols import random_offsets
from divas_jax.evaluation.trial import Trial
from divas_jax.judging.embedding import Embedder


@runtime_checkable
class Contestant(Protocol):
    """A trained model under test."""

    def offsets(self, records: ClipSource, settings: EvaluateConfig) -> list[Trial]:
        """Its answers to random artificial offsets (4.2)."""
        ...

    def classes(self, records: ClipSource, settings: EvaluateConfig) -> list[GridTrial]:
        """Its answers on the grid of 21 offsets (Table 5)."""
        ...


@dataclass(frozen=True)
class DivasContestant:
    """DiVAS.

    Attributes:
      folder: of its training run.
      embedder: with the weights of its last step.
    """

    folder: Path
    embedder: Embedder = field(repr=False)

    def offsets(self, records: ClipSource, settings: EvaluateConfig) -> list[Trial]:
        """See `Contestant.offsets`."""
        return random_offsets(self.embedder, records, settings)

    def classes(self, records: ClipSource, settings: EvaluateConfig) -> list[GridTrial]:
        """See `Contestant.classes`."""
        return class_grid(self.embedder, records, settings)


@dataclass(frozen=True)
class BaselineContestant:
    """A competitor.

    Attributes:
      baseline: the trained one.
    """

    baseline: Baseline = field(repr=False)

    def offsets(self, records: ClipSource, settings: EvaluateConfig) -> list[Trial]:
        """See `Contestant.offsets`."""
        return baseline_trials(self.baseline, records, settings)

    def classes(self, records: ClipSource, settings: EvaluateConfig) -> list[GridTrial]:
        """See `Contestant.classes`."""
        return baseline_grid_trials(self.baseline, records, settings)
