"""Who speaks when, from windows whose distances are made by hand."""

import csv
import itertools
import json
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from coloured_film import film
from schemas import check_record
from test_file_answer import judgement, scene

from divas_jax import command, speakers
from divas_jax.faces.speaker_labels import COLUMNS
from divas_jax.media.encode import encode_clip
from divas_jax.title.file_answer import FileAnswer, evidence, joint_judgement
from divas_jax.title.scan import Facts
from divas_jax.title.speaker_record import speaker_record
from divas_jax.title.speaking import TrackWindows, turns

OFFSETS = np.arange(-15, 16) * 40.0
TIMES = np.arange(0.1, 6, 0.04)


def windows(face: int, speaks, at_ms: float = 80.0, depth: float = 2.0, seed: int = 0) -> TrackWindows:
    """Distances that dip at `at_ms` in the windows where `speaks(time)`, with noise."""
    rng = np.random.default_rng(seed + face)
    dip = depth * np.exp(-(((OFFSETS - at_ms) / 60) ** 2))
    said = np.asarray([speaks(time) for time in TIMES])
    distances = 10 + rng.standard_normal((len(TIMES), len(OFFSETS))) - said[:, None] * dip
    distances[:3, :5] = np.nan
    boxes = np.full((150, 4), 0.1 * (face + 1))
    return TrackWindows(face, TIMES, OFFSETS, distances.astype(np.float16), (0.0, 6.0), boxes, np.arange(150) / 25)


def answer(offset_ms: float = 80.0, told: bool = True) -> FileAnswer:
    scenes = (scene(judgement(offset_ms)),)
    found = joint_judgement("film", evidence(scenes), None, Fraction(3, 5))
    return FileAnswer(Path("film.mp4"), scenes, found, "" if told else "no", facts=Facts(spoken=6.0, loudest=1.0))


def spoken(found) -> list[tuple[int, float, float]]:
    return [(turn.face, round(turn.start, 1), round(turn.end, 1)) for turn in found if turn.speaking]


def test_two_faces_take_turns():
    found = turns(answer(), [windows(0, lambda time: time < 3), windows(1, lambda time: time >= 3)])
    (first, one_start, one_end), (second, two_start, two_end) = spoken(found)
    assert (first, second) == (0, 1)
    assert (one_start, two_end) == (0.0, 6.0)
    assert one_end == pytest.approx(3, abs=0.4)
    assert two_start == pytest.approx(3, abs=0.4)
    for face in (0, 1):  # every moment of every track is said to be one or the other
        own = [turn for turn in found if turn.face == face]
        assert own[0].start == 0
        assert own[-1].end == 6
        assert all(before.end == after.start for before, after in itertools.pairwise(own))
        assert own[0].box == pytest.approx([0.1 * (face + 1)] * 4)


def test_a_listener_does_not_speak():
    silent, elsewhere = windows(1, lambda _: False), windows(2, lambda _: True, at_ms=-400, depth=4.0)
    found = turns(answer(), [windows(0, lambda _: True), silent, elsewhere])
    assert {face for face, *_ in spoken(found)} == {0}


def test_the_record_has_every_turn_and_the_offset():
    told = answer()
    said = turns(told, [windows(0, lambda time: time < 3), windows(1, lambda time: time >= 3)])
    record = speaker_record(told, said)
    check_record("speakers", record)
    assert (record["status"], record["offset_ms"]) == ("told", round(told.judgement.offset_ms, 3))
    assert [(turn["face"], turn["speaking"]) for turn in record["turns"]] == [(t.face, t.speaking) for t in said]
    assert record["turns"][0]["start_s"] == 0


def test_nobody_speaks_where_nothing_is_told():
    flat = FileAnswer(Path("film.mp4"), judgement=judgement(600), reason="the best offset is the farthest")
    assert spoken(turns(flat, [windows(0, lambda _: True)])) == []
    assert turns(flat, []) == []


def test_the_command_writes_what_it_is_asked_for(monkeypatch, capsys, tmp_path):
    """Squares are no faces: nobody is seen, and that is said."""
    encode_clip(film(), tmp_path / "squares.mp4")
    asked = ["--csv", "a.csv", "--rttm", "a.rttm", "--json", "a.json"]
    asked = [str(tmp_path / each) if "." in each else each for each in asked]
    monkeypatch.setattr(sys, "argv", ["divas speakers", str(tmp_path / "squares.mp4"), *asked])
    assert command.run(speakers.main) == 3
    said = capsys.readouterr().out
    assert "cannot tell: no face was seen while somebody spoke" in said
    assert list(csv.reader((tmp_path / "a.csv").open())) == [list(COLUMNS)]
    assert (tmp_path / "a.rttm").read_text() == ""

    record = json.loads((tmp_path / "a.json").read_text())
    check_record("speakers", record)
    assert (record["status"], record["offset_ms"], record["fps"]) == ("thin", None, "25")
    assert (record["counts"]["faces"], record["turns"]) == (0, [])

    printed = ["divas speakers", str(tmp_path / "squares.mp4"), "--json", "-"]
    monkeypatch.setattr(sys, "argv", printed)
    assert command.run(speakers.main) == 3
    out, said = capsys.readouterr()
    check_record("speakers", json.loads(out))
    assert "cannot tell: no face was seen while somebody spoke" in said
    monkeypatch.setattr(sys, "argv", [*printed, "--csv", "-"])
    assert command.run(speakers.main) == 2
    assert "only one of --json, --csv and --rttm can be printed" in capsys.readouterr().err

    (tmp_path / "broken.mp4").write_bytes(b"not a film at all")
    monkeypatch.setattr(sys, "argv", ["divas speakers", str(tmp_path / "broken.mp4"), *asked[-2:]])
    assert command.run(speakers.main) == 2
    record = json.loads((tmp_path / "a.json").read_text())
    check_record("speakers", record)
    assert record["status"] == "failed"
    assert record["error"] in " ".join(capsys.readouterr().err.split())

    monkeypatch.setattr(sys, "argv", ["divas speakers", str(tmp_path / "squares.mp4"), "--csv", "no/where.csv"])
    assert command.run(speakers.main) == 2
    assert "its folder is missing" in capsys.readouterr().err
    same = str(tmp_path / "squares.mp4")
    monkeypatch.setattr(sys, "argv", ["divas speakers", same, "--video", same])
    assert command.run(speakers.main) == 2
    assert "would replace the file that is read" in capsys.readouterr().err
