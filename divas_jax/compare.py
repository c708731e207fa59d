"""`python -m divas_jax.compare objectives|positions`: trains variants on the same data and reports what comes out.

`objectives` says after how many steps the three losses first pass 50 % and
90 % strict accuracy (same data, steps and seeds). `positions` is Table 2:
trained up to 30 frames/s, tested there and at 59.94 and 60, time-aware against base.
Every run has its own folder and goes on where it stopped.
"""

import argparse
import json
import runpy
import sys
from pathlib import Path

from divas_jax import command
from divas_jax.config import Config
from divas_jax.errors import UserError
from divas_jax.writing import write_json, write_whole


def main() -> int:
    """Runs one comparison."""
    parser = argparse.ArgumentParser(prog="divas compare", description="trains variants on the same data")
    add = parser.add_argument
    add("what", choices=("objectives", "positions"))
    add("--config", type=Path, required=True, metavar="FILE", help="the run that is varied (.py or .json)")
    add("--data", type=Path, metavar="DIR", help="of prepare; talkers are made without it")
    add("--out", type=Path, required=True, metavar="DIR", help="folder of the runs and the report")
    add("--seeds", type=int, default=3, metavar="N", help="runs of each variant")
    add("--steps", type=int, metavar="N", help="steps of each run, if not the config's")
    add("--every", type=int, default=50, metavar="N", help="steps between two evaluations")
    arguments = parser.parse_args()

    from divas_jax.comparing import objectives, positions, variants
    from divas_jax.running import train_here

    config = variants.with_steps(_config(arguments.config), arguments.steps, arguments.every)
    compare = objectives.compare if arguments.what == "objectives" else positions.compare
    data = arguments.data or variants.compared_talkers(config, arguments.out)
    report = compare(config, data, arguments.out, range(arguments.seeds), train_here)
    write_json(arguments.out / f"{arguments.what}.json", report.json)
    write_whole(arguments.out / f"{arguments.what}.md", report.markdown.encode())
    command.console.print(report.markdown, markup=False)
    return 0


def _config(path: Path) -> Config:
    try:
        if path.suffix == ".py":
            return Config.from_dict(runpy.run_path(str(path))["get_config"]())
        return Config.from_dict(json.loads(path.read_text()))
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"cannot read the config {path}: {error}") from None


if __name__ == "__main__":
    sys.exit(command.run(main))
