"""Table 1: DiVAS beside SyncNet and VocaLiST on clips of 25 frames/s (5.2)."""

from collections.abc import Mapping
from typing import Any

from divas_jax.baselines.competitors import syncnet, vocalist
from divas_jax.baselines.sizes import size_of
from divas_jax.baselines.speed import competitor_speed, divas_speed, measured_clip
from divas_jax.config import Config
from divas_jax.model.shapes import parameter_count
from divas_jax.tabling.bench import Bench, accuracy, accuracy_values, luck
from divas_jax.tabling.datasets import LRS2
from divas_jax.tabling.paper_numbers import TABLE_1, THREE
from divas_jax.tabling.paper_table import PaperTable, TableRow
from divas_jax.tabling.runs import ON_LRS2, SYNCNET, VOCALIST

_RUNS = {"SyncNet": SYNCNET, "VocaLiST": VOCALIST, "DiVAS": ON_LRS2}

FAST_S = 4
"""Length of the clip on which the fast ones are timed (s)."""


def offsets_table(bench: Bench) -> PaperTable:
    """Accuracy of the models of this run; parameters and speed at the sizes of the papers."""
    paper_size = Config()
    clip, short = measured_clip(FAST_S), measured_clip(bench.effort.speed_s)
    speed = {
        "SyncNet": competitor_speed(syncnet(), clip),
        "VocaLiST": competitor_speed(vocalist(), short),
        "DiVAS": divas_speed(paper_size, clip),
    }
    sizes = {"SyncNet": size_of(syncnet().make), "VocaLiST": size_of(vocalist().make)}
    sizes["DiVAS"] = parameter_count(paper_size.model)
    rows = [_row(bench, name, sizes[name], speed[name]) for name in _RUNS]
    note = (
        f"Accuracy (%) under random offsets, {THREE}; {bench.sets.about(LRS2)}. {luck(bench.trials(ON_LRS2, LRS2))} "
        f"{bench.schooling(*_RUNS.values())} #Par and FPS are of the papers' sizes on this machine, from decoded "
        f"pictures to the offset of a clip of {FAST_S} s (VocaLiST: {bench.effort.speed_s} s); accuracy is of networks "
        f"{bench.effort.width:g} times as wide."
    )
    return PaperTable(1, "Random offsets at 25 frames/s", ("accuracy", "#Par", "FPS"), tuple(rows),
                      TABLE_1, note)  # fmt: skip


def _row(bench: Bench, name: str, size: int, frames_per_s: float) -> TableRow:
    trials = bench.trials(_RUNS[name], LRS2)
    values: Mapping[str, Any] = accuracy_values(trials)
    cells = (
        accuracy(trials),
        f"{size / 1e6:.1f}M",
        f"{frames_per_s:.0f}" if frames_per_s >= 10 else f"{frames_per_s:.1f}",
    )
    return TableRow(name, cells, {**values, "parameters": size, "frames_per_s": frames_per_s})
