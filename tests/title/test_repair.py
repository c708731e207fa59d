"""`divas repair`: the plan from a verdict, what it refuses, and a copy that is proved."""

import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from clicking_film import made_film

from divas_jax import command, repair
from divas_jax.media.heard_sound import heard_sound
from divas_jax.sync.predictions import Prediction
from divas_jax.title.checked_title import CheckedTitle
from divas_jax.title.file_answer import FileAnswer
from divas_jax.title.quiet import quiet_times
from divas_jax.title.repair import Cut, Repair, doubts, parts_of, repair_of
from divas_jax.title.repair_command import ffmpeg_command
from divas_jax.title.scan import Facts
from divas_jax.title.timeline import judge_title

LENGTH_S = 1200.0


def verdict(offset, spread_ms: float = 5.0, count: int = 60):
    rng = np.random.default_rng(0)
    starts = np.linspace(0, LENGTH_S - 10, count)
    found = [
        Prediction(float(t), float(t) + 6, float(offset(t + 3) + rng.normal(0, spread_ms)), 1.0, 0.9) for t in starts
    ]
    return judge_title(found, 0.0, LENGTH_S, 600.0)


def heard_later(plan: Repair, time: float, start: float = 0.0) -> float:
    """Where a sample heard at `time` is after the repair (s), by its parts."""
    rate = 48_000
    cuts = [(cut.earliest + cut.latest) / 2 for cut in plan.cuts]
    place = (time - start) * plan.ratio * rate
    parts = parts_of(plan, cuts, start, rate)
    (part,) = [part for part in parts if part.first <= place and (part.last is None or place < part.last)]
    return start + (part.at + place - part.first) / rate


@pytest.mark.parametrize(
    "offset",
    [
        lambda t: 125 + 0 * t,
        lambda t: -300 + 0 * t,
        lambda t: -200 * t / LENGTH_S,
        lambda t: 150 + 100 * t / LENGTH_S,
        lambda t: np.where((t > 500) & (t < 700), -80.0, 0.0),
    ],
)
@pytest.mark.parametrize("start", [0.0, 1.4])
def test_sound_comes_to_its_picture(offset, start):
    plan = repair_of(verdict(offset))
    for time in (60.0, 300.0, 600.0, 900.0, 1190.0):
        heard = time - float(offset(np.asarray(time))) / 1000  # when the sound of this picture is heard
        assert heard_later(plan, heard, start) == pytest.approx(time, abs=0.008)


def test_a_drift_of_a_known_cause_is_repaired_by_its_ratio():
    """Seven short scenes know the slope to a tenth; that sound at 24 frames/s lies beside 25 says it exactly."""
    slope, rng = 1 - 25 / 24, np.random.default_rng(3)
    times = np.linspace(2, 24, 7)
    offsets = 20 + 1000 * slope * times + rng.normal(0, 30, 7)
    scenes = [Prediction(t - 1, t + 1, o, 1.0, 0.9) for t, o in zip(times.tolist(), offsets.tolist(), strict=True)]
    found = judge_title(scenes, 0.0, 26.0, 2000.0)
    assert found.rate.name == "sound at 24, picture at 25 frames/s"
    assert "sound at 24, picture at 25 frames/s)" in found.words
    plan = repair_of(found)
    assert plan.ratio == 24 / 25
    for time in (1.0, 25.0):
        heard = time - (0.02 + slope * time)
        assert heard_later(plan, heard) == pytest.approx(time, abs=0.03)


def test_a_repair_says_every_move_and_where_it_cuts():
    cuts = (Cut(55.0, 65.0, 0.1, 0.0), Cut(115.0, 125.0, 0.0, -0.08))
    assert Repair(1.0, 0.1, cuts).words([70.2, 130.4], zero=10.0) == [
        "the sound from the start to 0:01:00 comes 100 ms later",
        "the sound from 0:01:00 to 0:02:00 stays",
        "the sound from 0:02:00 to the end comes 80 ms earlier",
        "it is cut where it is quietest, between scenes that say different things",
    ]
    assert Repair(1.0, -0.3).words([]) == ["the sound comes 300 ms earlier"]
    for by in (0.0, 1e-4):  # a fraction of a millisecond is not worth a word
        assert Repair(1.001, by).words([]) == ["the sound is made longer: a second of it lasts 1.001000 s then"]


def test_what_is_in_sync_or_not_sure_is_doubted():
    assert doubts(verdict(lambda t: 0.0)) == ["it is in sync"]
    assert doubts(verdict(lambda t: 125.0)) == []
    assert "not enough evidence" in doubts(judge_title([], 0.0, 60.0, 600.0, "its sound is silent"))[0]
    few = verdict(lambda t: 125.0, count=3)
    assert any("3 scenes" in doubt for doubt in doubts(few))
    assert any("scenes agree" in doubt for doubt in doubts(replace(verdict(lambda t: 125.0), agreement=0.3)))


def test_cuts_lie_where_it_is_quiet(tmp_path):
    path = made_film(tmp_path / "a.mov", "pcm_s16le")  # clicks at 0.5, 1.25, 2 and 2.75 s
    (time,) = quiet_times(path, [Cut(1.2, 1.6, 0.1, 0.0)])
    assert 1.25 < time < 1.65
    assert quiet_times(path, []) == []


def test_the_ffmpeg_command_says_the_same(tmp_path):
    heard = heard_sound(made_film(tmp_path / "a.mp4"), tmp_path / "b.mp4")
    said = ffmpeg_command(Path("a b.mp4"), Path("c.mp4"), Repair(1.0, 0.125), [heard], False)
    assert "'a b.mp4'" in said
    assert "adelay=125.000:all=1" in said
    assert "-c:a:0 aac" in said
    assert "asetrate=4800800" in ffmpeg_command(Path("a"), Path("b"), Repair(1 / (1 + 1 / 6000), 0.0), [heard], False)
    assert ffmpeg_command(Path("a"), Path("b"), Repair(1.0, 0.0, (Cut(1, 2, 0, 0.1),)), [heard], False) == ""


@pytest.fixture
def said(monkeypatch):
    """Runs the command with verdicts in place of measurements; returns its exit code."""

    def run(before, after, *arguments) -> int:
        verdicts = [before, after]

        def check(judge, file, progress=None, watch=None):
            assert file.is_file()
            found = verdicts.pop(0)
            facts = Facts(end=Fraction(1200), fps=Fraction(25), sample_rate=48_000)
            return CheckedTitle(FileAnswer(file, facts=facts), found, ())

        monkeypatch.setattr("divas_jax.title.batch.FileJudge.check", check)
        monkeypatch.setattr(sys, "argv", ["divas repair", *map(str, arguments)])
        return command.run(repair.main)

    return run


def test_a_copy_is_proved_before_it_gets_its_name(said, capsys, tmp_path):
    path, out = made_film(tmp_path / "a.mp4"), tmp_path / "b.mp4"
    assert said(verdict(lambda t: 125.0), verdict(lambda t: 0.0), path, "--out", out) == 0
    told = capsys.readouterr().out
    assert "before: constant offset: sound is 12" in told
    assert "comes 12" in told
    assert "the other sound track is copied unmoved" in told
    assert "the picture is the same, bit for bit (90 packets" in told
    assert "after:  in sync" in told
    assert out.is_file()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.mp4", "b.mp4"]


def test_all_sound_can_be_moved(said, capsys, tmp_path):
    path, out = made_film(tmp_path / "a.mp4"), tmp_path / "b.ts"
    assert said(verdict(lambda t: 125.0), verdict(lambda t: 0.0), path, "--out", out, "--all-sound", "--dry-run") == 0
    told = capsys.readouterr().out
    assert "sound track 2 is coded anew as before, in aac" in told
    assert "-c:a:1 aac" in told
    assert said(verdict(lambda t: 125.0), verdict(lambda t: 0.0), path, "--out", out, "--all-sound") == 0
    assert "the picture has the same 90 packets, framed for the other container" in capsys.readouterr().out


def test_a_copy_without_all_pictures_is_not_written(said, capsys, tmp_path, monkeypatch):
    path, out = made_film(tmp_path / "a.mp4"), tmp_path / "b.mp4"
    counts = [(90, "a"), (89, "b")]
    monkeypatch.setattr("divas_jax.title.repaired_copy.picture_packets", lambda file: counts.pop(0))
    assert said(verdict(lambda t: 125.0), verdict(lambda t: 0.0), path, "--out", out) == 2
    assert "would have 89 packets" in " ".join(capsys.readouterr().err.split())
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.mp4"]


def test_what_did_not_help_is_said(said, capsys, tmp_path):
    path, out = made_film(tmp_path / "a.mp4"), tmp_path / "b.mp4"
    assert said(verdict(lambda t: 300.0), verdict(lambda t: 300.0), path, "--out", out) == 1
    assert "still not within the tolerance" in capsys.readouterr().out


def test_doubts_refuse_and_a_dry_run_writes_nothing(said, capsys, tmp_path):
    path, out = made_film(tmp_path / "a.mp4"), tmp_path / "b.mp4"
    assert said(verdict(lambda t: 0.0), None, path, "--out", out) == 0
    assert "not repaired: it is in sync" in capsys.readouterr().out
    assert said(verdict(lambda t: 125.0, count=3), None, path, "--out", out) == 3
    assert said(judge_title([], 0.0, 60.0, 600.0, "no speech"), None, path, "--out", out, "--force") == 3
    assert said(verdict(lambda t: 125.0), None, path, "--out", out, "--dry-run") == 0
    assert "ffmpeg -i" in capsys.readouterr().out
    assert not out.exists()


def test_bad_arguments_are_one_sentence(said, capsys, tmp_path):
    path = made_film(tmp_path / "a.mp4")
    (tmp_path / "c.mp4").write_text("there")
    (tmp_path / "link.mp4").hardlink_to(path)
    for arguments, sentence in (
        ((tmp_path / "no.mp4", "--out", tmp_path / "b.mp4"), "does not exist"),
        ((path, "--out", path), "would replace the file that is read"),
        ((path, "--out", tmp_path / "link.mp4", "--overwrite"), "would replace the file that is read"),
        ((path, "--out", tmp_path / "c.mp4"), "exists (--overwrite replaces a file)"),
        ((path, "--out", tmp_path / "no" / "b.mp4"), "its folder is missing"),
        ((path, "--out", tmp_path / "b.xyz"), "should end in one of"),
    ):
        assert said(None, None, *arguments) == 2
        assert sentence in " ".join(capsys.readouterr().err.split())
    assert (tmp_path / "c.mp4").read_text() == "there"
