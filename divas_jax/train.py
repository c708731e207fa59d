"""`python -m divas_jax.train --config configs/X.py --workdir DIR [--config.key=value]`: trains a model."""

import json
import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from absl import flags
from ml_collections import config_flags

from divas_jax import command
from divas_jax.config import Config
from divas_jax.errors import UserError
from divas_jax.media.encode import write_whole

if TYPE_CHECKING:
    from divas_jax.data.clip_record import ClipSource
    from divas_jax.data.stream import Batch

_CONFIG = config_flags.DEFINE_config_file("config", lock_config=True, help_string="a file of configs/")
_WORKDIR = flags.DEFINE_string(
    "workdir", "runs/quickstart", "folder of checkpoints and metrics; a run there is resumed"
)
_DISTRIBUTED = flags.DEFINE_bool("distributed", False, "join the other hosts that JAX finds (TPU, SLURM, environment)")
_COORDINATOR = flags.DEFINE_string("coordinator", None, "HOST:PORT of the first process, where JAX cannot find it")
_PROCESSES = flags.DEFINE_integer("processes", None, "number of processes, with --coordinator")
_PROCESS = flags.DEFINE_integer("process", None, "number of this process from 0, with --coordinator")
_TENSORBOARD = flags.DEFINE_bool("tensorboard", False, "write event files too (extra: tensorboard)")


def run() -> int:
    """Trains as the flags say; exit code 0 also when a preemption signal ended it after saving."""
    config = read_config()
    if _DISTRIBUTED.value or _COORDINATOR.value:
        from divas_jax.training.mesh import start_processes

        start_processes(_COORDINATOR.value, _PROCESSES.value, _PROCESS.value)
    outcome = train_here(config, Path(_WORKDIR.value))
    return 130 if outcome == signal.SIGINT else 0


def read_config() -> Config:
    """The config file with its overrides, as dataclasses.

    Raises:
      UserError: there is no config, or a key is unknown or of the wrong type.
    """
    if _CONFIG.value is None:
        raise UserError("--config is missing: name a file of configs/, such as configs/quickstart.py")
    try:
        values = _CONFIG.value.to_dict()
    except OSError:  # ml_collections keeps a failure until the value is read
        file = flags.FLAGS["config"].config_filename
        raise UserError(f"config file {file} does not exist or cannot be read") from None
    return Config.from_dict(values)


def train_here(config: Config, workdir: Path) -> int | None:
    """Runs the loop in this process; returns the signal that ended it early, if one did."""
    import jax  # late: bad flags need no JAX

    from divas_jax.evaluation.validation import evaluator
    from divas_jax.loading import load_weights
    from divas_jax.training.loop import train
    from divas_jax.training.writers import JsonLines, Terminal, Writers

    make_workdir(workdir)
    data = data_folder(config, workdir)
    start = load_weights(config.train.init_from)[1] if config.train.init_from else None
    writers = []
    if jax.process_index() == 0:
        write_whole(workdir / "config.json", (json.dumps(config.to_dict(), indent=2) + "\n").encode())
        writers = [Terminal(command.console, config.train.steps, 0), JsonLines(workdir / "metrics.jsonl")]
    with Writers(*writers) as all_writers:
        evaluate = evaluator(config, open_split(data, "val"))
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
    """The data set of this run: `data.path`, or talkers that are made on first use.

    Process 0 makes them; the others wait for it.
    """
    if config.data.path:
        return Path(config.data.path)
    import jax
    from jax.experimental import multihost_utils

    from divas_jax.prepare import prepare_talkers

    folder = workdir / "talkers"
    if jax.process_index() == 0:
        counts = {"train": config.data.talkers, "val": max(20, config.data.talkers // 10)}
        prepare_talkers(folder, counts, seed=config.train.seed, workers=os.cpu_count() or 1)
    if jax.process_count() > 1:
        multihost_utils.sync_global_devices("talkers are made")
    return folder


def open_split(data: Path, split: str) -> "ClipSource":
    """The records of one split."""
    from divas_jax.data.records import open_records

    return open_records(data, split)


def batches(config: Config, data: Path, step: int) -> Iterator["Batch"]:
    """This process's batches from `step` on; worker processes end with the generator."""
    import jax

    from divas_jax.data.stream import training_stream

    with training_stream(
        open_split(data, "train"),
        config,
        start_step=step,
        process_index=jax.process_index(),
        process_count=jax.process_count(),
    ) as stream:
        yield from stream


def _sentence(error: Exception) -> str:
    """What is wrong with the flags; an unknown key is all that ml_collections says about itself."""
    text = str(error).strip().splitlines()[0].replace("\\", "")
    named = re.search(r"'(\w+)'", text)
    if named is None or not isinstance(error, AttributeError | KeyError):
        return text
    keys = [argument.partition("=")[0] for argument in sys.argv if argument.startswith("--config.")]
    unknown = next((key for key in keys if key.rpartition(".")[2] == named[1]), named[1])
    likely = re.search(r'Did you mean "(\w+)"', text)
    return f"config key {unknown.removeprefix('--config.')} is unknown" + (
        f" (is {likely[1]} meant?)" if likely else ""
    )


def main() -> None:
    """Parses the flags and trains."""

    def parsed() -> int:
        try:
            flags.FLAGS(sys.argv)
        except (flags.Error, AttributeError, KeyError, TypeError, ValueError, OSError) as error:
            raise UserError(_sentence(error)) from None
        return run()

    sys.exit(command.run(parsed))


if __name__ == "__main__":
    main()
