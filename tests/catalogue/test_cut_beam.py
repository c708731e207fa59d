"""`prepare --source media --beam`: faces of many videos to clips and a manifest, of which a data set can be made."""

import os
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

pytest.importorskip("apache_beam", reason="needs Apache Beam: pip install 'divas_jax[beam]'")

from coloured_film import film, find_squares

from divas_jax import command, prepare
from divas_jax.catalogue.addresses import short_name, title_addresses
from divas_jax.catalogue.cutting import cutting_plan
from divas_jax.catalogue.pipeline import keep_records
from divas_jax.data.records import open_records
from divas_jax.media.decode import decode_clip
from divas_jax.media.encode import encode_clip
from divas_jax.title import cutting


def squares():
    """Stands for a detector of faces, in the process that cuts."""
    cutting.SMALLEST_FACE = 20.0
    return find_squares


@pytest.fixture
def videos(tmp_path, monkeypatch):
    """Two films, in whose second shots a single square is seen; and a file that is none."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    for seed, name in enumerate(("a.mp4", "b.mkv")):
        encode_clip(film(seed), tmp_path / name, container=name[-3:])
    (tmp_path / "c.mov").write_bytes(b"nothing")
    return [tmp_path / name for name in ("c.mov", "a.mp4", "b.mkv")]


def run_prepare(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["divas prepare", *map(str, words)])
    return command.run(prepare.main)


@pytest.mark.slow
def test_videos_are_cut_once_and_become_a_data_set(tmp_path, videos, monkeypatch):
    results, addresses = tmp_path / "clips", title_addresses(map(str, videos))
    plan = replace(cutting_plan(str(results)), begin=squares)
    counts = keep_records(addresses, plan, ["--direct_num_workers=1"])
    assert counts.outcomes == {"failed": 1, "cut": 2, "clip": 2}
    clips = [results / f"{short_name(address)}-00000.mp4" for address in addresses[1:]]
    assert decode_clip(clips[0]).frames.shape[1:] == (128, 128, 3)
    assert keep_records(addresses, plan, ["--direct_num_workers=1"]).kept == 3
    clips[0].unlink()
    assert keep_records(addresses, plan, ["--direct_num_workers=1"]).made == 1
    assert clips[0].is_file()

    out = tmp_path / "data"
    shares = ("--val-share", 0, "--test-share", 0)
    assert run_prepare(monkeypatch, "--source", "folder", "--path", results, "--out", out, *shares, "--workers", 1) == 0
    records = open_records(out, "train")
    assert [record.fps for record in records] == [Fraction(25)] * 2
    assert {record.speaker for record in records} == set(addresses[1:])


@pytest.mark.slow
def test_by_the_command_line(tmp_path, videos, monkeypatch, capsys):
    (tmp_path / "list.txt").write_text(f"{videos[0]}\n")
    words = ("--source", "media", "--list", tmp_path / "list.txt", "--beam", tmp_path / "clips")
    assert run_prepare(monkeypatch, *words, "--", "--direct_num_workers=1") == 2
    said = capsys.readouterr()
    assert "1 videos cut or tried, 0 had their record: 0 clips" in said.out
    assert "0 show no single speaking face, 1 not read" in said.out
    assert list(Path(tmp_path / "clips").glob("*.mp4")) == []


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--source", "folder", "--path", "x", "--beam", "y"), "--beam cuts videos: it goes with --source media"),
        (("--source", "media", "--beam", "y"), "with --source media and --path or --list"),
        (("--source", "media", "--path", "x", "--beam", "y", "--out", "z"), "leave --out out"),
        (("--source", "media", "--path", "x", "--out", "z", "--list", "l"), "--list and --limit go with --beam"),
        (("--source", "talkers"), "--out DIR is missing"),
    ],
)
def test_what_does_not_go_together_is_a_sentence(words, reason, monkeypatch, capsys):
    assert run_prepare(monkeypatch, *words) == 2
    assert reason in " ".join(capsys.readouterr().err.split())
