import sys
from fractions import Fraction

import numpy as np
import pytest
from small_files import made_up, touch, write_manifest

from divas_jax import prepare
from divas_jax.data.clip_record import ClipRecord, LipShapes, decode_record
from divas_jax.data.lip_shapes import FILE, read_lips, write_lips
from divas_jax.data.records import open_records
from divas_jax.errors import UserError
from divas_jax.media.encode import encode_clip
from divas_jax.preparing.folder import FolderSource
from divas_jax.preparing.preparation import prepare_folder


def shapes(frames, seed):
    random = np.random.default_rng(seed)
    return LipShapes(random.integers(-127, 128, (frames, 2, 4)).astype(np.int8), random.random(frames) < 0.9)


@pytest.fixture
def lips(tmp_path):
    """Of a.mp4 and, by its bare name, of b.mp4 in a folder; c.mp4 has too many rows; nobody has d.mp4."""
    own = {"a.mp4": shapes(30, 0), "b.mp4": shapes(30, 1), "c.mp4": shapes(31, 2), "d.mp4": shapes(30, 3)}
    write_lips(tmp_path / "given.npz", own)
    return own


@pytest.fixture
def clips(tmp_path):
    folder = tmp_path / "clips"
    touch(folder, "a.mp4", "b.mp4", "c.mp4")
    (folder / "deep").mkdir()
    (folder / "b.mp4").rename(folder / "deep" / "b.mp4")
    for name in ("a.mp4", "deep/b.mp4", "c.mp4"):
        encode_clip(made_up(30), folder / name)
    write_manifest(folder / "manifest.csv", [{"file": name} for name in ("a.mp4", "deep/b.mp4", "c.mp4")])
    return folder


def test_lips_lie_beside_the_records_and_come_with_them(tmp_path, clips, lips):
    source = FolderSource(clips, split="train", lips=tmp_path / "given.npz")
    report = prepare_folder(source, tmp_path / "out", workers=1, progress=False)
    assert report.lips == 2
    assert "2 of 3 clips have lip shapes" in (tmp_path / "out" / "report.md").read_text()
    found = {record.name: record.lips for record in open_records(tmp_path / "out", "train")}
    assert found["c.mp4"] is None
    for name, given in (("a.mp4", "a.mp4"), ("deep/b.mp4", "b.mp4")):
        np.testing.assert_array_equal(found[name].shapes, lips[given].shapes)
        np.testing.assert_array_equal(found[name].seen, lips[given].seen)
    assert set(read_lips(tmp_path / "out" / FILE)) == {"a.mp4", "deep/b.mp4"}


def test_without_them_everything_works(tmp_path, clips):
    report = prepare_folder(FolderSource(clips, split="train"), tmp_path / "out", workers=1, progress=False)
    assert report.lips is None
    assert not (tmp_path / "out" / FILE).exists()
    record = open_records(tmp_path / "out", "train")[0]
    assert record.lips is None
    assert len(decode_record(record).frames) == 30


def test_preparing_anew_without_them_forgets_them(tmp_path, clips, lips):
    out = tmp_path / "out"
    prepare_folder(FolderSource(clips, split="train", lips=tmp_path / "given.npz"), out, workers=1, progress=False)
    prepare_folder(FolderSource(clips, split="train"), out, workers=1, progress=False, force=True)
    assert not (out / FILE).exists()


@pytest.mark.parametrize(
    "change",
    [
        {"lips": np.zeros((60, 2, 4), np.float32)},
        {"lips": np.zeros((60, 4), np.int8)},
        {"first": np.array([0, 40, 30])},
        {"first": np.array([0, 30, 61])},
        {"seen": np.zeros(60, np.int8)},
        {"names": np.array(["a.mp4"])},
    ],
)
def test_a_file_that_is_none_is_one_sentence(tmp_path, change):
    good = {
        "names": np.array(["a.mp4", "b.mp4"]),
        "first": np.array([0, 30, 60]),
        "lips": np.zeros((60, 2, 4), np.int8),
        "seen": np.ones(60, bool),
    }
    np.savez(tmp_path / "good.npz", **good)
    assert len(read_lips(tmp_path / "good.npz")) == 2
    np.savez(tmp_path / "bad.npz", **good | change)
    with pytest.raises(UserError, match=r"bad\.npz must hold names, first, lips"):
        read_lips(tmp_path / "bad.npz")


@pytest.mark.parametrize("content", [b"", b"no zip", None])
def test_a_file_that_cannot_be_read_ends_the_command(tmp_path, clips, monkeypatch, capsys, content):
    file = tmp_path / "lips.npz"
    if content is not None:
        file.write_bytes(content)
    asked = ["--source", "folder", "--path", str(clips), "--out", str(tmp_path / "out"), "--lips", str(file)]
    monkeypatch.setattr(sys, "argv", ["prepare", *asked])
    with pytest.raises(UserError, match=r"lips\.npz cannot be read"):
        prepare.main()
    assert not (tmp_path / "out" / "clips").exists()


def test_clips_that_share_a_sound_are_one_voice():
    def record(name, group=""):
        return ClipRecord(name, b"", Fraction(25), 30, True, 16_000, 1.2, sound_group=group)

    assert record("a", "x").voice == record("b", "x").voice
    assert record("a").voice != record("b").voice
    assert record("x").voice != record("b", "x").voice
