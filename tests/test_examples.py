"""The programs of examples/ run."""

import csv
import json
import runpy
import warnings
from fractions import Fraction
from pathlib import Path

import numpy as np
from matplotlib import pyplot

from divas_jax.data.records import write_records
from divas_jax.media.encode import encode_clip
from divas_jax.talkers import make_talker, talker_record

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def test_embeddings(tmp_path):
    clip = make_talker(1, fps=Fraction(25), sample_rate=16_000, duration=Fraction(1), size=64)
    encode_clip(clip, tmp_path / "talker.mp4")
    runpy.run_path(str(EXAMPLES / "embeddings.py"))["main"](tmp_path, tmp_path / "out.npz")
    with np.load(tmp_path / "out.npz") as kept:
        assert len(kept["talker.mp4/pictures"]) == len(kept["talker.mp4/aligned"]) == 21
        assert kept["talker.mp4/sounds"].shape[1] == kept["talker.mp4/pictures"].shape[1]


def test_divas_learns_in_a_loop_of_ones_own(tmp_path):
    records = [
        talker_record(seed, split="train", rates=[Fraction(25)], duration=Fraction(2), variable_share=0.0)
        for seed in range(2)
    ]
    write_records({"train": records}, tmp_path)
    main = runpy.run_path(str(EXAMPLES / "own_training_loop.py"))["main"]
    losses = main(tmp_path, 3)
    assert len(losses) == 3
    assert losses[-1] < losses[0]


def test_a_folder_is_judged_and_a_generator_scored(tmp_path, capsys):
    """A talker's head alone: no face is found in it by the detector of real ones, and that is said."""
    (tmp_path / "films").mkdir()
    clip = make_talker(1, fps=Fraction(25), sample_rate=16_000, duration=Fraction(3), size=64)
    encode_clip(clip, tmp_path / "films" / "talker.mp4")
    runpy.run_path(str(EXAMPLES / "judge_folder.py"))["main"](tmp_path / "films", tmp_path / "out.csv")
    (row,) = csv.DictReader((tmp_path / "out.csv").open())
    said = capsys.readouterr().out
    assert row["status"] in ("thin", "told")
    assert (row["words"] or row["reason"]) in said
    runpy.run_path(str(EXAMPLES / "score_generator.py"))["main"]([tmp_path / "films"])
    assert "'files': 1" in capsys.readouterr().out


def test_the_notebook_runs_and_shows_what_it_says(capsys):
    notebook = json.loads((EXAMPLES / "first_look.ipynb").read_text())
    code = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    names: dict = {}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "FigureCanvasAgg is non-interactive")
        exec("\n\n".join(code), names)
    pyplot.close("all")
    assert abs(names["answer"].offset_ms - 120) < 40
    assert np.abs(np.asarray(names["answers"]) - names["truths"]).max() < 40
    printed = "".join(
        text for cell in notebook["cells"] for output in cell.get("outputs", ()) for text in output.get("text", ())
    )
    assert capsys.readouterr().out.splitlines()[0] == printed.splitlines()[0]
    pictures = [cell for cell in notebook["cells"] if any("data" in output for output in cell.get("outputs", ()))]
    assert len(pictures) == 5, "it is kept with its pictures"
