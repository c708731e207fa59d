"""Table 3: harder data, models that have seen it and models that have not, and whole titles (5.4)."""

import numpy as np

from divas_jax.errors import UserError
from divas_jax.evaluation.calibrating import calibration_trials
from divas_jax.evaluation.lines import percent
from divas_jax.evaluation.made_title_tables import DENSITY, OUTLIERS, title_accuracy
from divas_jax.evaluation.made_title_tables import TABLE_3 as KINDS_OF_TITLES
from divas_jax.evaluation.made_titles import outcomes_by_kind, scene_errors
from divas_jax.sync.tolerances import TOLERANCES
from divas_jax.tabling.bench import Bench, accuracy, accuracy_values, luck
from divas_jax.tabling.datasets import LRS2, LRS3, TITLES
from divas_jax.tabling.paper_numbers import TABLE_3, THREE
from divas_jax.tabling.paper_table import PaperTable, TableRow
from divas_jax.tabling.runs import ON_LRS2, ON_LRS3, ON_TITLES, VOCALIST
from divas_jax.title.made_title_judge import title_answer

_RUNS = {
    "VocaLiST, LRS2": VOCALIST,
    "DiVAS, LRS2": ON_LRS2,
    "DiVAS, LRS3-multifps": ON_LRS3,
    "DiVAS, new data": ON_TITLES,
}


def titles_table(bench: Bench) -> PaperTable:
    """Every model on the harder data; the last row is of titles whose scenes err as the last model does."""
    rows = []
    for name, run in _RUNS.items():
        trials = bench.trials(run, TITLES)
        rows.append(TableRow(name, (accuracy(trials),), accuracy_values(trials)))
    rows.append(_titles_row(bench))
    note = (
        f"Accuracy (%) under random offsets, {THREE}. LRS2: {bench.sets.about(LRS2)}; LRS3-multifps: "
        f"{bench.sets.about(LRS3)}; new data, on which all are tested: {bench.sets.about(TITLES)}. "
        f"{luck(bench.trials(ON_TITLES, TITLES))} Titles are made up: their scenes err as the clips do, with offsets "
        f"and drifts of the kinds {', '.join(KINDS_OF_TITLES)}. {bench.schooling(*_RUNS.values())}"
    )
    return PaperTable(3, "Harder data, and whole titles", ("accuracy on the new data",), tuple(rows), TABLE_3, note)


def _titles_row(bench: Bench) -> TableRow:
    name = "DiVAS, new data, titles"
    trials = calibration_trials(bench.runs.divas(ON_TITLES).embedder, bench.sets.tested(TITLES), bench.settings)
    try:
        errors = scene_errors(trials, None)
    except UserError:  # no answer is right: nothing to make titles of
        return TableRow(name, ("-",), {tolerance.name: None for tolerance in TOLERANCES})
    judged = outcomes_by_kind(title_answer, errors, bench.effort.titles, DENSITY, OUTLIERS, bench.settings.seed)
    shares = {tolerance: share.value for tolerance, share in title_accuracy(judged).items()}
    right = float(np.mean([title.true == title.predicted for title in judged]))
    cell = " | ".join(percent(shares[tolerance.name]) for tolerance in TOLERANCES)
    return TableRow(name, (cell,), {**shares, "verdicts_right": right, "titles": len(judged)})
