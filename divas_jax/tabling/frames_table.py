"""Table 4: face crops against whole pictures, and what it costs to prepare them (5.5)."""

import tempfile
from fractions import Fraction
from pathlib import Path

from divas_jax.judging.judge import SEARCH
from divas_jax.loading import load_judge
from divas_jax.sync.tolerances import UNDETECTABLE
from divas_jax.tabling.bench import Bench, accuracy, accuracy_values, luck
from divas_jax.tabling.datasets import FRAMES, LRS3
from divas_jax.tabling.paper_numbers import TABLE_4, THREE
from divas_jax.tabling.paper_table import PaperTable, TableRow
from divas_jax.tabling.runs import ON_FRAMES, ON_LRS3
from divas_jax.talkers.films import write_film
from divas_jax.talkers.films.draw import ALONE
from divas_jax.title.batch import FileJudge, Settings

SECONDS = Fraction(6)
"""Length of the film in Full HD on which preparing is timed (s)."""

PREPARING = ("faces", "crops")
"""Stages of a pass that end where the encoders begin, without decoding."""


def frames_table(bench: Bench) -> PaperTable:
    """Accuracy, and frames of Full HD that are prepared in a second."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder) / "film.mp4"
        write_film(film, 31, duration=SECONDS, fps=Fraction(25), sample_rate=16_000, kinds=(ALONE,))
        for name, run, data in (("DiVAS", ON_LRS3, LRS3), ("DiVAS-frame", ON_FRAMES, FRAMES)):
            trials = bench.trials(run, data)
            speed = _prepared(bench, run, film)
            cells = accuracy(trials), f"{speed:.0f}"
            rows.append(TableRow(name, cells, {**accuracy_values(trials), "prepared_frames_per_s": speed}))
    note = (
        f"Accuracy (%) under random offsets, {THREE}; crops: {bench.sets.about(LRS3)}, up to 30 frames/s; whole "
        f"pictures: {bench.sets.about(FRAMES)}. {luck(bench.trials(ON_LRS3, LRS3))} Prep: frames of 1920x1080 a second "
        f"on this machine, from decoded pictures to what the encoder sees (finding and following faces, cutting, "
        f"resizing), with the detector of `divas score`, which looks at some frames only. "
        f"{bench.schooling(ON_LRS3, ON_FRAMES)}"
    )
    return PaperTable(4, "Face crops against whole pictures", ("accuracy", "Prep (FPS)"), tuple(rows), TABLE_4, note)


def _prepared(bench: Bench, run: str, film: Path) -> float:
    """Frames/s of the stages before the encoders."""
    settings = Settings(None, run == ON_FRAMES, SEARCH, 1, UNDETECTABLE)
    facts = FileJudge(load_judge(bench.runs.divas(run).folder), settings).answer(film).facts
    seconds = sum(facts.stages.seconds.get(stage, 0.0) for stage in PREPARING)
    return float(SECONDS * 25) / max(seconds, 1e-9)
