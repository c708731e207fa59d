"""Table 2: positions that tell the time against positions that count (5.3)."""

from divas_jax.tabling.bench import Bench, accuracy, accuracy_values, luck
from divas_jax.tabling.datasets import FAST, LRS3, SLOW
from divas_jax.tabling.paper_numbers import TABLE_2, THREE
from divas_jax.tabling.paper_table import PaperTable, TableRow
from divas_jax.tabling.runs import BASE, ON_LRS3


def rates_table(bench: Bench) -> PaperTable:
    """Both learn up to 30 frames/s; the second column is of 59.94 and 60, which they have never seen."""
    rows = []
    for name, run in (("Base", BASE), ("DiVAS", ON_LRS3)):
        slow, fast = (bench.trials(run, LRS3, rates) for rates in (SLOW, FAST))
        values = {**accuracy_values(slow), **accuracy_values(fast, "fast_")}
        rows.append(TableRow(name, (accuracy(slow), accuracy(fast)), values))
    at_slow, at_fast = (luck(bench.trials(ON_LRS3, LRS3, rates)) for rates in (SLOW, FAST))
    note = (
        f"Accuracy (%) under random offsets, {THREE}; {bench.sets.about(LRS3)}; both learn up to 30 frames/s. "
        f"{at_slow} At 60 frames/s: {at_fast} {bench.schooling(BASE, ON_LRS3)}"
    )
    return PaperTable(
        2, "Positions that tell the time", ("up to 30 frames/s", "60 frames/s"), tuple(rows), TABLE_2, note
    )
