"""`python -m divas_jax.compare objectives|positions`: trains variants on the same data and reports what comes out.

`objectives` says after how many steps the losses first pass 50 % and 90 %
strict accuracy (same data, steps and seeds). `positions` is Table 2: time-aware
against base, trained up to 30 frames/s, tested there and at 59.94 and 60, or at
the rates that are asked for. Every run has its own folder and goes on where it stopped.
"""

import argparse
import sys
from pathlib import Path

from divas_jax import command
from divas_jax.named_configs import read_config
from divas_jax.writing import write_json, write_whole

_EXAMPLES = (
    "divas compare objectives --config quickstart --out RUNS --steps 500",
    "divas compare positions --config configs/quickstart.py --data DATA --out RUNS",
)


def main() -> int:
    """Runs one comparison."""
    arguments = _parser().parse_args()

    from divas_jax.comparing import losses, time_awareness, variants
    from divas_jax.running import train_here

    config = variants.with_steps(read_config(arguments.config), arguments.steps, arguments.every)
    data = arguments.data or variants.compared_talkers(config, arguments.out)
    common = (config, data, arguments.out, range(arguments.seeds), train_here)
    if arguments.comparison == "objectives":
        report = losses.compare(*common, arguments.only or losses.NAMES)
    else:
        report = time_awareness.compare(*common, arguments.trained, arguments.unseen, arguments.split)
    write_json(arguments.out / f"{arguments.comparison}.json", report.json)
    write_whole(arguments.out / f"{arguments.comparison}.md", report.markdown.encode())
    command.console.print(report.markdown, markup=False)
    return 0


def _parser() -> argparse.ArgumentParser:
    what = "Trains variants of a model on the same data, and reports what comes out."
    parser = command.command_parser("divas compare", what, _EXAMPLES, command.DONE_OR_NOT)
    add = parser.add_argument
    choices = ("objectives", "positions")
    add(
        "comparison",
        choices=choices,
        metavar="COMPARISON",
        help="which losses learn fastest (objectives), or Table 2 (positions)",
    )
    add("--config", required=True, metavar="NAME|FILE", help="the run that is varied: a name, a .py or a .json")
    add("--data", type=Path, metavar="DIR", help="a data set of divas prepare (made-up talkers)")
    add("--out", type=Path, required=True, metavar="DIR", help="folder of the runs and the report")
    add("--seeds", type=int, default=3, metavar="N", help="runs of each variant (3)")
    add("--steps", type=int, metavar="N", help="training steps of each run (the config's)")
    add("--every", type=int, default=50, metavar="N", help="measure after every N steps (50)")
    add("--only", type=_names, metavar="A,B", help="for objectives: only these")
    add(
        "--trained",
        type=_rates,
        default=(0.0, 31.0),
        metavar="LOW-HIGH",
        help="for positions: fps trained on",
    )
    add(
        "--unseen",
        type=_rates,
        default=(59.0, 61.0),
        metavar="LOW-HIGH",
        help="for positions: fps tested too",
    )
    add("--split", default="test", choices=("val", "test"), help="for positions: clips tested")
    return parser


def _names(text: str) -> tuple[str, ...]:
    known = ("contrastive", "multiway", "offset_matrix", "offset_curve")
    names = tuple(text.split(","))
    if unknown := [name for name in names if name not in known]:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is no objective (known: {', '.join(known)})")
    return names


def _rates(text: str) -> tuple[float, float]:
    try:
        low, high = map(float, text.split("-"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form LOW-HIGH, as in 24.5-25.5") from None
    return low, high


if __name__ == "__main__":
    sys.exit(command.run(main))
