"""`divas check`: one title, a batch, and what it says of what it cannot read."""

import json
import pickle
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from coloured_film import film
from schemas import check_record

from divas_jax import check, command, driving
from divas_jax.media.encode import encode_clip
from divas_jax.title import batch, file_record, quick


def run(monkeypatch, *arguments) -> int:
    monkeypatch.setattr(sys, "argv", ["divas check", *map(str, arguments)])
    return command.run(check.main)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("titles")
    encode_clip(film(), folder / "squares.mp4")
    (folder / "broken.mp4").write_bytes(b"not a film at all")
    (folder / "._squares.mp4").write_bytes(b"what a Mac leaves beside a file")
    (folder / ".trash").mkdir()
    (folder / ".trash" / "old.mp4").write_bytes(b"thrown away")
    return folder


def test_a_title_without_faces_has_a_report_that_says_so(monkeypatch, capsys, folder, tmp_path):
    made = []
    once = file_record.file_record
    monkeypatch.setattr(file_record, "file_record", lambda *told: made.append(once(*told)) or made[-1])
    arguments = ("--out", tmp_path / "report", "--json", tmp_path / "a.json")
    assert run(monkeypatch, folder / "squares.mp4", *arguments) == 3
    said = capsys.readouterr().out
    assert "not enough evidence: no face was seen while somebody spoke" in said
    record = json.loads((tmp_path / "report" / "report.json").read_text())
    check_record("file", record)
    assert record["verdict"]["kind"] == "not enough evidence"
    assert record["stages_s"]["decode"] > 0
    assert len(made) == 1
    (listed,) = json.loads((tmp_path / "a.json").read_text())["files"]
    assert listed == {key: value for key, value in record.items() if key not in ("scenes", "shots_s", "evidence")}
    names = {path.name for path in (tmp_path / "report").iterdir()}
    assert names == {"report.html", "report.json", "scenes.csv", "markers.edl", "markers.csv"}


@pytest.mark.parametrize("workers", [(), ("--workers", "1")])
def test_what_is_done_with_a_file_can_travel_to_another_process(monkeypatch, folder, tmp_path, workers):
    handed = []
    monkeypatch.setattr(check, "drive", lambda *given: handed.append(given[4]) or driving.Driven([], 0, None))
    run(monkeypatch, folder / "squares.mp4", "--out", tmp_path / "report", *workers)
    assert handed
    if workers:
        pickle.dumps(handed[0])


@pytest.mark.slow
def test_a_batch_goes_on_and_has_an_index(monkeypatch, capsys, folder, tmp_path):
    assert run(monkeypatch, folder, "--out", tmp_path / "new" / "reports") == 2
    said = capsys.readouterr().out
    assert "2 titles: 1 cannot tell, 1 not read" in said
    page = (tmp_path / "new" / "reports" / "index.html").read_text()
    assert "squares.mp4/report.html" in page
    assert not (tmp_path / "new" / "reports" / "broken.mp4").exists()
    assert (tmp_path / "new" / "reports" / "squares.mp4" / "report.html").is_file()


@pytest.mark.slow
def test_a_batch_goes_on_where_it_stopped(monkeypatch, capsys, folder, tmp_path):
    arguments = (folder, "--out", tmp_path / "out", "--journal", tmp_path / "j.jsonl", "--quiet")
    assert run(monkeypatch, *arguments, "--json", tmp_path / "a.json", "--csv", tmp_path / "a.csv") == 2
    assert len(capsys.readouterr().out.splitlines()) == 2
    first = json.loads((tmp_path / "a.json").read_text())["files"]
    monkeypatch.setattr("divas_jax.title.processes.in_processes", None)  # nothing is left to be done
    assert run(monkeypatch, *arguments, "--json", tmp_path / "b.json") == 2
    assert json.loads((tmp_path / "b.json").read_text())["files"] == first
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 3
    assert "squares.mp4/report.html" in (tmp_path / "out" / "index.html").read_text()


def test_a_file_that_is_none_leaves_no_report(monkeypatch, capsys, folder, tmp_path):
    assert run(monkeypatch, folder / "broken.mp4", "--out", tmp_path / "report") == 2
    assert "broken.mp4" in capsys.readouterr().out
    assert not (tmp_path / "report").exists()


def test_files_of_one_name_have_folders_of_their_own():
    folders = check.report_folders(Path("out"), [Path("a/x.mp4"), Path("b/x.mp4"), Path("y.mp4")])
    assert [str(path) for path in folders.values()] == ["out/x.mp4", "out/x.mp4-2", "out/y.mp4"]
    names = [Path("a/x"), Path("b/x"), Path("c/x-2")]
    assert [str(path) for path in check.report_folders(Path("out"), names).values()] == [
        "out/x",
        "out/x-2",
        "out/x-2-2",
    ]


def test_the_report_of_another_file_is_not_replaced_unasked(monkeypatch, capsys, folder, tmp_path):
    (tmp_path / "report.json").write_text(json.dumps({"file": str(folder / "other.mp4")}))
    assert run(monkeypatch, folder / "squares.mp4", "--out", tmp_path) == 2
    assert "holds the report of" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
    check.check_nothing_is_lost({folder / "other.mp4": tmp_path, folder / "squares.mp4": tmp_path / "new"})
    assert run(monkeypatch, folder / "squares.mp4", "--out", tmp_path, "--overwrite") == 3
    assert json.loads((tmp_path / "report.json").read_text())["file"].endswith("squares.mp4")


def test_a_report_cannot_lie_where_the_film_is(monkeypatch, capsys, folder):
    """`--out` the folder of the films: each report would be a folder called as its film."""
    assert run(monkeypatch, folder, "--out", folder) == 2
    assert "is a file, but the report of" in " ".join(capsys.readouterr().err.split())


def test_one_file_without_out_has_a_folder_of_its_name():
    assert check.report_folders(None, [Path("a/x.mp4")]) == {Path("a/x.mp4"): check.OUT / "x.mp4"}
    assert check.report_folders(Path("out"), [Path("a/x.mp4")]) == {Path("a/x.mp4"): Path("out")}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "no FILE or FOLDER is named"),
        (["a.mp4", "--limit", "0"], "--limit must be above 0"),
        (["a.mp4", "--evidence", "-1"], "--evidence must be 0 (no clips) or more"),
        (["a.mp4", "--fine", "0"], "--fine must be above 0"),
        (["a.mp4", "--out", f"{__file__}/a/r"], "is no folder that can be written to"),
        (["a.mp4", "--out", __file__], "is a file, but must be a folder"),
    ],
)
def test_bad_arguments_are_one_sentence(monkeypatch, capsys, arguments, sentence):
    assert run(monkeypatch, *arguments) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.slow
def test_helpers_look_at_pieces_of_one_title(monkeypatch, folder, tmp_path):
    monkeypatch.setattr(batch, "LEAST", Fraction(0))
    for name, value in (("GAP", Fraction(1)), ("WORTH_HELP", 2)):
        monkeypatch.setattr(quick, name, value)
    records = []
    for helpers in (0, 2):
        monkeypatch.setattr(check, "most_helpers", lambda helpers=helpers: helpers)
        out = tmp_path / str(helpers)
        assert run(monkeypatch, folder / "squares.mp4", "--quick", "--quiet", "--evidence", 0, "--out", out) == 3
        records.append(json.loads((out / "report.json").read_text()))
        records[-1].pop("stages_s")
    assert records[0] == records[1]
    assert any("pieces" in warning for warning in records[0]["warnings"])
