"""The same measurements in several checkouts of this project, in turn, so that a busy machine is unjust to none."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from divas_jax.errors import UserError

Rates = dict[tuple[str, str], dict[str, float]]
"""By part and unit: the best rate (units a second) in each checkout."""


def measured_in_turn(
    checkouts: Mapping[str, Path], parts: Sequence[str], rounds: int, options: Sequence[str] = ()
) -> Rates:
    """Runs `divas benchmark` of every checkout once a round, one after the other, in the same environment.

    Args:
      checkouts: their folders, by what they are called here.
      parts: of the benchmark.
      rounds: the best of each counts.
      options: further ones of the command.

    Raises:
      UserError: one of them fails.
    """
    best: Rates = {}
    for _ in range(rounds):
        for name, folder in checkouts.items():
            for line in _measured(folder, ["--parts", *parts, "--rounds", "1", *options]):
                rates = best.setdefault((line["part"], line["unit"]), {})
                rates[name] = max(rates.get(name, 0.0), line["rate"])
    return best


def _measured(folder: Path, options: Sequence[str]) -> list[dict]:
    with tempfile.TemporaryDirectory() as folder_of_report:
        report = Path(folder_of_report) / "report.json"
        command = [sys.executable, "-m", "divas_jax.benchmark", *options, "--json", str(report)]
        environment = os.environ | {"PYTHONPATH": str(folder.resolve())}
        done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True)
        if done.returncode:
            last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
            raise UserError(f"the benchmark of {folder} failed: {' '.join(last)}")
        return json.loads(report.read_text())["measurements"]
