"""The whole command with the package's weights, on made-up talkers that are late by what is known."""

import csv
import json
import sys
from fractions import Fraction

import pytest

from divas_jax.align import main
from divas_jax.media.encode import encode_clip
from divas_jax.preparing.folder import FolderSource
from divas_jax.talkers import make_talker

LATE = {"early": Fraction(-120, 1000), "late": Fraction(200, 1000)}
TALKERS = (3, 11)


def align(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["align", *map(str, arguments)])
    return main()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two recordings of two clips each, and one file that is none."""
    place = tmp_path_factory.mktemp("talkers")
    rows = []
    for recording, late in LATE.items():
        for seed in TALKERS:
            clip = make_talker(seed, fps=Fraction(25), sample_rate=16000, duration=Fraction(5), distractions=False)
            encode_clip(clip.shifted(-late), place / f"{recording}{seed}.mp4")
            rows.append((f"{recording}{seed}.mp4", f"s{seed}", recording))
    (place / "broken.mp4").write_bytes(b"no film")
    with (place / "manifest.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("file", "speaker_id", "recording"), *rows, ("broken.mp4", "s0", "broken")])
    return place


@pytest.mark.slow
def test_recordings_are_aligned_prepared_and_copied(folder, tmp_path, monkeypatch, capsys):
    out, copies = tmp_path / "aligned.csv", tmp_path / "copies"
    more = ("--json", tmp_path / "a.json", "--csv", tmp_path / "a_all.csv", "--plot", tmp_path / "a.png")
    assert align(monkeypatch, folder, "--out", out, *more, "--apply", copies) == 0
    rows = {row["file"]: row for row in csv.DictReader(out.open())}
    for recording, late in LATE.items():
        found = {float(rows[f"{recording}{seed}.mp4"]["sound_late_ms"]) for seed in TALKERS}
        assert len(found) == 1
        assert found.pop() == pytest.approx(1000 * float(late), abs=40)
    assert rows["broken.mp4"]["sound_late_ms"] == ""
    made = json.loads((tmp_path / "a.json").read_text())
    assert made["told"] == 2
    assert (tmp_path / "a.png").stat().st_size > 10_000
    said = capsys.readouterr().out
    assert "2 of 3 recordings get a value" in said
    assert "no value: broken: broken.mp4" in said
    assert "4 copies, measured again: 2 of 2 recordings get a value, 2 of these within 20 ms of 0" in said
    assert sorted(path.name for path in copies.iterdir()) == sorted(set(rows) - {"broken.mp4"})

    clips = FolderSource(folder, manifest=out, split="train").candidates()
    assert {clip.name: bool(clip.excluded) for clip in clips}["broken.mp4"]
    assert {clip.sound_late for clip in clips if not clip.excluded} == {
        Fraction(rows["late3.mp4"]["sound_late_ms"]) / 1000,
        Fraction(rows["early3.mp4"]["sound_late_ms"]) / 1000,
    }

    # What is known is not listened to again.
    monkeypatch.setattr("divas_jax.aligning.evidence._read", None)
    assert align(monkeypatch, folder, "--out", out) == 0


def test_folds_are_written(folder, tmp_path, monkeypatch, capsys):
    assert align(monkeypatch, folder, "--out", tmp_path / "f.csv", "--make-folds", 2, "--recording", "file") == 0
    rows = list(csv.DictReader((tmp_path / "f.csv").open()))
    assert {row["speaker_id"]: row["fold"] for row in rows}.keys() == {"s0", "s3", "s11"}
    assert len({(row["speaker_id"], row["fold"]) for row in rows}) == 3
    assert "clips: " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["no/such/folder", "--out", "x.csv"], "no/such/folder is not a folder"),
        (["{folder}"], "--out FILE.csv is missing"),
        (["{folder}", "--out", "x.txt"], "--out x.txt must be a .csv file"),
        (["{folder}", "--out", "no/x.csv"], "in a folder that exists"),
        (["{folder}", "--out", "{tmp}/x.csv", "--recording", "episode"], "has no column 'episode'"),
        (["{folder}", "--out", "{tmp}/x.csv", "--checkpoint", "a=no", "--checkpoint", "b=no"], "no column 'fold'"),
        (["{folder}", "--out", "{tmp}/x.csv", "--make-folds", "9"], "9 folds need as many groups"),
        (["{folder}", "--out", "{tmp}/x.csv", "--search-ms", "5"], "--search-ms must be from"),
        (["{folder}", "--out", "{tmp}/x.csv", "--apply", "{folder}"], "must be another folder"),
        (["{folder}", "--releases"], "has no lip shapes"),
    ],
)
def test_what_is_wrong_is_one_sentence(folder, tmp_path, monkeypatch, arguments, sentence):
    from divas_jax.errors import UserError

    given = [text.format(folder=folder, tmp=tmp_path) for text in arguments]
    with pytest.raises(UserError, match=sentence.replace("(", r"\(")):
        align(monkeypatch, *given)
    assert list(tmp_path.iterdir()) == []
