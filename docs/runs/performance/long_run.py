"""Memory of a long training run: the loader, the step and checkpoints, thousands of steps of a tiny model.

python docs/runs/performance/long_run.py [STEPS]

Prints the resident memory of this process every tenth of the way, and its growth over the second half: the first half
holds what is kept for good (compiled steps, decoders' pools).
"""

import os
import sys
import tempfile
from collections.abc import Mapping
from fractions import Fraction
from functools import partial
from pathlib import Path

from divas_jax.config import Config, DataConfig, ModelConfig, ObjectiveConfig, TrainConfig, ViewConfig
from divas_jax.running import batches
from divas_jax.talkers import TalkerSource
from divas_jax.training.loop import train
from divas_jax.training.writers import Writers

PAGE = os.sysconf("SC_PAGE_SIZE")


class MemoryLog:
    """Prints, and remembers, the resident memory (MiB) at each line of metrics."""

    def __init__(self) -> None:
        self.mebibytes: list[float] = []

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """One line."""
        resident = int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 2**20
        self.mebibytes.append(resident)
        print(f"step {step}: {resident:.0f} MiB, {values['steps_per_s']:.1f} steps/s", flush=True)

    def close(self) -> None:
        """Nothing is open."""


def main(steps: int) -> None:
    """Trains a tiny model on eight talkers, which are decoded again for every step."""
    config = Config(
        model=ModelConfig(dim=24, layers=1, heads=3, mlp=32, size=32, patch=16),
        view=ViewConfig(crop=0.5),
        data=DataConfig(rungs=((6, 75),), segments=2, windows=2, max_fps=31.0),
        objective=ObjectiveConfig(name="offset_matrix"),
        train=TrainConfig(steps=steps, log_every=max(1, steps // 10), save_every=max(1, steps // 20), evaluate_every=0),
    )
    made = TalkerSource(8, "train", rates=(Fraction(25), Fraction(30)), duration=Fraction(1), size=64)
    source, log = [made[index] for index in range(8)], MemoryLog()
    with tempfile.TemporaryDirectory() as folder, Writers(log) as writers:
        train(config, Path(folder), partial(batches, config, source), writers)
    half = log.mebibytes[len(log.mebibytes) // 2 :]
    print(f"growth over the second half: {half[-1] - half[0]:+.1f} MiB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
