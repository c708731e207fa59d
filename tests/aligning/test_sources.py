import csv
import itertools
from fractions import Fraction

import numpy as np
import pytest
from click_flash import clip_of, errors_ms
from pieces import entry

from divas_jax.aligning.folds import fold_of
from divas_jax.aligning.models import by_choice, choices_of
from divas_jax.aligning.sources import entries_of
from divas_jax.errors import UserError
from divas_jax.media.decode import decode_clip
from divas_jax.media.encode import encode_clip
from divas_jax.media.restamp import with_moved_sound
from divas_jax.preparing.folder import FolderSource
from divas_jax.preparing.preparation import prepare_folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Four clips of two recordings, one of them filed as 40 ms late."""
    place = tmp_path_factory.mktemp("filed")
    (place / "deep").mkdir()
    rows = []
    for index in range(4):
        name = f"deep/{index}.mp4" if index % 2 else f"{index}.mp4"
        encode_clip(clip_of(25, 16000, seconds=2), place / name)
        rows.append((name, f"me{index // 2}", "tv", f"show{index // 2}", 9 - index, "40" if index == 0 else ""))
    with (place / "manifest.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("file", "speaker_id", "source", "show", "start_s", "sound_late_ms"), *rows])
    return place


def test_a_recording_is_a_column_a_folder_or_a_file(folder):
    assert {one.recording for one in entries_of(folder)} == {"0.mp4", "deep/1.mp4", "2.mp4", "deep/3.mp4"}
    assert [one.recording for one in entries_of(folder, "show")] == ["show0", "show0", "show1", "show1"]
    assert {one.recording for one in entries_of(folder, "folder")} == {".", "deep"}
    assert [one.begins for one in entries_of(folder)] == [9, 8, 7, 6]
    assert [one.filed for one in entries_of(folder)] == [Fraction(1, 25), None, None, None]
    with pytest.raises(UserError, match="has no column 'episode'"):
        entries_of(folder, "episode")


def test_a_data_set_is_read_as_it_was_filed(folder, tmp_path):
    prepare_folder(FolderSource(folder, split="train"), tmp_path / "data", workers=1, progress=False)
    (found,) = entries_of(tmp_path / "data")  # rows without an offset were left out
    assert (found.name, found.filed, found.source) == ("0.mp4", Fraction(1, 25), "tv")
    assert found.read().sound_start == decode_clip(folder / "0.mp4").sound_start


def test_folds_share_no_speaker_recording_or_sound():
    entries = [
        entry(f"{n}.mp4", f"r{n // 3}", speaker_id=f"s{n // 5}", sound_group="g" if n in (0, 30) else "")
        for n in range(60)
    ]
    folds = fold_of(entries, 2)
    for one, other in itertools.combinations(range(60), 2):
        tied = entries[one].recording == entries[other].recording or any(
            entries[one].row[column] and entries[one].row[column] == entries[other].row[column]
            for column in ("speaker_id", "sound_group")
        )
        assert not tied or folds[one] == folds[other]
    assert 20 <= folds.count(0) <= 40
    with pytest.raises(UserError, match="folds need as many groups"):
        fold_of(entries[:3], 2)


def test_weights_judge_the_clips_that_they_have_not_seen(tmp_path):
    entries = [entry(f"{n}.mp4", "r", fold=n % 2) for n in range(4)]
    parts = by_choice(entries, choices_of([f"0={tmp_path}", "1=other"]), "fold")
    assert [[one.name for one in own] for _, own in parts] == [["0.mp4", "2.mp4"], ["1.mp4", "3.mp4"]]
    with pytest.raises(UserError, match="is in fold '1', for which no --checkpoint"):
        by_choice(entries, choices_of([f"0={tmp_path}", "2=other"]), "fold")
    with pytest.raises(UserError, match="has no column 'part'"):
        by_choice(entries, choices_of([f"0={tmp_path}", "1=other"]), "part")
    with pytest.raises(UserError, match="a fold twice"):
        choices_of(["0=a", "0=b"])
    with pytest.raises(UserError, match="each is FOLD=DIR"):
        choices_of(["a", "b"])


@pytest.mark.parametrize("later_ms", [125, -125])
@pytest.mark.parametrize(("container", "tick_ms"), [("mp4", 0.1), ("mkv", 1.0), ("ts", 0.1), ("mov", 0.1)])
def test_a_copy_is_moved_by_its_time_stamps_alone(tmp_path, container, tick_ms, later_ms):
    source, copy = tmp_path / f"a.{container}", tmp_path / f"b.{container}"
    encode_clip(clip_of(25, 48000), source, container=container)
    before = errors_ms(decode_clip(source))
    assert with_moved_sound(source, copy, Fraction(later_ms, 1000)) == []
    moved = decode_clip(copy)
    after = errors_ms(moved.shifted(Fraction(later_ms, 1000)))  # put back
    assert np.allclose(np.median(after), np.median(before), atol=tick_ms)
    assert len(moved.frames) == len(decode_clip(source).frames)
    assert {path.name for path in tmp_path.iterdir()} == {source.name, copy.name}
