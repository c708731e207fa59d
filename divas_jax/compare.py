"""`python -m divas_jax.compare objectives|positions`: trains variants on the same data and reports what comes out.

`objectives` says after how many steps the three losses first pass 50 % and
90 % strict accuracy (same data, steps and seeds). `positions` is Table 2:
trained up to 30 frames/s, tested there and at 59.94 and 60, time-aware against base.
Every run has its own folder and goes on where it stopped.
"""

import argparse
import json
import sys
from pathlib import Path

from divas_jax import command
from divas_jax.config import Config
from divas_jax.errors import UserError
from divas_jax.writing import write_json, write_whole


def main() -> int:
    """Runs one comparison."""
    parser = argparse.ArgumentParser(prog="divas compare", description="trains variants on the same data")
    parser.add_argument("what", choices=("objectives", "positions"))
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="JSON of the run that is varied")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder written by prepare")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the runs and the report")
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="runs of each variant")
    parser.add_argument("--steps", type=int, metavar="N", help="steps of each run, if not the config's")
    parser.add_argument("--every", type=int, default=50, metavar="N", help="steps between two evaluations")
    arguments = parser.parse_args()

    from divas_jax.comparing import objectives, positions, variants
    from divas_jax.running import train_here

    config = variants.with_steps(_config(arguments.config), arguments.steps, arguments.every)
    compare = objectives.compare if arguments.what == "objectives" else positions.compare
    report = compare(config, arguments.data, arguments.out, range(arguments.seeds), train_here)
    write_json(arguments.out / f"{arguments.what}.json", report.json)
    write_whole(arguments.out / f"{arguments.what}.md", report.markdown.encode())
    command.console.print(report.markdown, markup=False)
    return 0


def _config(path: Path) -> Config:
    try:
        return Config.from_dict(json.loads(path.read_text()))
    except (OSError, ValueError) as error:
        raise UserError(f"cannot read the config {path}: {error}") from None


if __name__ == "__main__":
    sys.exit(command.run(main))
