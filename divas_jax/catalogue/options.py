"""What of a command line is for Beam: `divas check --beam RESULTS --list FILE -- RUNNER OPTIONS`."""

from collections.abc import Sequence

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
