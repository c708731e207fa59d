"""Which loss leaves its plateau, and when (equation 1, multiway, ours)."""

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from divas_jax.comparing.variants import Report, Run, seeded
from divas_jax.config import Config, ObjectiveConfig, ObjectiveName

NAMES: tuple[ObjectiveName, ...] = ("contrastive", "multiway", "offset_matrix")
LEVELS = (0.5, 0.9)
"""Strict accuracies whose first passing is reported."""


def compare(
    config: Config, data: Path, out: Path, seeds: Iterable[int], run: Run, names: Sequence[ObjectiveName] = NAMES
) -> Report:
    """Trains each of the named objectives with every seed on the same data and steps.

    Each objective keeps its own defaults (margin 20, 8 sounds); everything else is the config's.
    """
    runs_of: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for seed in seeds:
        for name in names:
            objective = config.objective
            if objective.name != name:
                objective = ObjectiveConfig(name=name, scale=config.objective.scale)
            variant = dataclasses.replace(seeded(config, data, seed), objective=objective)
            folder = out / f"{name}-{seed}"
            if run(variant, folder) is not None:
                raise KeyboardInterrupt
            runs_of[name].append({"seed": seed, **passings(folder / "metrics.jsonl")})
    return Report(
        {"steps": config.train.steps, "evaluated_every": config.train.evaluate_every, "runs": runs_of},
        _markdown(runs_of, config.train.steps),
    )


def passings(metrics: Path) -> dict[str, Any]:
    """The first evaluation at which strict validation accuracy passes each of `LEVELS` (None: never), and the last."""
    lines = [json.loads(line) for line in metrics.read_text().splitlines()]
    strict = {line["step"]: line["strict"] for line in lines if "strict" in line}
    first = {f"step_of_{level:.0%}": _first(strict, level) for level in LEVELS}
    return {**first, "strict_at_end": strict[max(strict)] if strict else None}


def _first(strict: Mapping[int, float], level: float) -> int | None:
    return min((step for step, value in strict.items() if value >= level), default=None)


def _markdown(runs_of: Mapping[str, Sequence[Mapping[str, Any]]], steps: int) -> str:
    lines = [
        f"Strict (±40 ms) validation accuracy, {steps} steps; one number a seed, `-` = never.",
        "",
        "| objective | first ≥ 50 % at step | first ≥ 90 % at step | at the end |",
        "| --- | --- | --- | --- |",
    ]
    for name, runs in runs_of.items():
        cells = [" / ".join(str(run[f"step_of_{level:.0%}"] or "-") for run in runs) for level in LEVELS]
        ends = " / ".join("-" if run["strict_at_end"] is None else f"{run['strict_at_end']:.0%}" for run in runs)
        lines.append(f"| {name} | {cells[0]} | {cells[1]} | {ends} |")
    return "\n".join(lines) + "\n"
