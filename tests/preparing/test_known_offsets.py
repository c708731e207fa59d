import sys
from fractions import Fraction

import numpy as np
import pytest
from click_flash import clip_of, errors_ms
from small_files import write_manifest

from divas_jax import prepare
from divas_jax.data.clip_record import decode_record
from divas_jax.data.records import open_records
from divas_jax.errors import ManifestError, UserError
from divas_jax.media.encode import encode_clip
from divas_jax.preparing.folder import FolderSource
from divas_jax.preparing.preparation import prepare_folder

VARIABLE = np.cumsum([0, *([33, 34, 50, 33, 67] * 25)])
"""Times of frames in ms, as phones make them."""


def out_of_sync(kind, late_ms, container):
    """A file whose clicks come `late_ms` after their flashes."""
    clip = (
        clip_of(30, 48_000, pts=VARIABLE, time_base=Fraction(1, 1000)) if kind == "variable" else clip_of(kind, 48_000)
    )
    return encode_clip(clip.shifted(-Fraction(late_ms) / 1000), container=container)


def folder_of(tmp_path, rows, media=None):
    """A folder with a manifest; every file is in sync, or is `media`."""
    media = media or encode_clip(clip_of(25, 16_000))
    for row in rows:
        (tmp_path / row["file"]).write_bytes(media)
    write_manifest(tmp_path / "manifest.csv", rows)
    return tmp_path


@pytest.mark.parametrize("late_ms", ["124", "-86", "33.3"])
@pytest.mark.parametrize("container", ["mp4", "matroska", "mpegts"])
@pytest.mark.parametrize("kind", [25, Fraction(30_000, 1001), 60, "variable"])
def test_what_is_late_comes_out_in_sync(tmp_path, kind, container, late_ms):
    """To the sample; what the container itself rounds (mpegts: 1/90 ms, mkv: what is written in ms) is added to it."""
    media = out_of_sync(kind, late_ms, container)
    (tmp_path / "a.mp4").write_bytes(media)
    write_manifest(tmp_path / "manifest.csv", [{"file": "a.mp4", "sound_late_ms": "0"}])
    (as_filed,) = (clip.record() for clip in FolderSource(tmp_path, as_filed=True).candidates())
    assert errors_ms(decode_record(as_filed)).mean() == pytest.approx(float(late_ms), abs=0.6)
    write_manifest(tmp_path / "manifest.csv", [{"file": "a.mp4", "sound_late_ms": late_ms}])
    (record,) = (clip.record() for clip in FolderSource(tmp_path).candidates())
    assert record.media == media
    assert record.sound_late == Fraction(late_ms) / 1000
    before, after = decode_record(as_filed), decode_record(record)
    assert np.array_equal(before.samples, after.samples)
    assert after.sound_start == before.sound_start - Fraction(late_ms) / 1000
    written = 1000 / 48_000 if container == "mp4" else 0.6
    assert np.abs(errors_ms(after)).max() <= written + 1000 / 48_000


def test_the_other_sign_says_the_same(tmp_path):
    folder = folder_of(tmp_path, [{"file": "a.mp4", "offset_ms": "-100"}])
    assert FolderSource(folder).candidates()[0].sound_late == Fraction(1, 10)


def test_both_signs_are_an_error_that_names_both(tmp_path):
    folder = folder_of(tmp_path, [{"file": "a.mp4", "offset_ms": "-100", "sound_late_ms": "100"}])
    with pytest.raises(UserError, match="sound_late_ms and offset_ms"):
        FolderSource(folder).candidates()


@pytest.mark.parametrize("value", ["soon", "nan", "1e99999999", "1/0"])
def test_what_is_no_number_is_named(tmp_path, value):
    folder = folder_of(tmp_path, [{"file": "a.mp4", "sound_late_ms": "0"}, {"file": "b.mp4", "sound_late_ms": value}])
    with pytest.raises(UserError, match=r"manifest\.csv line 3 has the sound_late_ms '.*' for b\.mp4"):
        FolderSource(folder).candidates()


@pytest.mark.parametrize("workers", [1, 2])
def test_sound_moved_beyond_its_clip_ends_the_preparation(tmp_path, workers):
    rows = [{"file": "a.mp4", "sound_late_ms": "0"}, {"file": "b.mp4", "sound_late_ms": "60000"}]
    (tmp_path / "clips").mkdir()
    folder = folder_of(tmp_path / "clips", rows)
    with pytest.raises(ManifestError, match=r"manifest\.csv line 3: b\.mp4 would have no sound with its picture"):
        prepare_folder(FolderSource(folder), tmp_path / "out", workers=workers, progress=False)
    assert not (tmp_path / "out" / "clips").exists()
    folder_of(folder, [rows[0], rows[1] | {"sound_late_ms": "60"}])
    report = prepare_folder(FolderSource(folder), tmp_path / "out", workers=1, progress=False)
    assert sum(numbers["clips"] for numbers in report.totals.values()) == 2


def test_unknown_offsets_are_left_out_or_taken(tmp_path):
    rows = [
        {"file": "a.mp4", "sound_late_ms": "40", "speaker": "anna"},
        {"file": "b.mp4", "sound_late_ms": "", "speaker": "anna"},
    ]
    (tmp_path / "clips").mkdir()
    folder = folder_of(tmp_path / "clips", rows)
    reports = {
        name: prepare_folder(FolderSource(folder, split="train", **kind), tmp_path / name, workers=1, progress=False)
        for name, kind in (("known", {}), ("all", {"unknown": "as-it-is"}), ("filed", {"as_filed": True}))
    }
    late = {
        name: {record.name: record.sound_late for record in open_records(tmp_path / name, "train")} for name in reports
    }
    assert late["known"] == {"a.mp4": Fraction(1, 25)}
    assert late["all"] == {"a.mp4": Fraction(1, 25), "b.mp4": 0}
    assert late["filed"] == {"a.mp4": 0, "b.mp4": 0}
    assert list(reports["known"].rejected) == ["has no known sound_late_ms"]
    assert reports["all"].moved["train"] == {"moved": 1, "as_filed": 1, "median_ms": 40, "least_ms": 40, "most_ms": 40}
    assert reports["filed"].moved == {}
    assert "| train | 1 | 1 | 40.00 |" in (tmp_path / "all" / "report.md").read_text()


def test_a_changed_offset_is_not_taken_from_an_earlier_try(tmp_path):
    (tmp_path / "clips").mkdir()
    folder = folder_of(
        tmp_path / "clips", [{"file": "a.mp4", "sound_late_ms": "40"}, {"file": "b.mp4", "sound_late_ms": "1e6"}]
    )
    with pytest.raises(ManifestError):
        prepare_folder(FolderSource(folder, split="train"), tmp_path / "out", workers=1, progress=False)
    folder_of(folder, [{"file": "a.mp4", "sound_late_ms": "80"}])
    prepare_folder(FolderSource(folder, split="train"), tmp_path / "out", workers=1, progress=False)
    assert [record.sound_late for record in open_records(tmp_path / "out", "train")] == [Fraction(2, 25)]


def test_clips_that_share_a_sound_stay_in_one_split(tmp_path):
    rows = [
        {"file": f"{number:02}.mp4", "speaker": f"speaker{number}", "sound_group": f"sound{number // 4}"}
        for number in range(40)
    ]
    for row in rows:
        (tmp_path / row["file"]).write_bytes(b"not read")
    write_manifest(tmp_path / "manifest.csv", rows)
    clips = FolderSource(tmp_path, val_share=0.3, test_share=0.3).candidates()
    splits = {}
    for clip in clips:
        splits.setdefault(clip.sound_group, set()).add(clip.split)
    assert all(len(found) == 1 for found in splits.values())
    assert {split for found in splits.values() for split in found} == {"train", "val", "test"}


def test_speakers_are_joined_through_sounds_they_share(tmp_path):
    """anna and bert share a sound, bert and carl another: all three are one."""
    rows = [
        {"file": "a.mp4", "speaker": "anna", "sound_group": "x"},
        {"file": "b.mp4", "speaker": "bert", "sound_group": "x"},
        {"file": "c.mp4", "speaker": "bert", "sound_group": "y"},
        {"file": "d.mp4", "speaker": "carl", "sound_group": "y"},
        {"file": "e.mp4", "speaker": "dora", "sound_group": ""},
        {"file": "f.mp4", "speaker": "carl", "sound_group": ""},
    ]
    write_manifest(tmp_path / "manifest.csv", rows)
    splits = {clip.name: clip.split for clip in FolderSource(tmp_path, val_share=0.5, test_share=0.0).candidates()}
    assert len({splits[name] for name in ("a.mp4", "b.mp4", "c.mp4", "d.mp4", "f.mp4")}) == 1
    assert splits["e.mp4"] != splits["a.mp4"]


def test_the_command_says_what_it_moved(tmp_path, monkeypatch, capsys):
    (tmp_path / "clips").mkdir()
    folder = folder_of(tmp_path / "clips", [{"file": "a.mp4", "sound_late_ms": "-60"}])
    asked = ["prepare", "--source", "folder", "--path", str(folder), "--out", str(tmp_path / "out"), "--split", "val"]
    monkeypatch.setattr(sys, "argv", asked)
    assert prepare.main() == 0
    assert "-60.00" in capsys.readouterr().out
    assert len(open_records(tmp_path / "out", "val")) == 1
