"""One training step for every competitor, by the optimiser that moves DiVAS (5.1)."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jaxtyping import Array, Float, Int

from divas_jax.baselines.examples import Examples
from divas_jax.baselines.sparse_sync import SparseSync
from divas_jax.baselines.syncnet import SyncNet
from divas_jax.baselines.vocalist import Vocalist
from divas_jax.config import OptimConfig
from divas_jax.training.state import make_optimizer

Model = SyncNet | Vocalist | SparseSync


class LearningState(NamedTuple):
    """A competitor between two steps.

    Attributes:
      parameters: what the optimiser moves.
      statistics: of the batch normalisations; they follow by themselves.
      optimizer: Optax's state.
    """

    parameters: dict[str, Any]
    statistics: Any
    optimizer: Any


Step = Callable[[LearningState, Examples, int], tuple[LearningState, Float[Array, ""]]]
"""One step on one batch of a run of so many steps; gives the loss before it, too."""


class Learner:
    """A competitor that learns; runs of any length share its compiled step.

    Args:
      model: with its weights at the start.
      config: of the optimiser.
    """

    def __init__(self, model: Model, config: OptimConfig) -> None:
        model.train()
        self._definition, self._shapes, statistics = _split(model)
        self._config = config
        parameters = nnx.to_pure_dict(self._shapes)
        self.first = LearningState(parameters, statistics, make_optimizer(config, 1).init(parameters))
        self.step: Step = jax.jit(self._step)

    def model(self, state: LearningState) -> Model:
        """The competitor with the weights of a state."""
        return self._merged(state.parameters, state.statistics)

    def _step(
        self, state: LearningState, batch: Examples, steps: Int[Array, ""]
    ) -> tuple[LearningState, Float[Array, ""]]:
        (loss, statistics), gradient = jax.value_and_grad(self._loss, has_aux=True)(
            state.parameters, state.statistics, batch
        )
        moves, optimizer = make_optimizer(self._config, steps).update(gradient, state.optimizer, state.parameters)
        return LearningState(optax.apply_updates(state.parameters, moves), statistics, optimizer), loss

    def _loss(self, parameters: dict[str, Any], statistics: Any, batch: Examples) -> tuple[Float[Array, ""], Any]:
        model = self._merged(parameters, statistics)
        loss = model.loss(*map(jnp.asarray, batch))
        return loss, _split(model)[2]

    def _merged(self, parameters: dict[str, Any], statistics: Any) -> Model:
        state, statistics = jax.tree.map(lambda leaf: leaf, (self._shapes, statistics))  # copies, which may change
        nnx.replace_by_pure_dict(state, parameters)
        return nnx.merge(self._definition, state, statistics)


def _split(model: Model) -> tuple[Any, Any, Any]:
    """What the model is made of, its weights, and all else; Flax's own types do not know of two filters."""
    split: Any = nnx.split
    return split(model, nnx.Param, ...)
