from collections import defaultdict
from fractions import Fraction

import pytest
from small_files import made_up, touch, write_manifest

from divas_jax.errors import UserError
from divas_jax.media.decode import decode_clip
from divas_jax.media.encode import encode_clip
from divas_jax.preparing.folder import FolderSource


@pytest.fixture(scope="module")
def media():
    return encode_clip(made_up())


def test_a_record_says_what_decoding_reports(tmp_path):
    (tmp_path / "anna").mkdir()
    media = encode_clip(made_up(30, fps=Fraction(30_000, 1001), sample_rate=44_100), tmp_path / "anna" / "a.mp4")
    (candidate,) = FolderSource(tmp_path).candidates()
    record, clip = candidate.record(), decode_clip(media)
    assert (record.name, record.speaker, record.media) == ("anna/a.mp4", "anna", media)
    assert (record.fps, record.n_frames, record.sample_rate) == (Fraction(30_000, 1001), 30, 44_100)
    assert record.constant_rate
    assert record.duration == pytest.approx(30 * 1001 / 30_000, abs=0.001)
    times = [record.picture_start + int(pts) * record.time_base for pts in record.frame_pts]
    assert times == [clip.frame_time(i) for i in range(30)]


@pytest.mark.parametrize(
    ("clip", "why"),
    [
        ({"frames": 5}, "shorter than a window and one frame"),
        ({"side": 16}, "picture below 32 pixels"),
        ({"level": 0.0}, "silent"),
    ],
)
def test_useless_clips_are_rejected(tmp_path, clip, why):
    encode_clip(made_up(**clip), tmp_path / "a.mp4")
    (candidate,) = FolderSource(tmp_path).candidates()
    with pytest.raises(UserError, match=rf"^a\.mp4 .*{why}"):
        candidate.record()


def test_six_frames_are_just_enough(tmp_path):
    encode_clip(made_up(6), tmp_path / "a.mp4")
    (candidate,) = FolderSource(tmp_path).candidates()
    assert candidate.record().n_frames == 6


def test_what_is_no_media_file_is_rejected(tmp_path, media):
    (tmp_path / "text.mp4").write_text("hello")
    (tmp_path / "cut.mp4").write_bytes(media[:1000])
    (tmp_path / "empty.mp4").write_bytes(b"")
    for candidate in FolderSource(tmp_path).candidates():
        with pytest.raises(UserError, match=f"^{candidate.name} "):
            candidate.record()


def test_without_a_manifest_every_media_file_counts(tmp_path):
    touch(tmp_path, "a/x.mp4", "a/y.MKV", "b/deep/z.webm", "b/notes.txt", ".hidden/h.mp4", "b/.part.mp4")
    clips = FolderSource(tmp_path).candidates()
    assert {clip.name: clip.speaker for clip in clips} == {"a/x.mp4": "a", "a/y.MKV": "a", "b/deep/z.webm": "b/deep"}
    assert {clip.source for clip in clips} == {tmp_path.name}


def test_folders_named_like_splits_are_splits(tmp_path):
    touch(tmp_path, "train/ann/1.mp4", "val/bob/1.mp4", "test/2.mp4")
    clips = {clip.name: (clip.split, clip.speaker) for clip in FolderSource(tmp_path).candidates()}
    assert clips == {"train/ann/1.mp4": ("train", "ann"), "val/bob/1.mp4": ("val", "bob"), "test/2.mp4": ("test", "")}


def test_speakers_are_divided_never_clips(tmp_path):
    touch(tmp_path, *(f"speaker{s}/{c}.mp4" for s in range(60) for c in range(3)))
    speakers = defaultdict(set)
    for clip in FolderSource(tmp_path, val_share=0.1).candidates():
        speakers[clip.split].add(clip.speaker)
    assert {split: len(names) for split, names in speakers.items()} == {"train": 51, "val": 6, "test": 3}
    assert len(set.union(*speakers.values())) == 60  # 51 + 6 + 3: nobody is in two splits


@pytest.mark.parametrize(("n", "splits"), [(1, ["train"]), (2, ["train", "val"]), (3, ["test", "train", "val"])])
def test_few_speakers_leave_some_to_train_on(tmp_path, n, splits):
    touch(tmp_path, *(f"speaker{s}/0.mp4" for s in range(n)))
    assert sorted(clip.split for clip in FolderSource(tmp_path).candidates()) == splits


def test_manifests_in_split_folders(tmp_path):
    write_manifest(tmp_path / "train" / "manifest.csv", [{"file": "a.mp4", "speaker_id": "s1", "source": "news"}])
    write_manifest(tmp_path / "val" / "manifest.csv", [{"file": "b.mp4", "speaker_id": "s2", "source": "film"}])
    first, second = FolderSource(tmp_path).candidates()
    assert (first.name, first.split, first.speaker, first.source) == ("train/a.mp4", "train", "s1", "news")
    assert (second.name, second.split, second.speaker, second.source) == ("val/b.mp4", "val", "s2", "film")


def test_one_manifest_with_splits_and_a_filter(tmp_path):
    rows = [{"file": f"{i}.mp4", "split": "val" if i % 2 else "train", "trust": "ABC"[i % 3]} for i in range(6)]
    write_manifest(tmp_path / "manifest.csv", rows)
    kept = FolderSource(tmp_path, where={"trust": {"A", "B"}}).candidates()
    assert {clip.name: clip.split for clip in kept} == {
        "0.mp4": "train", "1.mp4": "val", "3.mp4": "val", "4.mp4": "train",
    }  # fmt: skip


def test_at_most_so_many_of_a_split(tmp_path):
    rows = [{"file": f"{i}.mp4", "split": "val" if i % 2 else "train"} for i in range(40)]
    write_manifest(tmp_path / "manifest.csv", rows)
    source = FolderSource(tmp_path, most={"train": 3, "val": 0})
    few = source.candidates()
    assert [clip.split for clip in few] == ["train"] * 3
    assert few == source.candidates()
    assert set(few) < set(FolderSource(tmp_path).candidates())


@pytest.mark.parametrize(
    ("row", "where", "message"),
    [
        ({"clip": "a.mp4"}, {}, r"no column 'file' \(it has: clip\)"),
        ({"file": "a.mp4"}, {"trust": {"A"}}, "no column 'trust'"),
        ({"file": "a.mp4", "trust": "C"}, {"trust": {"A"}}, "no media files that the given columns select"),
        ({"file": "../a.mp4"}, {}, "line 2 names the file '../a.mp4'"),
        ({"file": "/etc/a.mp4"}, {}, "line 2 names the file"),
        ({"file": "a.mp4", "split": "dev"}, {}, "line 2 has the split 'dev'"),
    ],
)
def test_bad_manifests_are_named(tmp_path, row, where, message):
    write_manifest(tmp_path / "manifest.csv", [row])
    with pytest.raises(UserError, match=message):
        FolderSource(tmp_path, where=where).candidates()


def test_folders_without_clips(tmp_path):
    with pytest.raises(UserError, match="is not a folder"):
        FolderSource(tmp_path / "missing").candidates()
    with pytest.raises(UserError, match="holds no media files"):
        FolderSource(tmp_path).candidates()
    touch(tmp_path, "a.mp4")
    with pytest.raises(UserError, match=r"no manifest\.csv"):
        FolderSource(tmp_path, where={"trust": {"A"}}).candidates()
