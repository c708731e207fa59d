import pickle
import resource
import subprocess
import sys
import tempfile
from dataclasses import asdict, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from divas_jax.data.clip_record import ClipRecord, JoinedClips, joined
from divas_jax.data.records import open_records, short_names, splits_of, write_records
from divas_jax.data.timed_record import TimedRecord, pack_pts
from divas_jax.errors import UserError


def made_up(index, split):
    rng = np.random.default_rng(index)
    pts = np.cumsum(rng.integers(1, 9000, 40)) - 500
    return TimedRecord(
        name=f"clip-{index}-ü",
        media=rng.bytes(2000 + index),
        fps=Fraction(30_000, 1001),
        n_frames=40,
        constant_rate=index % 2 == 0,
        sample_rate=44_100,
        duration=40 * 1001 / 30_000,
        speaker=f"spk{index}",
        source='made up, "quoted"\n',
        split=split,
        pts=pack_pts(pts),
        time_base=Fraction(1, 90_000),
        picture_start=Fraction(-7, 1001),
    )


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    folder = tmp_path_factory.mktemp("records")
    records = {"train": [made_up(i, "train") for i in range(7)], "test": [made_up(i, "test") for i in (20, 21)]}
    write_records({**records, "val": []}, folder)
    return folder, records


def test_round_trip_bit_for_bit(stored):
    folder, records = stored
    assert splits_of(folder) == ("train", "test")
    for split, written in records.items():
        source = open_records(folder, split)
        read = {record.name: record for record in (source[i] for i in range(len(source)))}
        assert read == {record.name: record for record in written}
    np.testing.assert_array_equal(read["clip-20-ü"].frame_pts, written[0].frame_pts)
    assert written[0].frame_pts.dtype == np.int64


def test_order_depends_on_names_alone(stored, tmp_path):
    folder, records = stored
    write_records({"train": reversed(records["train"])}, tmp_path)
    first, second = open_records(folder, "train"), open_records(tmp_path, "train")
    assert [first[i].name for i in range(7)] == [second[i].name for i in range(7)]


def test_plain_records_have_no_presentation_times(tmp_path):
    plain = ClipRecord("a", b"\x00\xff", Fraction(25), 3, True, 16_000, 0.12)
    write_records({"val": [plain]}, tmp_path / "new" / "folder")
    (record,) = open_records(tmp_path / "new" / "folder", "val")
    assert record.pts == b""
    assert {key: asdict(record)[key] for key in asdict(plain)} == asdict(plain) | {"split": "val"}


def test_nothing_is_left_among_temporary_files(tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    write_records({"train": [ClipRecord("a", b"", Fraction(25), 10, True, 16_000, 0.4)]}, tmp_path / "data")
    assert not list((tmp_path / "temporary").iterdir())


def test_a_pickled_source_reads_the_same(stored):
    source = open_records(stored[0], "train")
    assert pickle.loads(pickle.dumps(source))[3] == source[3]


def test_a_failing_source_leaves_no_data_set(stored, tmp_path):
    def broken():
        yield made_up(0, "train")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_records({"train": broken()}, tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    write_records({"train": [made_up(0, "train")]}, tmp_path)
    assert open_records(tmp_path, "train")[0] == made_up(0, "train")


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path):
    big = [replace(made_up(i, "train"), media=np.random.default_rng(i).bytes(100_000)) for i in range(5)]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, hard))  # no file may grow beyond this
    try:
        with pytest.raises(UserError, match=r"cannot be written \(File too large\)"):
            write_records({"train": big}, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_what_cannot_be_opened_or_written_is_said(stored, tmp_path):
    with pytest.raises(UserError, match="nothing-here holds no data set"):
        open_records(tmp_path / "nothing-here", "train")
    with pytest.raises(UserError, match=r"no split 'val' \(it has: train, test\)"):
        open_records(stored[0], "val")
    with pytest.raises(UserError, match="already holds a data set"):
        write_records({"train": [made_up(0, "train")]}, stored[0])
    with pytest.raises(UserError, match="no clip"):
        write_records({"train": []}, tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        write_records({"train": [made_up(0, "train")]}, tmp_path / "file")


def test_tensorflow_stays_out(stored, tmp_path):
    code = f"""
import sys
from pathlib import Path
from divas_jax.data.records import open_records, write_records
record = open_records(Path({str(stored[0])!r}), "train")[0]
write_records({{"train": [record]}}, Path({str(tmp_path)!r}))
print(sorted(name for name in sys.modules if name.split(".")[0] in ("tensorflow", "jax")))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_sources_are_joined_one_after_the_other():
    clips = [made_up(number, "train") for number in range(5)]
    joined = JoinedClips([clips[:2], [], clips[2:]])
    assert [joined[index].name for index in range(len(joined))] == [clip.name for clip in clips]
    for outside in (-1, 5):
        with pytest.raises(IndexError):
            joined[outside]
    assert len(JoinedClips([])) == 0


def test_names_of_several_sets_never_clash_and_do_not_depend_on_where_they_lie():
    one, other = [made_up(0, "val")], [made_up(0, "val"), made_up(1, "val")]
    assert [record.name for record in joined({"val": one})] == ["clip-0-ü"]
    names = short_names([Path("/some/where/val"), Path("val2")])
    both = joined(dict(zip(names, (one, other), strict=True)))
    assert [record.name for record in both] == ["val/clip-0-ü", "val2/clip-0-ü", "val2/clip-1-ü"]
    assert short_names([Path("a/val"), Path("b/val")]) == ["a/val", "b/val"]
