"""Raw videos to training clips: single faces alone, by the crops and times that judging uses, each video once."""

import sys
from fractions import Fraction

import numpy as np
import pytest
from coloured_film import COLOURS, VOICES, film, find_squares

from divas_jax import command, prepare
from divas_jax.data.records import open_records
from divas_jax.errors import UserError
from divas_jax.media.decode import decode_clip
from divas_jax.media.encode import encode_clip
from divas_jax.title import cutting


@pytest.fixture
def videos(tmp_path, monkeypatch):
    """Two films, in whose second shots a single square is seen; and a file that is none."""
    (tmp_path / "raw" / "deep").mkdir(parents=True)
    for seed, name in enumerate(("a.mp4", "deep/b.mkv")):
        encode_clip(film(seed), tmp_path / "raw" / name, container=name[-3:])
    (tmp_path / "raw" / "broken.mov").write_bytes(b"nothing")
    monkeypatch.setattr(cutting, "face_detector", lambda: find_squares)
    monkeypatch.setattr(cutting, "SMALLEST_FACE", 20.0)
    return tmp_path


def test_faces_that_are_alone_are_cut(videos, capsys):
    source = cutting.MediaSource(videos / "raw", videos / "crops", val_share=0.5, test_share=0.0)
    clips = source.candidates()
    assert len(clips) == 2
    assert {clip.speaker for clip in clips} == {"a.mp4", "deep/b.mkv"}
    assert "broken.mov is not a media file" in capsys.readouterr().err
    clip = decode_clip(clips[0].path)
    assert clip.frames.shape[1:] == (128, 128, 3)
    assert np.abs(clip.frames[10, 52, 64].astype(int) - COLOURS["green"]).max() < 40
    assert clip.sound_start < clip.frame_time(0)  # real sound around it, for artificial offsets
    assert clip.picture_end - clip.frame_time(0) == pytest.approx(VOICES[1][1] - VOICES[1][0], abs=0.8)
    assert source.candidates() == clips


def test_what_is_cut_is_not_cut_again(videos, monkeypatch):
    first = cutting.MediaSource(videos / "raw", videos / "crops").candidates()
    monkeypatch.setattr(cutting, "Scan", None)
    assert cutting.MediaSource(videos / "raw", videos / "crops").candidates() == first


def test_by_the_command_line(videos, monkeypatch):
    asked = ["--source", "media", "--path", videos / "raw", "--out", videos / "out", "--workers", 1]
    monkeypatch.setattr(sys, "argv", ["divas prepare", *map(str, asked), "--val-share", "0", "--test-share", "0"])
    assert command.run(prepare.main) == 0
    records = open_records(videos / "out", "train")
    assert len(records) == 2
    assert records[0].fps == Fraction(25)


def test_nothing_to_cut_is_a_sentence(videos, monkeypatch):
    with pytest.raises(UserError, match="is not a folder of videos"):
        cutting.MediaSource(videos / "nowhere", videos / "crops").candidates()
    (videos / "empty").mkdir()
    with pytest.raises(UserError, match="holds no media files"):
        cutting.MediaSource(videos / "empty", videos / "crops").candidates()
    monkeypatch.setattr(cutting, "face_detector", lambda: lambda picture: [])
    with pytest.raises(UserError, match="shows a single face that speaks"):
        cutting.MediaSource(videos / "raw", videos / "none").candidates()
