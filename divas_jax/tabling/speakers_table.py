"""Table 6: who speaks, by the confidence of the models of Table 3 (5.6)."""

from dataclasses import asdict

from divas_jax.evaluation.lines import percent
from divas_jax.evaluation.speaker_scores import AVERAGE, CONDITIONS, compare_labels, speaker_scores
from divas_jax.judging.judge import SEARCH
from divas_jax.loading import load_judge
from divas_jax.sync.tolerances import UNDETECTABLE
from divas_jax.tabling.bench import Bench
from divas_jax.tabling.datasets import FILMS
from divas_jax.tabling.paper_numbers import TABLE_6
from divas_jax.tabling.paper_table import PaperTable, TableRow
from divas_jax.tabling.runs import ON_LRS2, ON_LRS3, ON_TITLES
from divas_jax.title.against_labels import judged_speakers, labelled_files
from divas_jax.title.batch import FileJudge, Settings

_RUNS = {"DiVAS, LRS2": ON_LRS2, "DiVAS, LRS3-multifps": ON_LRS3, "DiVAS, new data": ON_TITLES}


def speakers_table(bench: Bench) -> PaperTable:
    """F1 over face-seconds in scenes with one speaker, one among others, and several."""
    labels, files = labelled_files(bench.sets.path(FILMS))
    rows, everybody = [], ""
    for name, run in _RUNS.items():
        judge = FileJudge(load_judge(bench.runs.divas(run).folder), Settings(None, False, SEARCH, 1, UNDETECTABLE))
        scores = speaker_scores(compare_labels(labels, judged_speakers(judge, files)[1]))
        shown = [scores.get(kind) for kind in (*CONDITIONS, AVERAGE)]
        cells = tuple("-" if score is None else percent(score.f1) for score in shown)
        everybody = " | ".join("-" if score is None else percent(score.everybody_f1) for score in shown)
        rows.append(
            TableRow(name, cells, {kind: asdict(scores[kind]) for kind in (*CONDITIONS, AVERAGE) if kind in scores})
        )
    note = (
        f"F1 (%) over face-seconds; {bench.sets.about(FILMS)}. S: one speaker; SI: one speaker among others; MS: "
        f"several. That every face speaks all the time would have: {everybody}. {bench.schooling(*_RUNS.values())}"
    )
    return PaperTable(6, "Who speaks", ("S", "SI", "MS", "average"), tuple(rows), TABLE_6, note)
