"""`divas X ARGS` is `python -m divas_jax.X ARGS`, for every command X."""

import difflib
import os
import runpy
import sys

from divas_jax import __version__

COMMANDS = {
    "check": "give the verdict on whole titles, with a report",
    "score": "judge any media files: every scene, face and speaker",
    "repair": "write a copy of a title whose sound is in sync, and check it",
    "predict": "say how far the sound of a file is from its picture",
    "watch": "say how far the sound of a live stream is from its picture",
    "speakers": "say who speaks when in a media file",
    "embed": "write the embeddings of every window of many clips",
    "prepare": "write a data set: made-up talkers, or a folder of clips",
    "align": "say by how much each recording of a corpus is late, for prepare",
    "train": "train a model, or go on where it stopped",
    "evaluate": "measure a model by the paper's protocol",
    "calibrate": "find how sure a model's answers are, for predict to say",
    "export": "write a model as safetensors and StableHLO",
    "compare": "train variants on the same data: objectives, or kinds of position (Table 2)",
    "tables": "make the paper's tables anew, beside its competitors",
    "benchmark": "measure the speed of model, decoder and stream on this machine",
}
"""One line for each, here and not in the modules, because importing them imports JAX."""


def main() -> int:
    """Runs the command named first on the command line; 2 if there is no such command.

    Returns:
      The exit code, where the command itself does not exit.
    """
    name, *arguments = sys.argv[1:] or ["--help"]
    if name in ("-h", "--help", "help"):
        print(usage())
        return 0
    if name == "--version":
        print(f"divas_jax {__version__}")
        return 0
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, COMMANDS, 1)
        meant = f"did you mean {near[0]}?" if near else f"commands: {', '.join(COMMANDS)}"
        print(f"divas: {name!r} is no command ({meant})", file=sys.stderr)
        return 2
    sys.argv = [f"divas {name}", *arguments]
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())  # as `python -m` does: files of configs/ import each other
    runpy.run_module(f"divas_jax.{name}", run_name="__main__", alter_sys=True)
    return 0


def usage() -> str:
    """What `divas --help` prints."""
    lines = [f"  {name:<10} {what}" for name, what in COMMANDS.items()]
    return "\n".join(["usage: divas COMMAND [ARGUMENTS]", "", *lines, "", "divas COMMAND --help tells its arguments."])


if __name__ == "__main__":
    sys.exit(main())
