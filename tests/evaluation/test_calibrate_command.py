"""`divas calibrate`, and what `export`, `load` and `predict` do with its file."""

import contextlib
import io
import json
import shutil
import sys

import pytest

import divas_jax
from divas_jax import calibrate, command, export, loading, predict
from divas_jax.data.records import open_records
from divas_jax.evaluation.calibrating import few_speakers
from divas_jax.judging.calibration import read_calibration


def run(module, *arguments):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["divas", *map(str, arguments)])
        return command.run(module.main)


@pytest.fixture(scope="module")
def said():
    """What making `made` printed."""
    return io.StringIO()


@pytest.fixture(scope="module")
def made(folders, tmp_path_factory, said):
    """A calibration of the random model."""
    out = tmp_path_factory.mktemp("calibrate") / "made.json"
    given = ("--checkpoint", folders / "model", "--data", folders / "data", "--split", "test", "--trials", 3)
    with contextlib.redirect_stdout(said):
        assert run(calibrate, *given, "--out", out, "--threshold", 0.9) == 0
    return out


@pytest.fixture(scope="module")
def released(folders, made, tmp_path_factory):
    """An export with its calibration, in half precision."""
    out = tmp_path_factory.mktemp("released") / "weights"
    given = ("--checkpoint", folders / "model", "--calibration", made, "--dtype", "float16", "--no-stablehlo")
    assert run(export, *given, "--out", out) == 0
    return out


def test_the_file_says_what_it_was_made_of(made):
    found = read_calibration(made)
    assert (found.threshold, found.search_ms, found.tolerance_ms) == (0.9, 600.0, 40.0)
    assert (found.facts["split"], found.facts["clips"], found.facts["speakers"]) == ("test", 3, 3)
    assert found.facts["trials"] == 3 * found.facts["shuffled_trials"]
    assert list(found.facts["checked"]["by_part"]) == ["middle 1 s", "middle 2 s", "whole clip"]
    assert made.with_suffix(".png").stat().st_size > 5000


def test_few_speakers_are_warned_of(made, said):
    assert "by 3-fold cross-validation over speakers" in said.getvalue()
    assert "warning: there are clips of 3 speakers only" in said.getvalue()
    assert "5 or more are needed" in said.getvalue()
    assert few_speakers(5) == ""


def test_a_calibration_is_checked_on_other_clips(released, folders, capsys):
    data = ("--data", folders / "data", "--split", "test")
    assert run(calibrate, "--checkpoint", released, *data, "--trials", 1) == 0
    said = capsys.readouterr().out
    assert "3 clips of 3 speakers: 9 answers, and 9 with" in said
    assert "by the calibration of the model" in said
    assert run(calibrate, "--checkpoint", folders / "model", *data) == 2
    assert "has no calibration" in capsys.readouterr().err


def test_weights_of_the_package_are_the_default(released, folders, tmp_path, monkeypatch, capsys):
    (tmp_path / "clip.mp4").write_bytes(open_records(folders / "data", "test")[0].media)
    monkeypatch.setattr(loading, "RELEASED", released)
    judged = divas_jax.load().offset(tmp_path / "clip.mp4")
    assert 0 < judged.probability < 0.9
    assert judged.words.startswith("cannot tell: ")  # random weights, and 0.9 is asked for
    assert run(predict, tmp_path / "clip.mp4", "--json", tmp_path / "out.json") == 3
    written = json.loads((tmp_path / "out.json").read_text())
    (entry,) = written["files"]
    assert (entry["status"], entry["reason"], entry["words"], entry["probability"]) == (
        "thin",
        judged.unsure,
        None,
        None,
    )
    assert written["checkpoint"] == "the package's weights"
    assert judged.words in capsys.readouterr().out
    assert run(predict, tmp_path / "clip.mp4", tmp_path / "clip.mp4") == 3
    assert capsys.readouterr().out.count("cannot tell") == 2  # a line each


def test_a_version_without_weights_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(loading, "RELEASED", tmp_path / "weights")
    (tmp_path / "clip.mp4").touch()
    assert run(predict, tmp_path / "clip.mp4") == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert "comes without trained weights" in said.err
    with pytest.raises(divas_jax.errors.UserError, match="name a training folder or an export"):
        divas_jax.load()


def test_a_calibration_stays_with_its_weights(released, folders, tmp_path):
    again = tmp_path / "again"
    assert run(export, "--checkpoint", released, "--out", again, "--no-stablehlo") == 0
    assert read_calibration(again / "calibration.json") == read_calibration(released / "calibration.json")
    assert run(export, "--checkpoint", folders / "model", "--out", again, "--no-stablehlo") == 0
    assert sorted(path.name for path in again.iterdir()) == ["config.json", "weights.safetensors"]


def test_bad_input_is_one_sentence_and_nothing_is_written(released, folders, tmp_path, capsys):
    data = ("--data", folders / "data", "--checkpoint", folders / "model")
    assert run(calibrate, *data, "--out", tmp_path / "none/out.json") == 2
    assert run(calibrate, *data, "--out", tmp_path / "out.txt") == 2
    assert run(calibrate, *data, "--out", tmp_path / "out.json") == 2  # there is no split val
    (tmp_path / "bad.json").write_text("[]")
    given = ("--checkpoint", released, "--calibration", tmp_path / "bad.json")
    assert run(export, *given, "--out", tmp_path / "out") == 2
    assert capsys.readouterr().err.count("error:") == 4
    assert [path.name for path in tmp_path.iterdir()] == ["bad.json"]
    shutil.copytree(released, tmp_path / "broken")
    shutil.copy(tmp_path / "bad.json", tmp_path / "broken/calibration.json")
    with pytest.raises(divas_jax.errors.UserError, match="is no calibration"):
        divas_jax.load(tmp_path / "broken")
