"""`python -m divas_jax.train --config configs/X.py --workdir DIR [--config.key=value]`: trains a model."""

import re
import signal
import sys
from pathlib import Path

from absl import flags
from ml_collections import config_flags

from divas_jax import command
from divas_jax.config import Config
from divas_jax.errors import UserError

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
    from divas_jax.running import train_here  # late: bad flags need no JAX

    outcome = train_here(config, Path(_WORKDIR.value), _TENSORBOARD.value)
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


def main() -> None:
    """Parses the flags and trains."""

    def parsed() -> int:
        try:
            flags.FLAGS(sys.argv)
        except (flags.Error, AttributeError, KeyError, TypeError, ValueError, OSError) as error:
            raise UserError(_sentence(error)) from None
        return run()

    sys.exit(command.run(parsed))


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


if __name__ == "__main__":
    main()
