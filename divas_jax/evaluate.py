"""`python -m divas_jax.evaluate`: measure a model by the paper's protocol (4.1 to 4.3, Tables 1, 2 and 5).

`--protocol titles` is the last row of Table 3: verdicts on made-up titles whose scenes err as the clips of --data do.
`--protocol speakers` is Table 6: --data is then a folder of media files of any kind with a table `speakers.csv` of
who speaks when (docs/title.md), and made-up films are also checked for cuts, tracks and offsets.
"""

import argparse
import sys
from pathlib import Path

from divas_jax.command import DONE_OR_NOT, command_parser, run
from divas_jax.evaluation.protocol_names import SANITY, SPEAKERS, TITLE_LEVEL, USUAL

_EXAMPLES = (
    "divas evaluate --data DATA                              # the package's own model",
    "divas evaluate --checkpoint RUN --data DATA --out TABLES",
    "divas evaluate --data DATA --protocol sanity --clips 200",
)


def main() -> int:
    """The command."""
    arguments = _parser().parse_args()
    return run(lambda: _measured(arguments))


def _measured(arguments: argparse.Namespace) -> None:
    from divas_jax.measuring import evaluate, evaluate_speakers, evaluate_titles  # late: --help starts no JAX

    doing = {SPEAKERS: evaluate_speakers, TITLE_LEVEL: evaluate_titles}.get(arguments.protocol, evaluate)
    doing(arguments)


def _parser() -> argparse.ArgumentParser:
    what = "Measures how well a model tells offsets, on clips that it was not trained on."
    made = command_parser("divas evaluate", what, _EXAMPLES, DONE_OR_NOT)
    add = made.add_argument
    add("--checkpoint", type=Path, metavar="DIR", help="training folder or export (default: the package's weights)")
    add("--data", type=Path, required=True, nargs="+", metavar="DIR", help="folders written by divas prepare")
    add("--split", default="test", help="which clips of them: train, val or test (test)")
    add("--out", type=Path, metavar="DIR", help="also write evaluation.json and .md, and two pictures")
    protocols = [*USUAL, SANITY, TITLE_LEVEL, SPEAKERS, "all"]
    named = f"one of {', '.join(protocols)} (all: the first {len(USUAL)})"
    add("--protocol", metavar="NAME", choices=protocols, default="all", help=named)
    add("--untrained", action="store_true", help="for comparison, also measure the same model before training")
    add(
        "--trials",
        type=_positive,
        metavar="N",
        help="offsets tried on each clip, or titles of a kind",
    )
    add("--v-shift", type=_positive, metavar="N", help="how far to look, in pictures each way (the checkpoint's)")
    add("--seed", type=_natural, metavar="N", help="another seed draws other offsets (the checkpoint's)")
    add("--clips", type=_natural, default=0, metavar="N", help="at most so many clips, spread evenly (0: all)")
    add("--min-fps", type=float, default=0.0, metavar="X", help="leave out clips with fewer pictures a second")
    add("--max-fps", type=float, default=float("inf"), metavar="X", help="leave out clips with more pictures a second")
    return made


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is below 1")
    return value


def _natural(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{value} is below 0")
    return value


if __name__ == "__main__":
    sys.exit(main())
