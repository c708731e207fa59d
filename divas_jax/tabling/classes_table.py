"""Table 5: whole pictures on the grid of 21 offsets, beside Iashin et al. (5.5)."""

from divas_jax.baselines.competitors import sparse_sync
from divas_jax.baselines.sizes import size_of
from divas_jax.evaluation.lines import percent
from divas_jax.evaluation.scores import grid_scores
from divas_jax.model.shapes import parameter_count
from divas_jax.named_configs import read_config
from divas_jax.tabling.bench import Bench
from divas_jax.tabling.datasets import FRAMES
from divas_jax.tabling.paper_numbers import TABLE_5
from divas_jax.tabling.paper_table import PaperTable, TableRow
from divas_jax.tabling.runs import IASHIN, ON_FRAMES


def classes_table(bench: Bench) -> PaperTable:
    """Accuracy on the grid; parameters at the sizes of the papers."""
    sizes = {"Iashin et al.": size_of(sparse_sync().make)}
    sizes["DiVAS-frame"] = parameter_count(read_config("full_frames").model)
    rows, luck = [], 0.0
    for name, run in (("Iashin et al.", IASHIN), ("DiVAS-frame", ON_FRAMES)):
        measured = grid_scores(bench.runs.contestant(run).classes(bench.sets.tested(FRAMES), bench.settings))
        luck = measured.exact.chance
        cells = percent(measured.exact.value), percent(measured.tolerant.value), f"{sizes[name] / 1e6:.1f}M"
        values = {"exact": measured.exact.value, "within_200_ms": measured.tolerant.value, "parameters": sizes[name]}
        rows.append(TableRow(name, cells, {**values, "clips": measured.clips, "too_short": measured.too_short}))
    note = (
        f"Accuracy (%) on offsets from -2 to 2 s in steps of 200 ms, exact and with the neighbours (200 ms); "
        f"{bench.sets.about(FRAMES)}. Chance, exact: {percent(luck)} %. #Par is of the papers' sizes; accuracy is of "
        f"networks {bench.effort.width:g} times as wide, of windows of {bench.effort.window / 25:g} s. "
        f"{bench.schooling(IASHIN, ON_FRAMES)}"
    )
    return PaperTable(
        5, "Whole pictures on 21 offsets", ("Acc 21", "Acc 21, tolerant", "#Par"), tuple(rows), TABLE_5, note
    )
