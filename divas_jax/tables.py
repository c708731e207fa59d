"""`python -m divas_jax.tables`: the paper's Tables 1 to 6 and Figures 2 to 4, made anew on this machine.

Every model is trained on the same data under the same protocol, and judged by the same code; the paper's numbers
stand beside. Without a limit everything has its paper's size, which is for accelerators and real data; `--minutes`
shrinks all models and their steps alike.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from divas_jax import command
from divas_jax.errors import UserError

if TYPE_CHECKING:
    from divas_jax.tabling.bench import Bench

NUMBERS = (1, 2, 3, 4, 5, 6)

_EXAMPLES = (
    "divas tables --quick --out TABLES                       # all six, small, on made-up talkers",
    "divas tables --only 1,2 --minutes 240 --out TABLES --data lrs2=DATA1 --data lrs3=DATA2",
)


def main() -> int:
    """Makes the tables that are asked for."""
    arguments = _parser().parse_args()
    return command.run(lambda: _made(arguments))


def _made(arguments: argparse.Namespace) -> None:
    from divas_jax.tabling.effort import QUICK_MINUTES
    from divas_jax.tabling.report import make_figures, make_tables

    minutes = QUICK_MINUTES if arguments.quick else arguments.minutes
    given = _data(arguments.data)
    bench = _bench(arguments, minutes, given)
    make_tables(bench, arguments.only, arguments.out, _about(arguments, minutes, given))
    names = ", ".join(sorted(path.name for path in make_figures(bench, arguments.only, arguments.out)))
    command.console.print(f"tables.md, .tex, .csv, .json and {names} are in {arguments.out}", markup=False)


def _bench(arguments: argparse.Namespace, minutes: float | None, given: dict[str, Path]) -> "Bench":
    from divas_jax.config import EvaluateConfig
    from divas_jax.named_configs import read_config
    from divas_jax.tabling.bench import Bench
    from divas_jax.tabling.datasets import DataSets
    from divas_jax.tabling.effort import effort_of
    from divas_jax.tabling.runs import NEEDED, Runs
    from divas_jax.tabling.sized import sized_crops, sized_frames

    effort = effort_of(minutes)
    sets = DataSets(given, arguments.out / "data", effort)
    crops, frames = ("tables", "tables") if minutes else ("face_crops", "full_frames")
    needed = {run for number in arguments.only for run in NEEDED[number]}
    runs = Runs(
        sets,
        arguments.out / "runs",
        effort,
        sized_crops(read_config(arguments.config or crops), effort),
        sized_frames(read_config(frames), effort),
        effort.seconds_each(len(needed)),
        arguments.seed,
    )
    return Bench(sets, runs, effort, EvaluateConfig(trials=effort.trials, seed=arguments.seed))


def _about(arguments: argparse.Namespace, minutes: float | None, given: dict[str, Path]) -> dict[str, str]:
    """What was asked for, and where it was made."""
    import jax

    limit = f" --minutes {minutes:g}" if minutes else ""
    devices = f"{jax.device_count()} x {jax.devices()[0].device_kind}"
    return {
        "command": f"divas tables --only {','.join(map(str, arguments.only))}{limit} --seed {arguments.seed}",
        "machine": f"{devices}, {os.cpu_count()} cores, jax {jax.__version__}",
        "data": "; ".join(f"{name}: {folder}" for name, folder in given.items()) or "made up",
    }


def _parser() -> argparse.ArgumentParser:
    what = "Makes the paper's tables anew: trains DiVAS and its competitors on the same data and measures them alike."
    parser = command.command_parser("divas tables", what, _EXAMPLES, command.DONE_OR_NOT)
    add = parser.add_argument
    add("--out", type=Path, required=True, metavar="DIR", help="folder of tables, figures, data and runs")
    add("--only", type=_numbers, default=NUMBERS, metavar="1,4", help="only these tables (all six)")
    add("--quick", action="store_true", help="the smallest that still shows something: some 15 minutes on two cores")
    add("--minutes", type=_minutes, metavar="N", help="shrink models and steps so that it takes so long, about")
    data = "a data set of divas prepare as lrs2, lrs3, frames or titles, or a folder of films as films; else made up"
    add("--data", action="append", default=[], metavar="NAME=DIR", help=data)
    add("--config", metavar="NAME|FILE", help="DiVAS's config on face crops (tables; face_crops without a limit)")
    add("--seed", type=int, default=0, metavar="N", help="another seed draws other weights and offsets (0)")
    return parser


def _numbers(text: str) -> tuple[int, ...]:
    numbers = tuple(sorted({int(part) for part in text.split(",")}))
    if not set(numbers) <= set(NUMBERS):
        raise argparse.ArgumentTypeError(f"{text!r}: the paper's tables are 1 to 6")
    return numbers


def _minutes(text: str) -> float:
    value = float(text)
    if not 1 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} minutes are too few")
    return value


def _data(named: list[str]) -> dict[str, Path]:
    folders = {}
    for text in named:
        name, equals, folder = text.partition("=")
        if not equals or not folder:
            raise UserError(f"--data {text} is not of the form NAME=FOLDER")
        if not Path(folder).is_dir():
            raise UserError(f"--data {text}: {folder} is no folder")
        folders[name] = Path(folder)
    return folders


if __name__ == "__main__":
    sys.exit(main())
