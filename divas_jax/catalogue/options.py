"""What of a command line is for Beam: `divas check --beam RESULTS --list FILE -- RUNNER OPTIONS`, and `embed` so."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from divas_jax.addresses import is_address
from divas_jax.errors import UserError

BEAM = "--beam"


def split_runner_options(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Cuts a command line in two at `--`, where it asks for Beam: what is for the command, and what for the runner.

    Without `--beam` all is for the command: there `--` goes before files whose names begin with a dash.
    """
    of_command = list(words)
    if "--" in of_command:
        cut = of_command.index("--")
        if any(word.partition("=")[0] == BEAM for word in of_command[:cut]):
            return of_command[:cut], of_command[cut + 1 :]
    return of_command, []


def check_beam_arguments(arguments: argparse.Namespace, files: Sequence[Path], others: Sequence[str]) -> None:
    """Before anything is loaded.

    Args:
      arguments: of the command line.
      files: that it names.
      others: options that are only for work on this machine.

    Raises:
      UserError: something does not go with `--beam`.
    """
    for option in others:
        if getattr(arguments, option):
            raise UserError(f"--beam keeps records and a summary of its own: leave --{option} out")
    if arguments.workers == 0:
        raise UserError("--beam judges in processes of its own: --workers must be 1 or more")
    addresses = [str(file) for file in files if is_address(file)]
    if addresses:
        raise UserError(f"{addresses[0]} is no file here: name addresses in the text of --list")
