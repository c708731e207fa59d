"""Whole files against labels: `evaluate --protocol speakers`, and the film with its boxes."""

import json
import sys
from fractions import Fraction

import numpy as np
import pytest
from coloured_film import CUT, film, find_squares
from test_file_answer import judgement

from divas_jax import evaluate as evaluate_command
from divas_jax.faces.speaker_labels import read_labels
from divas_jax.media.decode import decode_clip
from divas_jax.media.encode import encode_clip
from divas_jax.talkers.films import write_films
from divas_jax.title.against_labels import as_labels
from divas_jax.title.drawing import SPEAKS, write_annotated
from divas_jax.title.file_answer import FileAnswer
from divas_jax.title.scan import Scan
from divas_jax.title.scene_judging import JudgedScene, JudgedTrack
from divas_jax.title.speaking import Turn
from divas_jax.title.watching import FaceWatcher


def run(monkeypatch, *arguments) -> int:
    monkeypatch.setattr(sys, "argv", ["divas evaluate", *map(str, arguments)])
    return evaluate_command.main()


@pytest.mark.slow
def test_made_up_films_are_checked(monkeypatch, capsys, tmp_path):
    (tmp_path / "films").mkdir()
    size = {"height": 360, "width": 640, "fps": Fraction(25), "sample_rate": 16000}
    write_films(tmp_path / "films", range(1), duration=Fraction(9), offset=Fraction(1, 10), **size)
    asked = ("--protocol", "speakers", "--data", tmp_path / "films", "--out", tmp_path / "out")
    assert run(monkeypatch, *asked) == 0
    shown = capsys.readouterr().out
    assert "Active speakers (5.6, Table 6)" in shown
    assert "cuts found at the very picture" in shown
    found = json.loads((tmp_path / "out" / "speakers.json").read_text())
    assert found["films"]["cuts"]["right"] == found["films"]["cuts"]["total"] >= 2
    assert found["films"]["strangers"]["right"] == 0
    assert found["films"]["face_time"]["right"] > 0.8 * found["films"]["face_time"]["total"] > 1
    assert found["speakers"]["all scenes together"]["labelled_s"] > 3
    assert {row.file for row in read_labels(tmp_path / "out" / "speakers.csv")} <= {"film-0.mp4"}


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (None, "cannot be read"),
        ("", "has no labels"),
        ("a.mp4,0,1,0,0.1,0.1,0.2,0.2,1\n", "a.mp4 does not exist"),
    ],
)
def test_labels_that_are_of_no_use(monkeypatch, capsys, tmp_path, rows, sentence):
    if rows is not None:
        (tmp_path / "speakers.csv").write_text(f"file,start_s,end_s,face,x,y,w,h,speaking\n{rows}")
    assert run(monkeypatch, "--protocol", "speakers", "--data", tmp_path) == 2
    assert sentence in capsys.readouterr().err


def test_turns_become_labels():
    said = [Turn(3, 0.0004, 1.25, (0.1, 0.2, 0.3, 0.4), True), Turn(3, 1.25, 1.2503, (0.1, 0.2, 0.3, 0.4), False)]
    (row,) = as_labels("a.mp4", said)
    assert (row.file, row.start, row.end, row.face, row.speaking) == ("a.mp4", 0, Fraction(5, 4), "3", True)


def test_boxes_are_drawn_where_faces_are(tmp_path):
    """The speaker's box is red, at the times and places of its track; picture, sound and their distance stay."""
    file = tmp_path / "film.mp4"
    encode_clip(film().shifted(Fraction(-1, 5)), file, crf=12)
    scan = Scan(file, lambda stages: FaceWatcher(find_squares, stages))
    scenes = []
    for scene in scan:
        tracks = [
            JudgedTrack(
                track.identity, track.start, track.end, track.clip.fps, track.height,
                tuple(track.clip.frame_time(index) for index in range(len(track.clip.frames))),
                track.boxes.astype(np.float32), judgement(-200.0),
            )
            for track in scene.tracks
        ]  # fmt: skip
        scenes.append(JudgedScene(scene.shot, scene.start, scene.end, tuple(tracks), 0))
    speaker = scenes[0].tracks[0]
    said = [Turn(speaker.identity, float(speaker.start), float(speaker.end), (0.1, 0.1, 0.1, 0.1), True)]
    answer = FileAnswer(file, tuple(scenes), judgement(-200.0), facts=scan.facts)
    write_annotated(answer, said, tmp_path / "out.mp4")
    before, after = decode_clip(file), decode_clip(tmp_path / "out.mp4")
    assert len(after.frames) == len(before.frames)
    assert after.frame_time(50) - after.frame_time(0) == before.frame_time(50) - before.frame_time(0)
    heard = np.abs(before.samples).argmax()
    there = before.sample_time(int(heard)) - before.frame_time(0)
    loudest = int(np.abs(after.samples).argmax())
    assert abs(after.sample_time(loudest) - after.frame_time(0) - there) < Fraction(1, 100)
    middle = speaker.times[len(speaker.times) // 2]
    index = int((middle - before.frame_time(0)) * 25)
    left, top, _, down = (speaker.boxes[len(speaker.boxes) // 2] * [320, 180, 320, 180]).astype(int)
    edge = after.frames[index, top + down // 2, left - 3 : left + 5].astype(int)
    assert np.abs(edge - SPEAKS).sum(-1).min() < 120
    late = int((CUT + Fraction(3, 2)) * 25)
    other = after.frames[late].astype(int)
    assert (np.abs(other - SPEAKS).sum(-1) < 60).sum() == 0
