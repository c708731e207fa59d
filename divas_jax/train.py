"""`python -m divas_jax.train --config NAME|FILE.py --workdir DIR [--config.key=value]`: trains a model."""

import re
import signal
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from absl import flags
from ml_collections import config_flags

from divas_jax import command
from divas_jax.config import Config
from divas_jax.errors import UserError
from divas_jax.named_configs import config_file, config_names
from divas_jax.settings_text import settings_text

_CONFIG = config_flags.DEFINE_config_file("config", lock_config=True, help_string="a config by name, or a file of one")
_WORKDIR = flags.DEFINE_string(
    "workdir", "runs/quickstart", "folder of checkpoints and metrics; a run there is resumed"
)
_DISTRIBUTED = flags.DEFINE_bool("distributed", False, "join the other hosts that JAX finds (TPU, SLURM, environment)")
_COORDINATOR = flags.DEFINE_string("coordinator", None, "HOST:PORT of the first process, where JAX cannot find it")
_PROCESSES = flags.DEFINE_integer("processes", None, "number of processes, with --coordinator")
_PROCESS = flags.DEFINE_integer("process", None, "number of this process from 0, with --coordinator")
_TENSORBOARD = flags.DEFINE_bool("tensorboard", False, "write event files too (extra: tensorboard)")
_PRINT = flags.DEFINE_bool("print", False, "show every setting with its value and its meaning, and train nothing")

_HELP = """usage: divas train --config NAME|FILE.py [--workdir DIR] [--config.GROUP.KEY=VALUE ...]

Trains a model, or goes on where it stopped: the same command on the same folder is always safe to repeat.

options:
{options}

Configs that come along: {names}.

Every setting of the config can be changed: --config.GROUP.KEY=VALUE, after --config. --print shows what there is,
with its meaning; what a run was trained with stands in its config.json.
Groups: {groups}.

examples:
  divas train --config quickstart --print
  divas train --config configs/quickstart.py --workdir runs/quickstart
  divas train --config configs/face_crops.py --workdir runs/faces --config.data.path=clips --config.optim.lr=3e-4
"""


def run() -> int:
    """Trains as the flags say; exit code 0 also when a preemption signal ended it after saving."""
    config = read_config()
    if _PRINT.value:
        print(settings_text(config))
        return 0
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
        raise UserError(f"--config is missing: name a file, or one of {', '.join(config_names())}")
    try:
        values = _CONFIG.value.to_dict()
    except OSError:  # ml_collections keeps a failure until the value is read
        flag: Any = flags.FLAGS["config"]  # ml_collections' own kind of flag
        file = flag.config_filename
        raise UserError(f"config file {file} cannot be read") from None
    return Config.from_dict(values)


def main() -> None:
    """Parses the flags and trains."""

    def parsed() -> int:
        if {"--help", "-h", "-help"} & set(sys.argv[1:]):
            print(usage(), end="")
            return 0
        arguments = [sys.argv[0], *with_config_files(sys.argv[1:])]
        try:
            flags.FLAGS(arguments)
        except (flags.Error, AttributeError, KeyError, TypeError, ValueError, OSError) as error:
            raise UserError(_sentence(error)) from None
        return run()

    sys.exit(command.run(parsed))


def usage() -> str:
    """What `--help` prints; absl's own help would list the flags of every library."""
    own_flags = (_CONFIG, _WORKDIR, _DISTRIBUTED, _COORDINATOR, _PROCESSES, _PROCESS, _TENSORBOARD, _PRINT)
    options = []
    for flag in (flags.FLAGS[each.name] for each in own_flags):
        usual = "" if flag.default in (None, False) else f" (default: {flag.default})"
        options.append(f"  --{flag.name:<12} {flag.help}{usual}")
    groups = ", ".join(each.name for each in fields(Config))
    return _HELP.format(options="\n".join(options), groups=groups, names=", ".join(config_names()))


def with_config_files(arguments: Sequence[str]) -> list[str]:
    """The arguments with the file of each config that is named.

    Raises:
      UserError: it is not there; ml_collections would speak of the first override instead.
    """
    replaced = list(arguments)
    for place, argument in enumerate(arguments):
        named = re.fullmatch(r"(--?config)(?:=(.*))?", argument)
        if named is None:
            continue
        value = named[2] if named[2] is not None else "".join(arguments[place + 1 : place + 2])
        name, colon, rest = value.partition(":")  # what follows a colon is an argument of the file's get_config
        if name:
            file = f"{config_file(name)}{colon}{rest}"
            where = place if named[2] is not None else place + 1
            replaced[where] = f"{named[1]}={file}" if where == place else file
    return replaced


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
