import csv
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from divas_jax.clip import Clip
from divas_jax.command import run
from divas_jax.data.records import open_records, splits_of
from divas_jax.data.timed_record import TimedRecord
from divas_jax.errors import UserError
from divas_jax.media.encode import encode_clip
from divas_jax.prepare import main
from divas_jax.preparing.acceptance import accepted
from divas_jax.preparing.preparation import prepare, prepare_talkers


def made_up(seed, frames=10, fps=25, sample_rate=16_000):
    rng = np.random.default_rng(seed)
    return Clip(
        frames=np.repeat(rng.integers(0, 255, (frames, 1, 1, 3), dtype=np.uint8), 32, axis=1).repeat(32, axis=2),
        frame_pts=np.arange(frames),
        time_base=Fraction(1, fps),
        samples=(0.3 * np.sin(np.arange(frames * sample_rate // fps) / (5 + seed))).astype(np.float32),
        sample_rate=sample_rate,
        fps=Fraction(fps),
    )


@dataclass(frozen=True)
class MadeUp:
    """A candidate that interrupts, crashes or is of no use when told to."""

    index: int
    split: str = "train"
    then: str = ""
    media: bytes = b""

    @property
    def name(self):
        return f"clip {self.index}"

    def record(self):
        if self.then == "interrupt":
            raise KeyboardInterrupt
        if self.then == "crash":
            os._exit(3)
        if self.then == "useless":
            raise UserError(f"{self.name} is blank (all of it)")
        return accepted(self.media, name=self.name, speaker=f"s{self.index}", source="made up", split=self.split)


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def records(folder, split="train"):
    source = open_records(folder, split)
    return {record.name: record for record in (source[i] for i in range(len(source)))}


def in_order(folder):
    """All records as they lie; the files' own bytes vary, because protobuf orders maps by process."""
    return {split: [open_records(folder, split)[i] for i in range(n)] for split, n in (("train", 6), ("val", 2))}


@pytest.fixture(scope="module")
def clips():
    return [MadeUp(i, "val" if i % 4 == 0 else "train", media=encode_clip(made_up(i))) for i in range(8)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory, clips):
    out = tmp_path_factory.mktemp("whole")
    prepare(clips, out, {"seed": 1}, workers=1, progress=False)
    return out


def test_what_was_accepted_is_stored(whole, clips):
    assert splits_of(whole) == ("train", "val")
    for split in ("train", "val"):
        expected = {clip.name: clip.record() for clip in clips if clip.split == split}
        assert records(whole, split) == expected
        assert all(isinstance(record, TimedRecord) and record.pts for record in expected.values())


def test_an_interrupted_run_goes_on_and_ends_the_same(whole, clips, tmp_path, monkeypatch):
    stopping = [replace(clip, then="interrupt") if clip.index == 5 else clip for clip in clips]
    with pytest.raises(KeyboardInterrupt):
        prepare(stopping, tmp_path, {"seed": 1}, workers=1, progress=False)
    with pytest.raises(UserError, match="holds no data set"):
        splits_of(tmp_path)
    journal = tmp_path / ".staging" / "journal.jsonl"
    assert len(journal.read_text().splitlines()) == 5
    with journal.open("a") as torn:
        torn.write('{"name": "clip 5", "spl')

    made = []
    original = MadeUp.record
    monkeypatch.setattr(MadeUp, "record", lambda clip: made.append(clip.index) or original(clip))
    report = prepare(clips, tmp_path, {"seed": 1}, workers=1, progress=False)
    assert made == [5, 6, 7]
    assert report.totals["train"]["clips"] == 6
    assert in_order(tmp_path) == in_order(whole)
    assert (tmp_path / "report.json").read_bytes() == (whole / "report.json").read_bytes()
    assert not (tmp_path / ".staging").exists()


@pytest.mark.slow
def test_several_workers_write_the_same_and_survive_a_crash(whole, clips, tmp_path):
    mixed = [*clips[:3], MadeUp(90, then="crash"), MadeUp(91, then="useless"), *clips[3:]]
    report = prepare(mixed, tmp_path, {"seed": 1}, workers=2, progress=False)
    assert report.rejected == {
        "crashes the process that reads it": ["clip 90: crashes the process that reads it"],
        "is blank": ["clip 91: is blank (all of it)"],
    }
    assert in_order(tmp_path) == in_order(whole)


def test_a_finished_data_set_is_left_alone(whole, clips):
    before = files(whole)
    assert prepare([MadeUp(0, then="interrupt")], whole, {"seed": 1}, workers=1, progress=False) is None
    with pytest.raises(UserError, match="was prepared with seed = 1, not 2"):
        prepare(clips, whole, {"seed": 2}, workers=1, progress=False)
    assert files(whole) == before


def _without(folder, key):
    """Makes `prepare.json` what versions wrote that did not know `key`."""
    path = folder / "prepare.json"
    arguments = json.loads(path.read_text())
    del arguments[key]
    path.write_text(json.dumps(arguments))


def _with(folder, **more):
    """Makes `prepare.json` what versions wrote that knew more."""
    path = folder / "prepare.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | more))


def test_a_data_set_of_an_older_version_is_left_alone(tmp_path):
    make = partial(
        prepare_talkers, tmp_path, {"train": 1}, rates=(Fraction(25),), duration=Fraction(1), workers=1, progress=False
    )
    assert make() is not None
    _with(tmp_path, anticipation="0")  # which is no more
    assert make() is None
    _with(tmp_path, anticipation="3/25")
    with pytest.raises(UserError, match="was prepared with anticipation = 3/25, not None"):
        make()
    _with(tmp_path, anticipation="0")
    _without(tmp_path, "seed")  # which every version knew
    with pytest.raises(UserError, match="was prepared with seed = None, not 0"):
        make()
    (tmp_path / "prepare.json").write_text("[]")
    with pytest.raises(UserError, match="is damaged"):
        make()


def test_force_discards_only_what_was_prepared(tmp_path, clips):
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "mine.txt").write_text("keep")
    prepare(clips[:2], tmp_path, {"seed": 1}, workers=1, progress=False)
    prepare(clips[2:4], tmp_path, {"seed": 2}, workers=1, progress=False, force=True)
    assert sorted(records(tmp_path)) == ["clip 2", "clip 3"]
    assert (tmp_path / "clips" / "mine.txt").read_text() == "keep"


def test_nothing_usable_is_an_error_with_a_report(tmp_path):
    with pytest.raises(UserError, match=r"no clip can be used; .*report\.md says why"):
        prepare([MadeUp(1, then="useless")], tmp_path, {}, workers=1, progress=False)
    assert "clip 1: is blank (all of it)" in (tmp_path / "report.md").read_text()


def test_talkers_for_the_trainer(tmp_path):
    rates = (Fraction(25), Fraction(30_000, 1001))
    arguments = {"seed": 3, "rates": rates, "sample_rates": (16_000,), "duration": Fraction(1), "workers": 1}
    prepare_talkers(tmp_path, {"train": 3, "val": 1}, **arguments, progress=False)
    assert prepare_talkers(tmp_path, {"train": 3, "val": 1}, **arguments, progress=False) is None
    stored = {**records(tmp_path), **records(tmp_path, "val")}
    assert sorted(stored) == ["train-000000", "train-000001", "train-000002", "val-000000"]
    assert len({record.speaker for record in stored.values()}) == 4
    for record in stored.values():
        assert record.fps in rates or not record.constant_rate
        assert (record.sample_rate, len(record.frame_pts)) == (16_000, record.n_frames)


def command(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["prepare", *map(str, arguments)])
    return run(main)


@pytest.fixture
def folder(tmp_path):
    """Clips of three speakers, one of them in two splits, and two files that are of no use."""
    clips, rows = tmp_path / "some clips", []
    clips.mkdir()
    for seed, (speaker, split) in enumerate([("ann", "train"), ("ann", "val"), ("bob", "train"), ("cy", "test")]):
        encode_clip(made_up(seed, fps=60 if seed == 2 else 25, frames=20), clips / f"{seed}.mp4")
        rows.append({"file": f"{seed}.mp4", "speaker_id": speaker, "split": split, "trust": "A"})
    (clips / "4.mp4").write_bytes((clips / "0.mp4").read_bytes())
    (clips / "5.mp4").write_text("hello")
    rows.append({"file": "4.mp4", "speaker_id": "di", "split": "test", "trust": "B"})
    rows += [{"file": f"{i}.mp4", "speaker_id": "ed", "split": "train", "trust": "A"} for i in (5, 6)]
    with (clips / "manifest.csv").open("w", newline="") as text:
        table = csv.DictWriter(text, rows[0])
        table.writeheader()
        table.writerows(rows)
    return clips


def test_a_folder_by_the_command_line(monkeypatch, capsys, tmp_path, folder):
    out = tmp_path / "out"
    asked = ("--source", "folder", "--path", folder, "--out", out, "--workers", 1)
    assert command(monkeypatch, *asked) == 0
    report = json.loads((out / "report.json").read_text())
    assert {split: total["clips"] for split, total in report["totals"].items()} == {"test": 2, "train": 2, "val": 1}
    assert report["rates"]["60 x 16000"]["clips"] == 1
    assert [(rung["frames"], rung["clips"]) for rung in report["waste"]] == [(6, 4), (12, 1)]
    assert report["waste"][0]["picture"] == pytest.approx(1 / 6)  # 5 frames in 6
    assert report["waste"][0]["sound"] == pytest.approx(50 / 75)  # 25 patches in 75
    assert sum(map(len, report["rejected"].values())) == 2
    assert report["leaks"] == [
        "speaker ann is in train (1 clips), val (1 clips)",
        "media file 4.mp4, 0.mp4 is in test (1 clips), train (1 clips)",
    ]
    shown = capsys.readouterr().out
    assert "5.mp4" in shown
    assert "leak: speaker ann" in shown
    assert not (out / ".staging").exists()

    assert command(monkeypatch, *asked) == 0
    assert "already prepared" in capsys.readouterr().out
    assert command(monkeypatch, *asked, "--where", "trust=A", "--force") == 0
    assert splits_of(out) == ("train", "val", "test")
    assert list(records(out, "test")) == ["3.mp4"]

    (tmp_path / "doubts.csv").write_text("name,reason\n0.mp4,its sound is late\n")
    assert command(monkeypatch, *asked, "--exclude", tmp_path / "doubts.csv", "--force") == 0
    assert list(records(out, "train")) == ["2.mp4"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--source", "folder"), "--source folder needs --path FOLDER"),
        (("--source", "folder", "--path", "missing"), "missing is not a folder of clips"),
        (("--source", "folder", "--path", "{clips}", "--where", "trust=Z"), "no media files that the given columns"),
        (("--source", "folder", "--path", "{clips}", "--rates", "25"), "go with --source talkers"),
        (("--source", "talkers", "--path", "{clips}"), "go with --source folder"),
        (("--source", "talkers", "--count", "0", "--val", "0", "--test", "0"), "no clip can be used"),
    ],
)
def test_bad_arguments_end_with_a_sentence(monkeypatch, capsys, tmp_path, folder, arguments, sentence):
    given = [argument.format(clips=folder) for argument in arguments]
    assert command(monkeypatch, *given, "--out", tmp_path / "out") == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert "Traceback" not in error


def test_an_out_that_cannot_be_written(monkeypatch, capsys, tmp_path, folder):
    (tmp_path / "file").write_text("")
    assert command(monkeypatch, "--source", "folder", "--path", folder, "--out", tmp_path / "file" / "out") == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    "option", [("--rates", "25,fast"), ("--where", "trust"), ("--count", "-1"), ("--duration", "1/0")]
)
def test_malformed_options_are_refused(monkeypatch, capsys, option):
    with pytest.raises(SystemExit) as stop:
        command(monkeypatch, "--source", "folder", "--out", "out", *option)
    assert stop.value.code == 2
    assert option[0] in capsys.readouterr().err


@pytest.mark.slow
def test_ctrl_c_and_the_same_command_again(tmp_path):
    out = tmp_path / "out"
    asked = [sys.executable, "-m", "divas_jax.prepare", "--source", "talkers", "--out", str(out), "--duration", "1"]
    asked += ["--count", "40", "--val", "1", "--test", "0", "--rates", "25", "--workers", "2"]
    first = subprocess.Popen(asked, stderr=subprocess.PIPE, text=True, start_new_session=True)
    journal = out / ".staging" / "journal.jsonl"
    while first.poll() is None and not (journal.is_file() and journal.stat().st_size):
        time.sleep(0.02)
    os.killpg(first.pid, signal.SIGINT)
    _, error = first.communicate(timeout=50)
    assert first.returncode == 130
    assert "the same command goes on with it" in error
    assert "Traceback" not in error
    assert 1 <= len(journal.read_text().splitlines()) < 41
    subprocess.run(asked, check=True, capture_output=True)
    assert len(open_records(out, "train")) == 40


@pytest.mark.real
def test_clips_of_the_corpus(monkeypatch, tmp_path, corpus):
    asked = ("--source", "folder", "--path", corpus, "--out", tmp_path, "--count", 15, "--val", 5, "--workers", 1)
    assert command(monkeypatch, *asked, "--where", "trust=A,B") == 0
    with (corpus / "train" / "manifest.csv").open(newline="") as text:
        listed = {f"train/{row['file']}": row for row in csv.DictReader(text)}
    stored = records(tmp_path)
    assert len(stored) == 15
    for name, record in stored.items():
        row = listed[name]
        assert row["trust"] in "AB"
        assert (record.n_frames, record.sample_rate) == (int(row["n_frames"]), int(row["sample_rate"]))
        assert record.constant_rate == (row["vfr"] == "0")
        if record.constant_rate:
            assert record.fps == Fraction(int(row["fps_num"]), int(row["fps_den"]))
        assert record.media == (corpus / name).read_bytes()
    assert json.loads((tmp_path / "report.json").read_text())["leaks"] == []
