"""Table 2: positions that tell the time against positions that count, at rates never trained on (5.3)."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from divas_jax.comparing.variants import Report, Run, seeded
from divas_jax.config import Config
from divas_jax.data.records import open_records
from divas_jax.evaluation.embedding import Embedder
from divas_jax.evaluation.protocols import random_offsets
from divas_jax.evaluation.reading import within_rates
from divas_jax.evaluation.scores import chance, scores
from divas_jax.loading import load_weights
from divas_jax.sync.tolerances import STRICT, TOLERANCES

TRAINED = (0.0, 31.0)
UNSEEN = (59.0, 61.0)
"""Frame rates (frames/s) of the two columns of Table 2."""

TRIALS = 4
"""Artificial offsets a clip."""


def compare(config: Config, data: Path, out: Path, seeds: Iterable[int], run: Run) -> Report:
    """Trains both kinds of position up to 30 frames/s; tests each there and at 59.94 and 60."""
    found: dict[str, list[dict[str, Any]]] = {"base": [], "time-aware": []}
    for seed in seeds:
        for name in found:
            model = dataclasses.replace(config.model, time_aware=name == "time-aware")
            variant = dataclasses.replace(seeded(config, data, seed), model=model)
            variant = dataclasses.replace(variant, data=dataclasses.replace(variant.data, max_fps=TRAINED[1]))
            folder = out / f"{name}-{seed}"
            if run(variant, folder) is not None:
                raise KeyboardInterrupt
            found[name].append({"seed": seed, **tested(folder, data)})
    return Report({"steps": config.train.steps, "runs": found}, _markdown(found))


def tested(workdir: Path, data: Path) -> dict[str, Any]:
    """Accuracies (0 to 1) of a run's best checkpoint on the test clips of both columns, and chance."""
    config, parameters = load_weights(workdir)
    embedder = Embedder(config, parameters)
    settings = dataclasses.replace(config.evaluate, trials=TRIALS)
    columns = {}
    for column, rates in (("to_30_fps", TRAINED), ("60_fps", UNSEEN)):
        trials = random_offsets(embedder, within_rates(open_records(data, "test"), *rates), settings)
        accuracy = scores(trials).accuracy
        columns[column] = {tolerance.name: accuracy[tolerance.name].value for tolerance in TOLERANCES}
        columns[column] |= {"trials": len(trials), "chance_strict": chance(trials, STRICT)}
    return columns


def _markdown(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    lines = [
        "Accuracy (%) at strict, undetectable, acceptable; trained up to 30 frames/s; one line a seed.",
        "",
        "| positions | seed | up to 30 fps | 59.94 and 60 fps (unseen) |",
        "| --- | --- | --- | --- |",
    ]
    for name, runs in found.items():
        for run in runs:
            cells = [
                ", ".join(f"{100 * run[column][tolerance.name]:.1f}" for tolerance in TOLERANCES)
                for column in ("to_30_fps", "60_fps")
            ]
            lines.append(f"| {name} | {run['seed']} | {cells[0]} | {cells[1]} |")
    run = next(iter(found.values()))[0]
    low, high = (100 * run[column]["chance_strict"] for column in ("to_30_fps", "60_fps"))
    return "\n".join([*lines, f"| chance (strict) | | {low:.1f} | {high:.1f} |"]) + "\n"
