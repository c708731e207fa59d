"""Checkpoints by Orbax: saved in the background, last and best kept, restored onto any mesh."""

import contextlib
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jax
import orbax.checkpoint as ocp
from absl import logging
from jax.sharding import Sharding, SingleDeviceSharding
from orbax.checkpoint.checkpoint_managers import preservation_policy as keep

from divas_jax.config import Config, ModelConfig
from divas_jax.errors import UserError
from divas_jax.model.shapes import Parameters
from divas_jax.model.weights import check_parameters, check_shapes
from divas_jax.training.state import TrainState, new_state

FOLDER = "checkpoints"
METRIC = "strict"
"""The best checkpoint is the one with the highest strict (±40 ms) validation accuracy."""

MOVABLE = frozenset({"path", "more", "validation", "workers", "resident"})
"""Settings of `data` that a run may be resumed with anew: folders move, machines differ."""

OVERHEAD = 1_000_000
"""What a checkpoint takes on the disk beyond its arrays (bytes), amply."""


class Checkpoints:
    """The checkpoints of one run, in `workdir`/checkpoints. Use it as a context manager."""

    def __init__(self, workdir: Path, keep_last: int) -> None:
        """Opens the folder and makes it where it is missing.

        Raises:
          UserError: the folder cannot be written.
        """
        self.workdir = workdir
        policy = keep.AnyPreservationPolicy(
            [
                keep.LatestN(keep_last),
                keep.BestN(get_metric_fn=_strict, n=1, keep_checkpoints_without_metrics=False),
            ]
        )
        options = ocp.CheckpointManagerOptions(
            preservation_policy=policy,
            cleanup_tmp_directories=True,
            best_fn=_strict,  # without it Orbax keeps metrics in memory only
            best_mode="max",
        )
        with _sentences(workdir, "write"):
            workdir.mkdir(parents=True, exist_ok=True)
            self.manager = ocp.CheckpointManager((workdir / FOLDER).absolute(), options=options)

    def __enter__(self) -> "Checkpoints":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            with _sentences(self.workdir, "write"):
                self.manager.wait_until_finished()
        with contextlib.suppress(Exception):  # the first error has been reported
            self.manager.close()

    @property
    def last_step(self) -> int | None:
        """Step of the newest whole checkpoint."""
        return self.manager.latest_step()

    def save(self, state: TrainState, config: Config, metrics: Mapping[str, float] | None = None) -> None:
        """Saves in the background; an earlier save still under way is awaited.

        Raises:
          UserError: the disk is full or the folder cannot be written.
        """
        step = int(state.step)
        content = ocp.args.Composite(state=ocp.args.StandardSave(state), config=ocp.args.JsonSave(config.to_dict()))
        with _sentences(self.workdir, "write"), _without_warnings():
            self.manager.wait_until_finished()
            if step != self.last_step:
                _refuse_full_disk(self.workdir, state)
                self.manager.save(step, args=content, metrics=dict(metrics) if metrics else None, force=True)

    def restore(self, config: Config, sharding: Sharding) -> TrainState:
        """The newest state, onto `sharding`.

        Raises:
          UserError: it was made with other settings, or cannot be read.
        """
        step = self.last_step
        if step is None:
            raise UserError(f"{self.workdir} holds no whole checkpoint yet")
        with _sentences(self.workdir, "read"):
            saved = self.manager.restore(step, args=ocp.args.Composite(config=ocp.args.JsonRestore())).config
            _refuse_other_settings(self.workdir, saved, config)
            _refuse_other_shape(self.workdir, self.manager, step, config.model)
            content = ocp.args.Composite(state=ocp.args.StandardRestore(_abstract(config, sharding)))
            state = self.manager.restore(step, args=content).state
        check_parameters(config.model, state.parameters, f"{self.workdir} (step {step})")
        return state


def has_checkpoint(workdir: Path) -> bool:
    """Whether `workdir` is a training folder."""
    return (workdir / FOLDER).is_dir()


def read_checkpoint(workdir: Path) -> tuple[Config, Parameters]:
    """Config and weights (averaged ones, if the run averages) of the best checkpoint, else of the last.

    Raises:
      UserError: there is none, or it cannot be used.
    """
    config, state = read_state(workdir)
    return config, state.best_parameters


def read_state(workdir: Path) -> tuple[Config, TrainState]:
    """Config and whole state of the best checkpoint, else of the last, on one device.

    Raises:
      UserError: there is none, or it cannot be used.
    """
    options = ocp.CheckpointManagerOptions(
        read_only=True, create=False, save_interval_steps=0, best_fn=_strict, best_mode="max"
    )
    with (
        _sentences(workdir, "read"),
        _without_warnings(),
        ocp.CheckpointManager((workdir / FOLDER).absolute(), options=options) as manager,
    ):
        step = manager.best_step() if _any_metrics(manager) else manager.latest_step()
        if step is None:
            raise UserError(f"{workdir} holds no whole checkpoint yet")
        saved = manager.restore(step, args=ocp.args.Composite(config=ocp.args.JsonRestore())).config
        config = Config.from_dict(saved)
        _refuse_other_shape(workdir, manager, step, config.model)
        here = SingleDeviceSharding(jax.local_devices()[0])
        content = ocp.args.Composite(state=ocp.args.StandardRestore(_abstract(config, here)))
        state = manager.restore(step, args=content).state
    check_parameters(config.model, state.best_parameters, f"{workdir} (step {step})")
    return config, state


def _any_metrics(manager: ocp.CheckpointManager) -> bool:
    return any(METRIC in (manager.metrics(step) or {}) for step in manager.all_steps())


def _strict(metrics: Mapping[str, float]) -> float:
    return metrics.get(METRIC, -1.0)


def _abstract(config: Config, sharding: Sharding) -> TrainState:
    shapes = jax.eval_shape(lambda: new_state(config))
    return jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=sharding), shapes)


def _refuse_full_disk(workdir: Path, state: TrainState) -> None:
    """Notices a full disk before Orbax's threads do, each of which would print its own traceback."""
    needed = sum(leaf.nbytes for leaf in jax.tree.leaves(state)) + OVERHEAD
    free = shutil.disk_usage(workdir).free
    if free < needed:
        raise UserError(
            f"no space left on the disk of {workdir}: a checkpoint takes {needed / 1e6:.1f} MB, "
            f"{free / 1e6:.1f} MB are free"
        )


def _refuse_other_shape(workdir: Path, manager: ocp.CheckpointManager, step: int, model: ModelConfig) -> None:
    """Compares shapes before anything is read: Orbax's own refusal is long and leaves threads behind."""
    with ocp.StandardCheckpointer() as reader, _without_warnings():
        stored = reader.metadata(manager.directory / str(step) / "state").item_metadata
    check_shapes(model, stored["parameters"], f"{workdir} (step {step})")


def _refuse_other_settings(workdir: Path, saved: Mapping[str, Any], config: Config) -> None:
    then, now = Config.from_dict(saved).to_dict(), config.to_dict()
    fixed = {group: now[group].keys() for group in ("model", "view", "objective", "targets", "optim")}
    fixed |= {"data": now["data"].keys() - MOVABLE, "train": {"seed"}}
    for group, keys in fixed.items():
        for key in sorted(keys):
            if then[group][key] != (value := now[group][key]):
                raise UserError(
                    f"{workdir} was trained with {group}.{key} = {then[group][key]}, this run asks for {value}: "
                    "take another --workdir or the same settings"
                )


@contextlib.contextmanager
def _without_warnings() -> Iterator[None]:
    """Keeps Orbax from warning that a folder is only read, or that a checkpoint has no metrics."""
    before = logging.get_verbosity()
    logging.set_verbosity(logging.ERROR)
    try:
        yield
    finally:
        logging.set_verbosity(before)


@contextlib.contextmanager
def _sentences(workdir: Path, verb: str) -> Iterator[None]:
    """Turns whatever Orbax and its storage raise into one sentence that names the folder."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        text = str(error)
        if "No space left" in text or "RESOURCE_EXHAUSTED" in text:
            reason = "no space left on the disk"
        elif text.strip():
            reason = text.strip().splitlines()[0][:200]
        else:
            reason = repr(error)
        raise UserError(f"cannot {verb} the checkpoints in {workdir}: {reason}") from error
