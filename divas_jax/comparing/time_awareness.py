"""Table 2: positions that tell the time against positions that count, at rates never trained on (5.3)."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from divas_jax.comparing.variants import Report, Run, seeded
from divas_jax.config import Config
from divas_jax.data.records import open_records
from divas_jax.evaluation.protocols import random_offsets
from divas_jax.evaluation.reading import within_rates
from divas_jax.evaluation.scores import chance, scores
from divas_jax.judging.embedding import Embedder
from divas_jax.loading import load_weights
from divas_jax.sync.tolerances import STRICT, TOLERANCES

Rates = tuple[float, float]
"""Lowest and highest frame rate of a column of Table 2 (frames/s)."""

TRIALS = 4
"""Artificial offsets a clip."""


def compare(
    config: Config,
    data: Path,
    out: Path,
    seeds: Iterable[int],
    run: Run,
    trained: Rates,
    unseen: Rates,
    split: str = "test",
) -> Report:
    """Trains both kinds of position at the rates of one column; tests each there and at those of the other."""
    runs_of: dict[str, list[dict[str, Any]]] = {"base": [], "time-aware": []}
    for seed in seeds:
        for name in runs_of:
            model = dataclasses.replace(config.model, time_aware=name == "time-aware")
            variant = dataclasses.replace(seeded(config, data, seed), model=model)
            variant = dataclasses.replace(
                variant, data=dataclasses.replace(variant.data, min_fps=trained[0], max_fps=trained[1])
            )
            folder = out / f"{name}-{seed}"
            if run(variant, folder) is not None:
                raise KeyboardInterrupt
            runs_of[name].append({"seed": seed, **tested(folder, data, split, trained, unseen)})
    rates = {"trained_fps": trained, "unseen_fps": unseen}
    return Report({"steps": config.train.steps, **rates, "runs": runs_of}, _markdown(runs_of, trained, unseen))


def tested(workdir: Path, data: Path, split: str, trained: Rates, unseen: Rates) -> dict[str, Any]:
    """Accuracies (0 to 1) of a run's best checkpoint on a split's clips of both columns, and chance."""
    config, parameters = load_weights(workdir)
    embedder = Embedder(config, parameters)
    settings = dataclasses.replace(config.evaluate, trials=TRIALS)
    columns = {}
    for column, rates in (("trained", trained), ("unseen", unseen)):
        trials = random_offsets(embedder, within_rates(open_records(data, split), *rates), settings)
        accuracy = scores(trials).accuracy
        columns[column] = {tolerance.name: accuracy[tolerance.name].value for tolerance in TOLERANCES}
        columns[column] |= {"trials": len(trials), "chance_strict": chance(trials, STRICT)}
    return columns


def _markdown(runs_of: Mapping[str, Sequence[Mapping[str, Any]]], trained: Rates, unseen: Rates) -> str:
    seen, other = (f"{low:g} to {high:g} fps" for low, high in (trained, unseen))
    lines = [
        "Accuracy (%) at strict, undetectable, acceptable; one line a seed.",
        "",
        f"| positions | seed | {seen} (trained on) | {other} (unseen) |",
        "| --- | --- | --- | --- |",
    ]
    for name, runs in runs_of.items():
        for run in runs:
            cells = [
                ", ".join(f"{100 * run[column][tolerance.name]:.1f}" for tolerance in TOLERANCES)
                for column in ("trained", "unseen")
            ]
            lines.append(f"| {name} | {run['seed']} | {cells[0]} | {cells[1]} |")
    run = next(iter(runs_of.values()))[0]
    low, high = (100 * run[column]["chance_strict"] for column in ("trained", "unseen"))
    return "\n".join([*lines, f"| chance (strict) | | {low:.1f} | {high:.1f} |"]) + "\n"
