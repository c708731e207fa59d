"""LRS2 and LRS3 as distributed, made up of talkers."""

import json
import shutil
import sys
from collections import defaultdict
from fractions import Fraction

import pytest

from divas_jax.command import run
from divas_jax.data.records import open_records, splits_of
from divas_jax.errors import UserError
from divas_jax.media.encode import encode_clip
from divas_jax.prepare import main
from divas_jax.preparing.layouts import Lrs2Source, Lrs3Source
from divas_jax.talkers import make_talker


@pytest.fixture(scope="module")
def talkers(tmp_path_factory):
    """Encoded talkers, each of another person."""
    folder = tmp_path_factory.mktemp("talkers")
    arguments = {"fps": Fraction(25), "sample_rate": 16_000, "duration": Fraction(1), "size": 64}
    for seed in range(8):
        encode_clip(make_talker(seed, **arguments), folder / f"{seed}.mp4")
    return folder


def place(talkers, folder, *names):
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(talkers / f"{number % 8}.mp4", (folder / name).with_suffix(".mp4"))
        (folder / name).with_suffix(".txt").write_text("Text:  HELLO THERE\nConf:  5\n")


@pytest.fixture
def lrs2(tmp_path, talkers):
    folder = tmp_path / "mvlrs_v1"
    place(talkers, folder, *(f"main/{i}/{clip}" for i in ("535", "601") for clip in ("00001", "00002")))
    place(talkers, folder / "pretrain", *["777/00009"])
    (folder / "train.txt").write_text("535/00001\n535/00002\n")
    (folder / "val.txt").write_text("601/00001\n")
    (folder / "test.txt").write_text("601/00002 NF\n601/00003 MV\n\n")
    (folder / "pretrain.txt").write_text("777/00009\n")
    return folder


def command(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["prepare", *map(str, arguments)])
    return run(main)


def test_lrs2_by_the_command_line(monkeypatch, capsys, tmp_path, lrs2):
    out = tmp_path / "out"
    assert command(monkeypatch, "--source", "lrs2", "--path", lrs2, "--out", out, "--workers", 1) == 0
    assert splits_of(out) == ("train", "val", "test")
    (train, *_) = stored = [open_records(out, "train")[i] for i in range(2)]
    assert sorted(record.name for record in stored) == ["main/535/00001.mp4", "main/535/00002.mp4"]
    assert (train.speaker, train.source, train.fps, train.sample_rate) == ("535", "lrs2", 25, 16_000)
    report = json.loads((out / "report.json").read_text())
    assert report["rejected"] == {"cannot be read": ["main/601/00003.mp4: cannot be read (No such file or directory)"]}
    assert report["leaks"] == ["speaker 601 is in test (1 clips), val (1 clips)"]
    assert "leak: speaker 601" in capsys.readouterr().out


def test_lrs2_splits_are_those_of_its_lists(lrs2):
    clips = {clip.name: clip.split for clip in Lrs2Source(lrs2, pretrain=True).candidates()}
    assert clips == {
        "main/535/00001.mp4": "train",
        "main/535/00002.mp4": "train",
        "main/601/00001.mp4": "val",
        "main/601/00002.mp4": "test",
        "main/601/00003.mp4": "test",
        "pretrain/777/00009.mp4": "train",
    }
    assert "pretrain/777/00009.mp4" not in {clip.name for clip in Lrs2Source(lrs2).candidates()}
    assert len(Lrs2Source(lrs2, most={"train": 1, "test": 0}).candidates()) == 2


@pytest.mark.parametrize("line", ["../../etc/passwd", "/etc/hosts", "535", "535/../x", "main/535/00001"])
def test_a_list_cannot_name_files_elsewhere(lrs2, line):
    (lrs2 / "val.txt").write_text(f"601/00001\n{line}\n")
    with pytest.raises(UserError, match=r"val\.txt line 2 begins with '.*', which is not <id>/<clip>"):
        Lrs2Source(lrs2).candidates()


def lrs3_names(part, speakers, clips=2):
    return [f"{part}/{speaker}/{clip:05d}" for speaker in speakers for clip in range(clips)]


def test_lrs3_holds_speakers_out_of_trainval(tmp_path, talkers):
    place(talkers, tmp_path, *lrs3_names("trainval", [f"talk{i}" for i in range(10)]))
    place(talkers, tmp_path, *lrs3_names("test", ["other"]), *lrs3_names("pretrain", ["talk1", "other", "early"]))
    clips = Lrs3Source(tmp_path, val_share=0.3).candidates()
    speakers = defaultdict(set)
    for clip in clips:
        speakers[clip.split].add(clip.speaker)
    assert {split: len(names) for split, names in speakers.items()} == {"train": 7, "val": 3, "test": 1}
    assert speakers["test"] == {"other"}

    held_out = next(iter(speakers["val"]))
    place(talkers, tmp_path, *lrs3_names("pretrain", [held_out]))
    more = Lrs3Source(tmp_path, pretrain=True, val_share=0.3).candidates()
    assert set(clips) < set(more)
    added = {clip.name: clip.split for clip in set(more) - set(clips)}
    assert added.keys() >= {"pretrain/early/00000.mp4", "pretrain/early/00001.mp4"}
    assert set(added.values()) == {"train"}
    assert not any(name.split("/")[1] in ("other", held_out) for name in added)


def test_lrs3_by_the_command_line(monkeypatch, tmp_path, talkers):
    place(talkers, tmp_path / "lrs3", *lrs3_names("trainval", ["ann", "bob", "cy"]), "test/di/00000")
    out = tmp_path / "out"
    asked = ("--source", "lrs3", "--path", tmp_path / "lrs3", "--out", out, "--workers", 1)
    assert command(monkeypatch, *asked) == 0
    assert [len(open_records(out, split)) for split in ("train", "val", "test")] == [4, 2, 1]
    report = json.loads((out / "report.json").read_text())
    # The made-up tree gives the talkers of trainval/ann to test/di as well.
    assert [leak for leak in report["leaks"] if "test/di/00000.mp4" not in leak] == []
    assert command(monkeypatch, *asked, "--val-share", "0.9") == 2  # another data set than `out` holds


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--source", "lrs2"), "--source lrs2 needs --path FOLDER"),
        (("--source", "lrs2", "--path", "missing"), "missing is not a folder"),
        (("--source", "lrs2", "--path", "."), "is no copy of LRS2"),
        (("--source", "lrs3", "--path", "."), "is no copy of LRS3"),
        (("--source", "lrs3", "--path", ".", "--where", "a=b"), "--where does not go with --source lrs3"),
        (("--source", "lrs2", "--path", ".", "--val-share", "0.1"), "--val-share does not go with --source lrs2"),
        (("--source", "lrs3-multifps", "--path", "."), "--source lrs3-multifps needs --videos FOLDER"),
        (("--source", "lrs3", "--path", ".", "--videos", "."), "--videos does not go with --source lrs3"),
        (("--source", "titles", "--path", "."), "holds no title with a list of scenes"),
        (("--source", "titles", "--path", ".", "--rates", "25"), "go with --source talkers"),
    ],
)
def test_bad_arguments_end_with_a_sentence(monkeypatch, capsys, tmp_path, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    assert command(monkeypatch, *arguments, "--out", "out") == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert "Traceback" not in error
    assert not (tmp_path / "out" / "clips").exists()
