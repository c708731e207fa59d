"""What every table is made with: the data, the models, and what has been measured already."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from divas_jax.config import EvaluateConfig
from divas_jax.evaluation.lines import percent
from divas_jax.evaluation.scores import Scores, chance, scores
from divas_jax.evaluation.trial import Trial
from divas_jax.sync.tolerances import STRICT, TOLERANCES
from divas_jax.tabling.datasets import SLOW, DataSets
from divas_jax.tabling.effort import Effort
from divas_jax.tabling.runs import Runs


@dataclass
class Bench:
    """The workbench.

    Attributes:
      sets: data.
      runs: models.
      effort: how much is tried.
      settings: of the artificial offsets.
    """

    sets: DataSets
    runs: Runs
    effort: Effort
    settings: EvaluateConfig
    _trials: dict[tuple, list[Trial]] = field(default_factory=dict)

    def trials(self, name: str, data: str, rates: tuple[float, float] = SLOW) -> list[Trial]:
        """A model's answers to artificial offsets of a set's test clips; measured once."""
        key = (name, data, rates)
        if key not in self._trials:
            records = self.sets.tested(data, rates)
            self._trials[key] = self.runs.contestant(name).offsets(records, self.settings)
        return self._trials[key]

    def schooling(self, *names: str) -> str:
        """How long models have learnt, in a sentence."""
        steps = ", ".join(f"{name} {self.runs.steps(name)}" for name in names)
        return f"Steps: {steps}."


def accuracy(trials: list[Trial]) -> str:
    """Three tolerances in a cell, as the paper writes them (%)."""
    return " | ".join(percent(share.value) for share in _ordered(scores(trials)))


def accuracy_values(trials: list[Trial], prefix: str = "") -> Mapping[str, Any]:
    """The same for other programs: shares from 0 to 1, with chance and the number of answers."""
    measured = scores(trials)
    values: dict[str, Any] = {
        f"{prefix}{tolerance.name}": measured.accuracy[tolerance.name].value for tolerance in TOLERANCES
    }
    return values | {f"{prefix}answers": measured.trials, f"{prefix}chance_strict": chance(trials, STRICT)}


def luck(trials: list[Trial]) -> str:
    """What random answers would reach, in a sentence, and how many answers were counted."""
    measured = scores(trials)
    return f"Chance at ±40 ms: {percent(chance(trials, STRICT))} % ({measured.trials} answers a row)."


def _ordered(measured: Scores) -> list[Any]:
    return [measured.accuracy[tolerance.name] for tolerance in TOLERANCES]
