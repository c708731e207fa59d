"""`divas score`: files, folders and lists; every kind of outcome has its exit code, and a batch goes on."""

import csv
import io
import json
import sys
from dataclasses import replace
from fractions import Fraction

import pytest
from coloured_film import film
from schemas import check_record

from divas_jax import command, score
from divas_jax.media.encode import encode_clip
from divas_jax.released import RELEASED, WHOLE_PICTURES


def run(monkeypatch, *arguments) -> int:
    monkeypatch.setattr(sys, "argv", ["divas score", *map(str, arguments)])
    return command.run(score.main)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A film without human faces, and a file that is none."""
    folder = tmp_path_factory.mktemp("films")
    encode_clip(film(), folder / "squares.mp4")
    (folder / "broken.mp4").write_bytes(b"not a film at all")
    (folder / "notes.txt").write_text("no media")
    return folder


def test_a_file_without_a_face_says_so(monkeypatch, capsys, folder, tmp_path):
    assert run(monkeypatch, folder / "squares.mp4", "--json", tmp_path / "a.json", "--csv", tmp_path / "a.csv") == 3
    said = capsys.readouterr().out
    assert "cannot tell" in said
    assert "no face was seen while somebody spoke" in said
    (record,) = json.loads((tmp_path / "a.json").read_text())["files"]
    check_record("file", record)
    assert record["status"] == "thin"
    assert record["counts"]["shots"] == 2
    assert len(record["scenes"]) == record["counts"]["scenes"] >= 2
    (row,) = csv.DictReader((tmp_path / "a.csv").open())
    assert row["reason"] == record["reason"]


def test_a_rate_that_the_model_does_not_know_is_said(monkeypatch, capsys, tmp_path):
    encode_clip(replace(film(), time_base=Fraction(1, 90), fps=Fraction(90)), tmp_path / "fast.mp4")
    assert run(monkeypatch, tmp_path / "fast.mp4") == 3
    assert "has 90 frames/s and 16000 Hz, more than the model was trained on" in capsys.readouterr().err


@pytest.mark.slow
def test_a_batch_goes_on_and_knows_what_it_did(monkeypatch, capsys, folder, tmp_path):
    (tmp_path / "list.txt").write_text(f"# films\n{folder / 'squares.mp4'}\n\n{tmp_path / 'missing.mp4'}\n")
    arguments = (folder, "--list", tmp_path / "list.txt", "--journal", tmp_path / "done.jsonl", "--workers", 2)
    assert run(monkeypatch, *arguments) == 2
    said = capsys.readouterr().out
    assert said.count("not read") == 3  # two lines and the sum
    assert "missing.mp4 does not exist" in said
    assert "3 files: 1 cannot tell, 2 not read" in said
    assert len((tmp_path / "done.jsonl").read_text().splitlines()) == 3

    with (tmp_path / "done.jsonl").open("a") as journal:
        journal.write('{"settings": "cut off')
    monkeypatch.setattr("divas_jax.title.processes.in_processes", None)  # nothing is left to be done
    assert run(monkeypatch, *arguments, "--json", tmp_path / "all.json") == 2
    assert "3 of 3 files were judged before" in capsys.readouterr().out
    files = json.loads((tmp_path / "all.json").read_text())["files"]
    assert [record["status"] for record in files] == ["failed", "thin", "failed"]


def test_a_table_on_the_standard_output_is_alone_there(monkeypatch, capsys, folder):
    assert run(monkeypatch, folder / "broken.mp4", "--csv", "-") == 2
    said = capsys.readouterr()
    (row,) = csv.DictReader(io.StringIO(said.out))
    assert row["status"] == "failed"
    assert "not read" in said.err
    assert run(monkeypatch, folder / "broken.mp4", "--json", "-") == 2
    (record,) = json.loads(capsys.readouterr().out)["files"]
    assert record["error"] == row["error"]


def test_quiet_is_one_line_a_file(monkeypatch, capsys, tmp_path):
    encode_clip(replace(film(), time_base=Fraction(1, 90), fps=Fraction(90)), tmp_path / "fast.mp4")
    assert run(monkeypatch, tmp_path / "fast.mp4", tmp_path / "none.mp4", "--quiet", "--workers", 0) == 2
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 2
    assert said.err == ""


def test_stopped_by_the_user_it_writes_what_is_done(monkeypatch, capsys, folder, tmp_path):
    """Ctrl-C while the second file is read."""
    from divas_jax.title.batch import FileJudge

    once = FileJudge.record

    def record(judge, file, progress=None):
        if file.name == "squares.mp4":
            raise KeyboardInterrupt
        return once(judge, file, progress)

    monkeypatch.setattr(FileJudge, "record", record)
    arguments = (folder, "--workers", 0, "--csv", tmp_path / "a.csv")
    assert run(monkeypatch, *arguments) == 130
    said = capsys.readouterr().err
    assert "1 of 2 files are done; with --journal FILE, the next run would do only the rest" in said
    assert "stopped by the user" in said
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 2
    assert run(monkeypatch, *arguments, "--journal", tmp_path / "j.jsonl") == 130
    assert "the same command does the rest" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "no FILE or FOLDER is named"),
        (["--list", "nowhere.txt"], "list nowhere.txt cannot be read"),
        (["a.mp4", "--json", "no/folder/a.json"], "its folder is missing"),
        (["a.mp4", "--csv", "."], "--csv . cannot be written: it is a folder"),
        (["a.mp4", "--csv", "-", "--json", "-"], "cannot both be printed"),
        (["a.mp4", "--search-ms", "-5"], "--search-ms must be above 0"),
        (["a.mp4", "--full-frame", "--checkpoint", str(RELEASED)], "the model was trained on face crops"),
        (["a.mp4", "--checkpoint", str(WHOLE_PICTURES)], "trained on whole pictures, but is used without"),
        (["a.mp4", "--face-model", "nowhere.onnx"], "face model nowhere.onnx does not exist"),
        (["b.mp4", "--face-model", "nowhere.onnx"], "b.mp4 does not exist"),
    ],
)
def test_bad_arguments_are_one_sentence(monkeypatch, capsys, tmp_path, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.mp4").write_bytes(b"")
    assert run(monkeypatch, *arguments) == 2
    assert sentence in capsys.readouterr().err


def test_an_empty_folder_is_said(monkeypatch, capsys, tmp_path):
    assert run(monkeypatch, tmp_path) == 2
    assert "holds no media files" in capsys.readouterr().err


def test_a_crash_costs_one_file(monkeypatch, folder, tmp_path):
    """The pool's own ways to fail, without waiting for them."""
    from concurrent.futures import Future

    from pebble import ProcessExpired

    from divas_jax.sync.tolerances import STRICT
    from divas_jax.title.batch import Settings, failed_record
    from divas_jax.title.processes import _failure

    settings = Settings(None, False, Fraction(3, 5), 1, STRICT)
    for error, sentence in (
        (TimeoutError(), "given up after 5 s"),
        (ProcessExpired("killed"), "crashed its reader"),
        (ZeroDivisionError("Fraction(0, 0)"), "could not be handled (ZeroDivisionError: Fraction(0, 0))"),
    ):
        future = Future()
        future.set_exception(error)
        why = _failure(future, folder / "squares.mp4", 5.0)
        record = failed_record(settings, folder / "squares.mp4", why)
        assert record["status"] == "failed"
        assert sentence in record["error"]
