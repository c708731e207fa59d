"""The loop: evaluate, save, next batch, step, log."""

import itertools
import math
import signal
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

from divas_jax.config import Config
from divas_jax.data.ladder import ladder_of
from divas_jax.data.resident import ResidentClips
from divas_jax.errors import UserError
from divas_jax.model.shapes import Parameters
from divas_jax.model.weights import check_parameters
from divas_jax.training.checkpoints import METRIC, Checkpoints
from divas_jax.training.interruption import Interruption
from divas_jax.training.mesh import device_mesh, replicated, to_devices
from divas_jax.training.pace import Pace
from divas_jax.training.rendering import to_every_device
from divas_jax.training.start import Start, first_state
from divas_jax.training.state import TrainState
from divas_jax.training.step import StepMetrics, make_train_step
from divas_jax.training.writers import Stopwatch, Writers

Stream = Callable[[int], Iterator[tuple[int, Any]]]
"""From a first step to the batches from there on: (index of the rung, this process's rows, see `TrainStep`)."""

Evaluator = Callable[[Parameters], Mapping[str, float]]
"""From weights to named numbers; `strict` among them chooses the best checkpoint."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
      state: the last state.
      interrupted: by which signal (SIGTERM also when other processes were told); None if it ran to its end.
    """

    state: TrainState
    interrupted: int | None


def train(
    config: Config,
    workdir: Path,
    stream: Stream,
    writers: Writers,
    evaluate: Evaluator | None = None,
    start: Start | None = None,
    clips: ResidentClips | None = None,
) -> Outcome:
    """Trains from the newest checkpoint in `workdir` (or from `start`, or from noise) to the last step.

    Training N steps equals training k, stopping, and resuming for N - k: batches
    and random keys depend on (seed, step) alone. (Not so with `train.minutes`: there the rates depend on the speed.)

    Raises:
      UserError: the loss is not finite (the last good checkpoint stays), `start` does not fit the config, or a
        folder cannot be used.
    """
    if start is not None:
        check_parameters(config.model, start.parameters, config.train.init_from)
    mesh = device_mesh()
    arrays = None if clips is None else to_every_device(mesh, clips)
    with Checkpoints(workdir, config.train.keep) as checkpoints, Interruption() as interruption:
        if checkpoints.last_step is not None:
            state = checkpoints.restore(config, replicated(mesh))
            writers.say(f"resuming from step {int(state.step)} in {workdir}")
        else:
            state = first_state(config, start, stream, mesh, arrays)
        step_function = make_train_step(config, mesh, arrays)
        rungs = ladder_of(config.model, config.data)
        watch, sums, batches, stop = Stopwatch(), None, None, False
        first, pace = int(state.step), Pace(config.train)
        for step in itertools.count(first):
            values, last = None, step >= pace.steps
            if evaluate is not None and ((last and step > first) or _due(step, config.train.evaluate_every, first)):
                _refuse_nonfinite(sums, workdir)
                values = _evaluated(evaluate, state)
                writers.write(step, values)
            stop = interruption.reached(step)
            if values or stop or last or _due(step, config.train.save_every, first):
                _refuse_nonfinite(sums, workdir)
                checkpoints.save(state, config, values)
                watch.lap()  # what was not training counts in no rate
            if stop or last:
                break
            batches = batches or stream(step)
            rung, batch = next(batches)
            state, metrics = step_function(state, to_devices(mesh, batch), rungs[rung], pace.steps)
            sums = metrics if sums is None else jax.tree.map(jnp.add, sums, metrics)
            writers.advance(step + 1)
            if (step + 1) % config.train.log_every == 0:
                _refuse_nonfinite(sums, workdir)
                summary = _summary(sums, watch.lap())
                writers.write(step + 1, summary)
                pace.lap(step + 1, summary["steps_per_s"])
                writers.expect(pace.steps)
                sums = None
        return Outcome(state, (interruption.signal or signal.SIGTERM) if stop else None)


def _due(step: int, every: int, first: int) -> bool:
    return every > 0 and step > first and step % every == 0


def _evaluated(evaluate: Evaluator, state: TrainState) -> Mapping[str, float]:
    values = dict(evaluate(state.best_parameters))
    if METRIC not in values:
        raise KeyError(f"an evaluator must return {METRIC!r}")
    return values


def _refuse_nonfinite(sums: StepMetrics | None, workdir: Path) -> None:
    if sums is None:
        return
    loss, gradient = (float(value) for value in jax.device_get((sums.loss, sums.gradient)))
    if not (math.isfinite(loss) and math.isfinite(gradient)):
        raise UserError(
            f"the loss or its gradient is no longer finite; the last good checkpoint in {workdir} stays: "
            "start from it in another --workdir by train.init_from, with a smaller optim.lr or with optim.clip_norm"
        )


def _summary(sums: StepMetrics, seconds: float) -> dict[str, float]:
    """Means over the steps since the last line."""
    values = jax.device_get(sums)
    explained = {
        f"{name}_explained": 1 - float(target.error / max(target.power, 1e-9))
        for name, target in values.target_errors.items()
    }
    return explained | {
        "loss": float(values.loss / max(values.pairs, 1.0)),
        "matched": float(values.matched / max(values.windows, 1.0)),
        "gradient": float(values.gradient / values.steps),
        "windows_per_s": float(values.windows / seconds),
        "steps_per_s": float(values.steps / seconds),
    }
