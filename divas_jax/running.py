"""A whole training run in this process: data, loop, validation, metrics."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from functools import partial
from pathlib import Path

import jax
from filelock import FileLock, Timeout
from jax.experimental import multihost_utils

from divas_jax import command
from divas_jax.config import Config, DataConfig
from divas_jax.data.clip_record import ClipSource, JoinedClips
from divas_jax.data.draws import ResidentDraw
from divas_jax.data.records import open_records
from divas_jax.data.resident import ResidentClips, keep_clips
from divas_jax.data.stream import Batch, training_stream
from divas_jax.errors import UserError
from divas_jax.evaluation.reading import within_rates
from divas_jax.evaluation.validation import evaluator
from divas_jax.loading import load_weights
from divas_jax.preparing.preparation import prepare_talkers
from divas_jax.rates import WINDOW_SECONDS, frames_in, patches_in
from divas_jax.talkers import FRAME_RATES, SAMPLE_RATES
from divas_jax.training.checkpoints import has_checkpoint, read_state
from divas_jax.training.curve import plot_run
from divas_jax.training.loop import train
from divas_jax.training.start import Start
from divas_jax.training.writers import JsonLines, TensorBoard, Terminal, Writer, Writers
from divas_jax.writing import make_folder, write_json

METRICS = "metrics.jsonl"
CURVE = "curve.png"
LOCK = ".lock"


def train_here(config: Config, workdir: Path, tensorboard: bool = False, measured: bool = True) -> int | None:
    """Trains, or goes on training, in `workdir`; returns the signal that ended it early, if one did.

    Validation takes clips of the rates that are trained on, of each folder of `data.validation` and of all; none
    unless `measured`, or where no offset is learnt (`objective.weight` 0).

    Raises:
      UserError: a folder, the data or the start weights cannot be used, or the loss is not finite.
    """
    start = read_start(config.train.init_from) if config.train.init_from else None
    validation, source = open_clips(config.data, config.train.seed, workdir)
    make_workdir(workdir)
    with alone_in(workdir), Writers(*_writers(config, workdir, tensorboard)) as writers:
        validates = measured and config.objective.weight > 0  # lips alone tell no offset
        evaluate = evaluator(config, validation) if validates else None
        clips = resident_clips(config, source, writers.say) if config.data.resident else None
        stream = partial(batches, config, source if clips is None else clips)
        outcome = train(config, workdir, stream, writers, evaluate, start, clips)
        if jax.process_index() == 0:
            plot_run(workdir / METRICS, workdir / CURVE)
        step = int(outcome.state.step)
        writers.say(
            f"trained {step} steps; checkpoints and metrics are in {workdir}"
            if outcome.interrupted is None
            else f"stopped and saved at step {step}; the same command resumes it"
        )
    return outcome.interrupted


def _writers(config: Config, workdir: Path, tensorboard: bool) -> Iterator[Writer]:
    """The first process's; begun when they are asked for. It writes the run's config, too."""
    if jax.process_index() == 0:
        write_json(workdir / "config.json", config.to_dict())
        yield Terminal(command.console, config.train.steps, 0)
        yield JsonLines(workdir / METRICS)
        if tensorboard:
            yield TensorBoard(workdir / "tensorboard")


def read_start(folder: str) -> Start:
    """What the run or the export in a folder has learnt.

    Raises:
      UserError: it cannot be used.
    """
    if has_checkpoint(Path(folder)):
        state = jax.device_get(read_state(Path(folder))[1])  # to be placed on any devices
        return Start(state.best_parameters, state.heads)
    return Start(load_weights(folder)[1])


def open_clips(data: DataConfig, seed: int, workdir: Path) -> tuple[dict[str, ClipSource], ClipSource]:
    """Validation clips of the rates that are trained on, by set, and training clips.

    Nothing is written where folders are given.

    Args:
      data: names the folders and the rates.
      seed: of talkers, where they are made.
      workdir: folder of the run, in which talkers are made.

    Raises:
      UserError: a folder cannot be used, or two sets of validation clips have one name.
    """
    own = data_folder(data, seed, workdir)
    sets = [Path(folder) for folder in data.validation] or [own]
    names = [folder.name for folder in sets]
    if len(set(names)) < len(names):
        raise UserError(f"data.validation names {', '.join(map(str, sets))}: their last parts must differ")
    rates = data.min_fps, data.max_fps
    validation = {folder.name: within_rates(open_records(folder, "val"), *rates) for folder in sets}
    return validation, JoinedClips([open_records(Path(folder), "train") for folder in (str(own), *data.more)])


def make_workdir(workdir: Path) -> None:
    """Makes the folder of the run.

    Raises:
      UserError: it cannot be made or written.
    """
    make_folder(workdir, "--workdir")
    if not os.access(workdir, os.W_OK):
        raise UserError(f"--workdir {workdir} cannot be written")


@contextmanager
def alone_in(workdir: Path) -> Iterator[None]:
    """Holds the folder of a run: two runs in one folder would write over each other's checkpoints and metrics.

    The first process holds it for all. On disks that know no locks (some mounted buckets) nothing is held.

    Raises:
      UserError: another run holds it.
    """
    if jax.process_index():
        yield
        return
    lock = FileLock(workdir / LOCK)
    with suppress(OSError, NotImplementedError):
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise UserError(f"--workdir {workdir} is in use: another run trains there") from None
    try:
        yield
    finally:
        lock.release()


def data_folder(data: DataConfig, seed: int, workdir: Path) -> Path:
    """The data set of this run: `data.path`, or talkers at its rates that are made on first use.

    Process 0 makes them; the others wait for it.
    """
    if data.path:
        return Path(data.path)
    make_workdir(workdir)
    folder = workdir / "talkers"
    if jax.process_index() == 0:
        held_out = max(20, data.talkers // 10)
        counts = {"train": data.talkers, "val": held_out, "test": held_out}
        rates, sample_rates = talker_rates(data)
        prepare_talkers(folder, counts, seed, rates, sample_rates, workers=os.cpu_count() or 1)
    if jax.process_count() > 1:
        multihost_utils.sync_global_devices("talkers are made")
    return folder


def talker_rates(data: DataConfig) -> tuple[list[Fraction], list[int]]:
    """Frame rates (frames/s) and sample rates (Hz) that a run trains on: those within its limits and its rungs.

    Raises:
      UserError: there are none.
    """
    rates = [rate for rate in FRAME_RATES if data.min_fps <= rate <= data.max_fps]
    frames, patches = (max(column) for column in zip(*data.rungs, strict=True))
    rates = [rate for rate in rates if frames_in(WINDOW_SECONDS, rate) <= frames]
    sample_rates = [rate for rate in SAMPLE_RATES if patches_in(WINDOW_SECONDS, rate) <= patches]
    sample_rates = [rate for rate in sample_rates if rate >= data.min_sample_rate]
    if not rates or not sample_rates:
        raise UserError(
            "no talker can be trained on: data.rungs, data.min_fps, data.max_fps and data.min_sample_rate leave none"
        )
    return rates, sample_rates


def resident_clips(config: Config, source: ClipSource, say: Callable[[str], None]) -> ResidentClips:
    """The training clips, decoded."""
    with command.console.status("") as status:
        clips = keep_clips(source, config, lambda done, total: status.update(f"decoding {done}/{total} clips"))
    say(f"{len(clips)} clips decoded: {clips.gigabytes:.2f} GB in every device's memory")
    return clips


def batches(config: Config, source: ClipSource, step: int) -> Iterator[Batch]:
    """This process's batches from `step` on; worker processes end with the generator."""
    draws = partial(ResidentDraw, source, config.model, config.data) if isinstance(source, ResidentClips) else None
    with training_stream(
        source,
        config,
        start_step=step,
        process_index=jax.process_index(),
        process_count=jax.process_count(),
        draws=draws,
    ) as stream:
        yield from stream
