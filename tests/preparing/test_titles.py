"""Titles with lists of scenes, made up of talkers."""

import json
import sys
from collections import defaultdict
from fractions import Fraction

import numpy as np
import pytest

from divas_jax.clip import Clip
from divas_jax.command import run
from divas_jax.data.records import open_records
from divas_jax.errors import UserError
from divas_jax.media.decode import decode_clip
from divas_jax.media.encode import encode_clip
from divas_jax.prepare import main
from divas_jax.preparing.layouts import TitleSource
from divas_jax.talkers import make_talker

FPS = Fraction(24_000, 1001)


def title(seed, seconds=5) -> Clip:
    """A talker between black bars, so that the picture is wide."""
    talker = make_talker(seed, fps=FPS, sample_rate=48_000, duration=Fraction(seconds), size=120)
    wide = np.pad(talker.frames, ((0, 0), (0, 0), (40, 40), (0, 0)))
    return Clip(**{**vars(talker), "frames": wide})


def listed(path, scenes):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(scenes if isinstance(scenes, str) else json.dumps(scenes))


@pytest.fixture(scope="module")
def film():
    return title(5)


@pytest.fixture
def folder(tmp_path, film):
    folder = tmp_path / "titles"
    (folder / "show").mkdir(parents=True)
    encode_clip(film, folder / "show" / "one.mov")
    listed(
        folder / "show" / "one.json",
        '[{"start_s": 0.5, "end_s": 1.9}, {"start_s": "61061/24000", "end_s": 4, "speaker": "anna"},'
        ' {"start_s": 70, "end_s": 72}, {"start_s": 0, "end_s": 300}]',
    )
    return folder


def test_scenes_are_cut_exactly(monkeypatch, tmp_path, folder, film):
    out = tmp_path / "out"
    asked = ["--source", "titles", "--path", str(folder), "--out", str(out), "--workers", "1"]
    monkeypatch.setattr(sys, "argv", ["prepare", *asked])
    assert run(main) == 0
    stored = {record.name: record for record in map(open_records(out, "train").__getitem__, range(2))}
    assert sorted(stored) == ["show/one/00000", "show/one/00001"]
    record = stored["show/one/00001"]
    assert (record.fps, record.sample_rate, record.speaker, record.source) == (FPS, 48_000, "anna", "titles")
    assert stored["show/one/00000"].speaker == "show/one"

    clip = decode_clip(record.media)
    # 61061 / 24000 s is the time of frame 61 exactly.
    inside = [i for i in range(len(film.frames)) if Fraction(61_061, 24_000) <= film.frame_time(i) < 4]
    assert inside[0] == 61
    assert len(clip.frames) == len(inside)
    assert clip.frames.shape[1:] == (240, 400, 3)
    assert [clip.frame_time(i) - clip.frame_time(0) for i in range(3)] == [0, 1 / FPS, 2 / FPS]
    small = film.frames[61].astype(float)
    assert np.abs(clip.frames[0].reshape(120, 2, 200, 2, 3).mean(axis=(1, 3)) - small).mean() < 6
    assert abs(clip.sound_start - clip.frame_time(0)) < Fraction(1, 1000)
    start = round(film.frame_time(61) * 48_000)
    heard, true = clip.samples[2000:40_000], film.samples[start + 2000 : start + 40_000]
    lags = {lag: np.corrcoef(heard[100:-100], np.roll(true, lag)[100:-100])[0, 1] for lag in range(-40, 41)}
    assert abs(max(lags, key=lags.get)) <= 1

    report = json.loads((out / "report.json").read_text())
    assert report["rejected"] == {
        "has no picture between 70.00 and 72.00 s": ["show/one/00002: has no picture between 70.00 and 72.00 s"],
        "is longer than 120 s": ["show/one/00003: is longer than 120 s (300 s)"],
    }


def test_titles_are_divided_never_scenes(tmp_path):
    scenes = [{"start_s": 1, "end_s": 2}, {"start_s": 3, "end_s": 4.25, "speaker": "bob"}]
    for number in range(20):
        (tmp_path / f"film{number}.mkv").write_bytes(b"not read yet")
        listed(tmp_path / f"film{number}.json", scenes)
    (tmp_path / "film3.json").write_text(json.dumps([{**scenes[0], "split": "test"}, scenes[1]]))
    splits = defaultdict(set)
    for scene in TitleSource(tmp_path, val_share=0.2, test_share=0.1).candidates():
        splits[scene.title].add(scene.split)
    assert all(len(own) == 1 for own in splits.values())
    assert splits["film3"] == {"test"}
    assert sorted(next(iter(own)) for own in splits.values()) == ["test"] * 3 + ["train"] * 13 + ["val"] * 4


@pytest.mark.parametrize(
    ("scenes", "sentence"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("{}", "is not a list of scenes"),
        ([{"start_s": 1}], "scene 1 has no start_s and end_s"),
        ([{"start_s": 1, "end_s": 2, "sped": 1}], "scene 1 has the unknown key 'sped'"),
        ([{"start_s": 1, "end_s": 2}, {"start_s": 3, "end_s": 3}], r"scene 2 ends at 3\.0 s, but begins at 3\.0 s"),
        ('[{"start_s": NaN, "end_s": 2}]', "scene 1 start_s is nan, which is no time"),
        ('[{"start_s": 1, "end_s": 1e999999999}]', "scene 1 end_s is '1e999999999', which is no time"),
        ('[{"start_s": "1/0", "end_s": 2}]', "which is no time"),
        ('[{"start_s": -1, "end_s": 2}]', "which is no time"),
        ([{"start_s": 1, "end_s": 2, "split": "dev"}], "scene 1 has the split 'dev'"),
        ([{"start_s": 1, "end_s": 2, "split": ["val"]}], "scene 1 has the split"),
        ([{"start_s": 1, "end_s": 2, "speaker": {}}, {"start_s": 1, "end_s": 2, "speaker": {"a": 1}}], "not text"),
        (
            [{"start_s": 1, "end_s": 2, "split": "val"}, {"start_s": 1, "end_s": 2, "split": "train"}],
            "puts one title into train and val",
        ),
        ([], "their lists of scenes are empty"),
    ],
)
def test_a_bad_list_of_scenes_is_refused(tmp_path, scenes, sentence):
    (tmp_path / "film.mkv").write_bytes(b"not read yet")
    listed(tmp_path / "film.json", scenes)
    with pytest.raises(UserError, match=sentence):
        TitleSource(tmp_path).candidates()


def test_one_list_is_of_one_title(tmp_path):
    for ending in ("mkv", "mp4"):
        (tmp_path / f"film.{ending}").write_bytes(b"not read yet")
    listed(tmp_path / "film.json", [{"start_s": 1, "end_s": 2}])
    with pytest.raises(UserError, match=r"film\.json could be of film\.mkv or of film\.mp4"):
        TitleSource(tmp_path).candidates()
