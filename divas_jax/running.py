"""A whole training run in this process: data, loop, validation, metrics."""

import os
from collections.abc import Iterator
from pathlib import Path

import jax
from jax.experimental import multihost_utils

from divas_jax import command
from divas_jax.config import Config
from divas_jax.data.preparation import prepare_talkers
from divas_jax.data.records import open_records
from divas_jax.data.stream import Batch, training_stream
from divas_jax.data.talkers import FRAME_RATES
from divas_jax.errors import UserError
from divas_jax.evaluation.reading import within_rates
from divas_jax.evaluation.validation import evaluator
from divas_jax.loading import load_weights
from divas_jax.training.loop import train
from divas_jax.training.writers import JsonLines, TensorBoard, Terminal, Writers
from divas_jax.writing import write_json

METRICS = "metrics.jsonl"


def train_here(config: Config, workdir: Path, tensorboard: bool = False) -> int | None:
    """Trains, or goes on training, in `workdir`; returns the signal that ended it early, if one did.

    Validation takes clips of the rates that are trained on.

    Raises:
      UserError: a folder, the data or the start weights cannot be used, or the loss is not finite.
    """
    make_workdir(workdir)
    data = data_folder(config, workdir)
    start = load_weights(config.train.init_from)[1] if config.train.init_from else None
    writers: list = []
    if jax.process_index() == 0:
        write_json(workdir / "config.json", config.to_dict())
        writers = [Terminal(command.console, config.train.steps, 0), JsonLines(workdir / METRICS)]
        writers += [TensorBoard(workdir / "tensorboard")] if tensorboard else []
    with Writers(*writers) as all_writers:
        validation = within_rates(open_records(data, "val"), config.data.min_fps, config.data.max_fps)
        evaluate = evaluator(config, validation)
        outcome = train(config, workdir, lambda step: batches(config, data, step), all_writers, evaluate, start)
        step = int(outcome.state.step)
        all_writers.say(
            f"trained {step} steps; checkpoints and metrics are in {workdir}"
            if outcome.interrupted is None
            else f"stopped and saved at step {step}; the same command resumes it"
        )
    return outcome.interrupted


def make_workdir(workdir: Path) -> None:
    """Makes the folder of the run.

    Raises:
      UserError: it cannot be made or written.
    """
    try:
        workdir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--workdir {workdir} cannot be made ({error.strerror})") from None
    if not os.access(workdir, os.W_OK):
        raise UserError(f"--workdir {workdir} cannot be written")


def data_folder(config: Config, workdir: Path) -> Path:
    """The data set of this run: `data.path`, or talkers at its rates that are made on first use.

    Process 0 makes them; the others wait for it.
    """
    if config.data.path:
        return Path(config.data.path)
    folder = workdir / "talkers"
    if jax.process_index() == 0:
        held_out = max(20, config.data.talkers // 10)
        counts = {"train": config.data.talkers, "val": held_out, "test": held_out}
        rates = [rate for rate in FRAME_RATES if config.data.min_fps <= rate <= config.data.max_fps]
        prepare_talkers(folder, counts, seed=config.train.seed, rates=rates, workers=os.cpu_count() or 1)
    if jax.process_count() > 1:
        multihost_utils.sync_global_devices("talkers are made")
    return folder


def batches(config: Config, data: Path, step: int) -> Iterator[Batch]:
    """This process's batches from `step` on; worker processes end with the generator."""
    with training_stream(
        open_records(data, "train"),
        config,
        start_step=step,
        process_index=jax.process_index(),
        process_count=jax.process_count(),
    ) as stream:
        yield from stream
