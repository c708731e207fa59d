"""`divas embed`: a file a clip, whatever becomes of the others, and nothing twice."""

import csv
import json
import shutil
import sys
from fractions import Fraction

import numpy as np
import pytest

import divas_jax
from divas_jax import command, embed
from divas_jax.data.clip_record import decode_record
from divas_jax.data.records import open_records, write_records
from divas_jax.embeddings.clips import named_clips
from divas_jax.media.decode import decode_clip
from divas_jax.media.encode import encode_clip
from divas_jax.talkers import make_talker, talker_record


def run(monkeypatch, *arguments) -> int:
    monkeypatch.setattr(sys, "argv", ["divas embed", *map(str, arguments)])
    return command.run(embed.main)


def rows(index):
    with index.open(newline="") as text:
        return list(csv.DictReader(text))


def times(out):
    return {file.name: file.stat().st_mtime_ns for file in out.rglob("*.npz")}


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """A folder of two clips and a file that is none, a data set of one clip, and where both are embedded, with 2."""
    folder = tmp_path_factory.mktemp("embed")
    clips, data, out = folder / "clips", folder / "data", folder / "out"
    (clips / "sub").mkdir(parents=True)
    for seed, name in ((1, "a.mp4"), (2, "sub/b.mp4")):
        talker = make_talker(seed, fps=Fraction(25), sample_rate=16_000, duration=Fraction(1), size=64)
        encode_clip(talker, clips / name)
    (clips / "torn.mp4").write_bytes((clips / "a.mp4").read_bytes()[:900])
    record = talker_record(3, split="val", rates=[Fraction(25)], duration=Fraction(1), variable_share=0.0)
    write_records({"val": [record]}, data)
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert run(monkeypatch, clips, data, "--out", out) == 2
    return clips, data, out, f"val/{record.name}"


def test_each_clip_has_a_file_and_a_row(places):
    clips, _, out, record = places
    told = {row["name"]: row for row in rows(out / "index.csv")}
    assert list(told) == ["a.mp4", "sub/b.mp4", "torn.mp4", record]
    assert told["sub/b.mp4"]["file"] == str(clips / "sub/b.mp4")
    assert (told["a.mp4"]["pictures"], told["a.mp4"]["sounds"], told["a.mp4"]["fps"]) == ("21", "21", "25")
    assert told["a.mp4"]["seconds"] == "1.0"
    assert "torn.mp4" in told["torn.mp4"]["error"]
    assert [row["error"] for row in told.values()].count("") == 3
    assert {str(file.relative_to(out)) for file in out.rglob("*") if file.is_file()} == {
        "index.csv", "a.mp4.npz", "sub/b.mp4.npz", f"{record}.npz"
    }  # fmt: skip


def test_the_arrays_are_those_of_the_python_api(places):
    clips, data, out, record = places
    embedder = divas_jax.load().embedder
    stored = decode_record(open_records(data, "val")[0])
    for name, clip in (("a.mp4", decode_clip(clips / "a.mp4")), (record, stored)):
        (found,) = embedder.embed([clip], reach_frames=0)
        with np.load(out / f"{name}.npz") as kept:
            np.testing.assert_allclose(kept["pictures"], found.pictures, atol=1e-4)
            np.testing.assert_allclose(kept["sounds"], found.sounds, atol=1e-4)
            np.testing.assert_array_equal(kept["aligned"], found.aligned)
            assert (kept["fps"], kept["sample_rate"]) == (float(clip.fps), clip.sample_rate)


def test_what_is_there_is_left_as_it_is(places, monkeypatch, capsys):
    clips, data, out, record = places
    before = times(out)
    assert run(monkeypatch, clips / "a.mp4", clips / "torn.mp4", data, "--out", out, "--part", "1/2") == 0
    assert "2 clips are embedded, 2 of them before; 0 not read" in capsys.readouterr().out
    assert [row["name"] for row in rows(out / "index-1-of-2.csv")] == ["a.mp4", record]
    (out / "index-1-of-2.csv").unlink()
    assert times(out) == before


@pytest.mark.slow
def test_a_clip_that_changed_is_embedded_again(places, monkeypatch, tmp_path):
    clips, _, out, _ = places
    shutil.copytree(out, tmp_path / "out")
    shutil.copytree(clips, tmp_path / "clips")  # the same files, moved
    (tmp_path / "clips/torn.mp4").unlink()
    shutil.copy(clips / "a.mp4", tmp_path / "clips/sub/b.mp4")
    about = json.loads(str(np.load(tmp_path / "out/sub/b.mp4.npz")["about"]))
    content = dict(np.load(tmp_path / "out/sub/b.mp4.npz"))
    about["path"] = str(tmp_path / "clips/sub/b.mp4")
    np.savez(tmp_path / "out/sub/b.mp4.npz", **content | {"about": np.array(json.dumps(about))})
    before = times(tmp_path / "out")
    assert run(monkeypatch, tmp_path / "clips", "--out", tmp_path / "out", "--quiet") == 0
    after = times(tmp_path / "out")
    assert after["a.mp4.npz"] == before["a.mp4.npz"]
    assert after["b.mp4.npz"] != before["b.mp4.npz"]


@pytest.mark.slow
def test_a_clip_that_hangs_costs_a_row(places, monkeypatch, tmp_path):
    clips, *_ = places
    assert run(monkeypatch, clips / "a.mp4", "--out", tmp_path / "out", "--limit", "0.001") == 2
    (row,) = rows(tmp_path / "out/index.csv")
    assert row["error"].endswith("a.mp4 was given up after 0.001 s")


def test_the_embeddings_of_another_clip_are_not_replaced(places, monkeypatch, capsys, tmp_path):
    clips, _, out, _ = places
    shutil.copy(clips / "sub/b.mp4", tmp_path / "a.mp4")
    before = times(out)
    assert run(monkeypatch, tmp_path / "a.mp4", "--out", out) == 2
    assert f"holds the embeddings of {clips / 'a.mp4'}: name another --out" in capsys.readouterr().err
    assert times(out) == before


def test_clips_of_one_name_are_numbered(tmp_path):
    for place in ("x", "y"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "a.mp4").touch()
    found = named_clips([tmp_path / "x", tmp_path / "y", tmp_path / "x/a.mp4"])
    assert [(place.name, place.file.parent.name) for place in found] == [("a.mp4", "x"), ("a.mp4-2", "y")]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--out out", "no FILE or FOLDER is named"),
        ("clip.mp4", "--out FOLDER is missing"),
        ("clip.mp4 --out clip.mp4", "--out clip.mp4 is a file, but must be a folder"),
        ("none.mp4 --out out", "none.mp4 does not exist"),
        ("empty --out out", "empty holds no media files"),
        ("clip.mp4 --out out --workers 0", "--workers must be 1 or more"),
        ("clip.mp4 --out out --limit 0", "--limit must be above 0"),
        ("--list none.txt --out out", "list none.txt cannot be read"),
        ("clip.mp4 --out out --checkpoint none", "checkpoint none does not exist"),
        ("clip.mp4 --beam out --out out", "leave --out out"),
        ("gs://bucket/clip.mp4 --beam out", "name addresses in the text of --list"),
    ],
)
def test_what_cannot_be_is_one_sentence_before_any_work(words, sentence, monkeypatch, capsys, tmp_path):
    (tmp_path / "clip.mp4").touch()
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, *words.split()) == 2
    told = capsys.readouterr().err
    assert sentence in told
    assert told.count("\n") == 1
    assert not (tmp_path / "out").exists()
