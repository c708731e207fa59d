"""`divas predict`: files in; words, JSON and pictures out."""

import io
import json
import re
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import jax
import numpy as np
import pytest
from PIL import Image
from schemas import check_record
from scipy.signal import correlate
from tiny_run import tiny_config, write_run

from divas_jax import command, predict
from divas_jax.judging import clip_files
from divas_jax.judging import judge as judging
from divas_jax.judging.clip_files import answer
from divas_jax.judging.judge import SEARCH, Judge
from divas_jax.media.decode import decode_clip
from divas_jax.media.encode import encode_clip
from divas_jax.model.parameters import initial_parameters
from divas_jax.sync.tolerances import in_words
from divas_jax.talkers.example import shifted_talker


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A training folder `run`, a whole `clip.mp4` and a broken `bad.mp4`."""
    folder = tmp_path_factory.mktemp("predict")
    write_run(folder / "run")
    clip = shifted_talker(Fraction(0)).frames_between(0, 50)
    encode_clip(clip, folder / "clip.mp4")
    (folder / "bad.mp4").write_text("no media")
    return folder


@pytest.fixture
def divas_predict(monkeypatch, folder):
    """Runs the command in `folder` and returns its exit code."""

    def run(*arguments: object) -> int:
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "argv", ["divas predict", *map(str, arguments)])
        return command.run(predict.main)

    return run


def test_one_file_in_words_json_and_picture(divas_predict, tmp_path, capsys):
    code = divas_predict(
        "clip.mp4", "--checkpoint", "run", "--json", tmp_path / "a.json", "--plot", tmp_path / "new/a.png"
    )
    printed = capsys.readouterr()
    assert (code, printed.err) == (0, "")
    written = json.loads((tmp_path / "a.json").read_text())
    assert written["checkpoint"] == "run"
    (entry,) = written["files"]
    check_record("clip", entry)
    assert (entry["status"], entry["search_ms"]) == ("told", 600.0)
    assert (entry["error"], entry["probability"], entry["reason"]) == (None, None, None)
    assert (entry["start_s"], entry["end_s"], entry["duration_s"]) == (0, 2, 2)
    assert (entry["fps"], entry["sample_rate_hz"]) == ("25", 16_000)
    assert entry["words"] == in_words(entry["offset_ms"])
    assert f"clip.mp4: {entry['words']}" in printed.out
    assert entry["curve_ms"] == [40.0 * step for step in range(-15, 16)]
    curve = np.array(entry["curve"], float)
    assert entry["coarse_ms"] == entry["curve_ms"][int(curve.argmin())]
    assert entry["confidence"] == pytest.approx(np.median(curve) - curve.min(), abs=1e-5)
    assert entry["windows"] > 0
    with Image.open(tmp_path / "new/a.png") as picture:
        assert (picture.format, picture.width > 300) == ("PNG", True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "new"]


def test_a_bad_file_does_not_stop_the_others(divas_predict, tmp_path, capsys):
    code = divas_predict(
        "bad.mp4", "clip.mp4", "missing.mp4", "clip.mp4", "--checkpoint", "run",
        "--json", tmp_path / "b.json", "--plot", tmp_path / "curves",
    )  # fmt: skip
    printed = capsys.readouterr()
    assert code == 2
    errors = printed.err.splitlines()
    assert [line.split()[:2] for line in errors] == [["error:", "bad.mp4"], ["error:", "missing.mp4"]]
    assert "2 of 4 files judged" in printed.out
    entries = json.loads((tmp_path / "b.json").read_text())["files"]
    assert [entry["file"] for entry in entries] == ["bad.mp4", "clip.mp4", "missing.mp4", "clip.mp4"]
    check_record("clip", *entries)
    assert all(entry.keys() == entries[0].keys() for entry in entries)
    assert [entry["status"] for entry in entries] == ["failed", "told", "failed", "told"]
    assert [entry["offset_ms"] is None for entry in entries] == [True, False, True, False]
    assert [entry["error"] for entry in entries if entry["error"]] == [line[len("error: ") :] for line in errors]
    assert sorted(path.name for path in (tmp_path / "curves").iterdir()) == ["clip.mp4-2.png", "clip.mp4.png"]


def test_each_answer_is_said_as_soon_as_it_is_known_and_ctrl_c_leaves_what_is_done(
    monkeypatch, divas_predict, tmp_path, capsys
):
    said_before = []

    def one_then_stop(judge, file, *asked):
        said_before.append(capsys.readouterr().out)
        if len(said_before) == 3:
            raise KeyboardInterrupt
        return answer(judge, file, *asked)

    monkeypatch.setattr(clip_files, "answer", one_then_stop)
    files = ("clip.mp4", "bad.mp4", "clip.mp4")
    code = divas_predict(*files, "--checkpoint", "run", "--json", tmp_path / "c.json", "--plot", tmp_path)
    assert code == 130
    assert [text.startswith("clip.mp4: sound is ") for text in said_before] == [False, True, False]
    assert "2 of 3 files are done" in (said := capsys.readouterr().err)
    assert "stopped by the user" in said
    assert "--journal" not in said  # which it does not have
    entries = json.loads((tmp_path / "c.json").read_text())["files"]
    assert [entry["status"] for entry in entries] == ["told", "failed"]
    assert [path.name for path in tmp_path.glob("*.png")] == ["clip.mp4.png"]


def test_on_a_terminal_answers_stand_above_the_bar(monkeypatch, divas_predict):
    """The console that draws the bar writes them, whole lines."""
    screen = io.StringIO()
    drawn = command._PipedConsole(file=screen, force_terminal=True, width=100, highlight=False)
    monkeypatch.setattr(command, "errors", drawn)
    monkeypatch.setattr(command, "console", command._PipedConsole(file=io.StringIO(), force_terminal=True))
    monkeypatch.setattr(predict, "console", command.console)
    assert divas_predict("clip.mp4", "clip.mp4", "--checkpoint", "run") == 0
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.getvalue()).replace("\r", "\n").splitlines()
    assert sum(line.startswith("clip.mp4: sound is ") for line in lines) == 2
    assert any(line.startswith("judging ") for line in lines)
    assert not any("judging" in line and "clip.mp4" in line for line in lines)


def test_attention_is_drawn_for_every_file_that_is_judged(divas_predict, tmp_path, capsys):
    options = ("--checkpoint", "run", "--attention", tmp_path / "new")
    assert divas_predict("bad.mp4", "clip.mp4", "clip.mp4", *options) == 2
    printed = capsys.readouterr()
    assert printed.err.count("\n") == 1
    places = re.findall(
        r"^clip.mp4: the model looks most at (\d+)% across and (\d+)% down the picture$", printed.out, re.M
    )
    assert len(places) == 2
    assert f"attention of the model in {tmp_path / 'new'}" in printed.out
    names = {path.name for path in (tmp_path / "new").iterdir()}
    assert names == {f"{name}.attention.{kind}" for name in ("clip.mp4", "clip.mp4-2") for kind in ("png", "mp4")}
    film = decode_clip(tmp_path / "new/clip.mp4.attention.mp4")
    assert len(film.frames) == 50
    assert divas_predict("clip.mp4", *options, "--json", "-") == 0
    assert len(json.loads(capsys.readouterr().out)["files"]) == 1


def test_json_on_stdout_is_alone_and_finer_steps_are_searched(divas_predict, capsys):
    assert divas_predict("clip.mp4", "--checkpoint", "run", "--json", "-", "--fine", 2, "--search-ms", 80) == 0
    (entry,) = json.loads(capsys.readouterr().out)["files"]
    assert entry["curve_ms"] == [20.0 * step for step in range(-4, 5)]


def test_stored_changes_what_is_seen(divas_predict, capsys):
    curves = []
    for stored in ("1.333", "2"):
        assert divas_predict("clip.mp4", "--checkpoint", "run", "--json", "-", "--stored", stored) == 0
        curves.append(json.loads(capsys.readouterr().out)["files"][0]["curve"])
    assert curves[0] != curves[1]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "no FILE is named"),
        (("clip.mp4", "--checkpoint", "nowhere"), "nowhere does not exist"),
        (("clip.mp4", "--checkpoint", "run", "--full-frame"), "run was trained on crops"),
        (("clip.mp4", "--checkpoint", "run", "--json", "nowhere/a.json"), "nowhere/a.json cannot be written"),
        (("clip.mp4", "bad.mp4", "--checkpoint", "run", "--plot", "a.png"), "a.png is one file"),
        (("clip.mp4", "--checkpoint", "run", "--attention", "bad.mp4"), "bad.mp4 is a file, not a folder"),
        (("--make-example", "a.mp4", "--shift-ms", "3000"), "3000 ms is too large"),
        (("--make-example", "a.mp4", "--seconds", "0.5"), "an example of 0.5 s cannot be made: from 1 to 120 s"),
        (("--make-example", "a.xyz"), "container 'xyz'"),
    ],
)
def test_bad_arguments_are_one_sentence(divas_predict, folder, capsys, arguments, sentence):
    before = sorted(folder.iterdir())
    assert divas_predict(*arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert sentence in printed.err
    assert sorted(folder.iterdir()) == before


def test_full_frame_model_takes_full_frames_and_no_stored(tmp_path, divas_predict, capsys):
    write_run(tmp_path / "full", tiny_config(view={"full_frame": True}))
    assert divas_predict("clip.mp4", "--checkpoint", tmp_path / "full", "--full-frame") == 0
    assert divas_predict("clip.mp4", "--checkpoint", tmp_path / "full", "--stored", "1") == 2
    assert "--stored is about face crops" in capsys.readouterr().err


def test_example_is_shifted_as_it_says(divas_predict, tmp_path, capsys):
    sounds = {}
    for shift_ms in (0, 120, -40):
        file = tmp_path / f"new/{shift_ms}.mp4"
        assert divas_predict("--make-example", file, "--shift-ms", shift_ms, "--seed", 5) == 0
        assert in_words(float(shift_ms)) in capsys.readouterr().out
        sounds[shift_ms] = decode_clip(file)
    for shift_ms in (120, -40):
        moved, still = sounds[shift_ms], sounds[0]
        lag = correlate(still.samples, moved.samples).argmax() - (len(moved.samples) - 1)
        heard_earlier = Fraction(int(lag), moved.sample_rate) - (moved.sound_start - still.sound_start)
        assert abs(heard_earlier * 1000 - shift_ms) < 0.5
        assert moved.sound_start <= moved.frame_time(0)
        assert moved.sound_end >= moved.picture_end


def test_a_guess_is_no_offset(folder):
    """What is not told is null in the record, as in that of a whole film; the curve is there to be looked at."""
    config = tiny_config()
    read = answer(Judge(config, initial_parameters(config.model, jax.random.key(0))), folder / "clip.mp4", SEARCH, 1)
    unsure = replace(
        read.judgement, unsure="low confidence", probability=0.2, near=(0.3, 80.0), interval_ms=(-1.0, 2.5)
    )
    record = replace(read, judgement=unsure).record(SEARCH)
    check_record("clip", record)
    assert (record["status"], record["reason"]) == ("thin", "low confidence")
    assert [record[key] for key in ("offset_ms", "words", "probability", "near")] == [None] * 4
    assert record["windows"] == unsure.windows
    assert record["coarse_ms"] == unsure.coarse_ms
    assert record["interval_ms"] == [-1, 2.5]


@pytest.mark.parametrize(
    ("trained", "reason"),
    [
        ({}, None),
        ({"max_fps": 24.0}, "25 frames/s, but the model was trained on 0 to 24"),
        ({"max_fps": 24.0, "rungs": ((4, 75),)}, "Hz, more than the model was trained on"),  # said once
        ({"min_sample_rate": 48_000}, "Hz, fewer than the model was trained on: they were brought to"),
        ({"rungs": ((6, 9),)}, "Hz, more than the model was trained on"),
    ],
)
@pytest.mark.parametrize("edge", [False, True])
def test_doubts_are_told_once_and_the_same_in_python(monkeypatch, folder, trained, reason, edge):
    config = tiny_config(data=trained)
    judge = Judge(config, initial_parameters(config.model, jax.random.key(0)))
    read = judging.judge_embeddings

    def least_at_the_end_or_the_middle(*arguments):
        found = read(*arguments)
        fall = np.linspace(1.0, 0.0, len(found.curve))
        return replace(found, curve=fall if edge else abs(fall - 0.5))

    monkeypatch.setattr(judging, "judge_embeddings", least_at_the_end_or_the_middle)
    search = Fraction(1, 5)
    warnings = judge.offset(folder / "clip.mp4", search=search).warnings
    assert answer(judge, folder / "clip.mp4", search, 1).judgement.warnings == warnings
    expected = [reason] * bool(reason) + ["farthest that was searched"] * edge
    assert len(warnings) == len(expected)
    for warning, words in zip(warnings, expected, strict=True):
        assert words in warning
