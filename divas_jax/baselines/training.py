"""A competitor's training run: the same mesh, optimiser and habits as DiVAS's; it goes on where it stopped."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import grain
import jax
import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp
from flax import nnx

from divas_jax.baselines.competitors import Competitor
from divas_jax.baselines.examples import Examples, ExampleSource
from divas_jax.baselines.learning import Learner, LearningState, Model
from divas_jax.clip import Clip
from divas_jax.config import OptimConfig
from divas_jax.data.clip_record import ClipSource, decode_record
from divas_jax.errors import UserError
from divas_jax.training.interruption import Interruption
from divas_jax.training.mesh import device_mesh, replicated, to_devices
from divas_jax.writing import make_folder

FOLDER = "checkpoints"

Progress = Callable[[int, jax.Array], None]
"""Told of steps done and of the loss of the last one; to read the loss is to wait for the step."""


@dataclass(frozen=True)
class Schooling:
    """How a competitor learns.

    Attributes:
      optim: its optimiser.
      steps: of the whole run.
      batch: windows in a step.
      seed: of weights and batches.
      every: steps between two checkpoints.
    """

    optim: OptimConfig
    steps: int
    batch: int = 64
    seed: int = 0
    every: int = 200


class DecodedClips:
    """The clips of records, decoded whenever they are asked for."""

    def __init__(self, records: ClipSource) -> None:
        self._records = records

    def __len__(self) -> int:
        return len(self._records)

    def __getitem__(self, index: int) -> Clip:
        return decode_record(self._records[index])


def trained(
    competitor: Competitor,
    records: ClipSource,
    schooling: Schooling,
    folder: Path,
    progress: Progress | None = None,
    learner: Learner | None = None,
) -> Model | None:
    """The competitor after `schooling.steps` steps; None if a signal stopped it (its last step is kept).

    Args:
      competitor: to train.
      records: clips in sync.
      schooling: how.
      folder: of its checkpoints.
      progress: told of every step.
      learner: `new_learner` of the same competitor and the same schooling but for its steps, whose step is compiled.

    Raises:
      UserError: the loss is not finite.
    """
    mesh = device_mesh()
    learner = learner or new_learner(competitor, schooling)
    with _manager(folder) as manager, Interruption() as interruption:
        state = jax.device_put(_last(manager, learner.first), replicated(mesh))
        first, loss = manager.latest_step() or 0, jnp.zeros(())
        batches = examples(competitor, records, schooling, first)
        for step in range(first, schooling.steps):
            state, loss = learner.step(state, Examples(*to_devices(mesh, tuple(next(batches)))), schooling.steps)
            done, stop = step + 1, interruption.reached(step + 1)
            if done % schooling.every == 0 or stop or done == schooling.steps:
                _refuse_nonfinite(competitor, loss)
                _save(manager, done, state)
            if progress:
                progress(done, loss)
            if stop and done < schooling.steps:
                return None
    return learner.model(jax.device_get(state))


def new_learner(competitor: Competitor, schooling: Schooling) -> Learner:
    """The competitor with the weights that it begins with."""
    return Learner(competitor.fresh(schooling.seed), schooling.optim)


def examples(competitor: Competitor, records: ClipSource, schooling: Schooling, first: int) -> Iterator[Examples]:
    """Batches from step `first` on; threads of Grain make them ahead.

    Args:
      competitor: that learns from them.
      records: clips in sync.
      schooling: its batch and its seed are read.
      first: steps that are done.
    """
    source = ExampleSource(DecodedClips(records), competitor.input)
    count = jax.process_count()
    size = schooling.batch // count
    seed = schooling.seed * count + jax.process_index()  # every process has examples of its own
    steps = grain.MapDataset.range(first, schooling.steps)
    dataset = steps.map(lambda step: competitor.examples(source, seed, int(step), size))
    return iter(dataset.to_iter_dataset(grain.ReadOptions(num_threads=2, prefetch_buffer_size=4)))


def _refuse_nonfinite(competitor: Competitor, loss: jax.Array) -> None:
    if not np.isfinite(float(loss)):
        raise UserError(f"the loss of {competitor.name} is no longer finite: it needs a smaller rate of learning")


def _manager(folder: Path) -> ocp.CheckpointManager:
    make_folder(folder)
    options = ocp.CheckpointManagerOptions(max_to_keep=1, cleanup_tmp_directories=True)
    return ocp.CheckpointManager((folder / FOLDER).absolute(), options=options)


def _plain(state: LearningState) -> dict:
    statistics = nnx.to_pure_dict(state.statistics)
    return {"parameters": state.parameters, "statistics": statistics, "optimizer": state.optimizer}


def _save(manager: ocp.CheckpointManager, step: int, state: LearningState) -> None:
    if step != manager.latest_step():
        manager.save(step, args=ocp.args.StandardSave(_plain(state)), force=True)


def _last(manager: ocp.CheckpointManager, fresh: LearningState) -> LearningState:
    """The newest state, or the one to begin with."""
    step = manager.latest_step()
    if step is None:
        return fresh
    saved = manager.restore(step, args=ocp.args.StandardRestore(jax.device_get(_plain(fresh))))
    statistics = jax.tree.map(lambda leaf: leaf, fresh.statistics)
    nnx.replace_by_pure_dict(statistics, saved["statistics"])
    return LearningState(saved["parameters"], statistics, saved["optimizer"])
