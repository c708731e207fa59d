"""The clips beside a report: what is shown, and that a moved sound lies where it should."""

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from made_scenes import judgement

from divas_jax.clip import Clip
from divas_jax.media.decode import decode_clip
from divas_jax.media.encode import encode_clip
from divas_jax.sync.tolerances import STRICT
from divas_jax.title.checked_title import checked
from divas_jax.title.file_answer import FileAnswer
from divas_jax.title.file_record import file_record
from divas_jax.title.report import write_report
from divas_jax.title.report.evidence import LARGEST, moved, write_evidence
from divas_jax.title.report.evidence_choice import chosen
from divas_jax.title.scan import Facts
from divas_jax.title.scene_judging import JudgedScene, JudgedTrack

FPS, RATE, LENGTH = Fraction(25), 48_000, 48
FRAME = 1024 / RATE
"""An AAC frame (s)."""


def click_film(rate: int = RATE) -> Clip:
    """A click every second, and a face that goes from left to right."""
    frames = np.full((LENGTH * 25, 144, 256, 3), 100, np.uint8)
    for number, frame in enumerate(frames):
        left = 20 + number * 150 // len(frames)
        frame[40:90, left : left + 50] = (220, 40, 40)
    samples = np.zeros(LENGTH * rate, np.float32)
    for second in range(LENGTH):
        samples[second * rate + rate // 2 : second * rate + rate // 2 + 40] = 0.8 * np.cos(np.arange(40) / 3)
    return Clip(frames, np.arange(len(frames)), 1 / FPS, samples, rate, FPS, name="clicks")


def click_scene(number: int, offset_ms: float) -> JudgedScene:
    start = Fraction(6 * number)
    times = tuple(start + k / FPS for k in range(150))
    lefts = [(20 + float(time * FPS) * 150 / (LENGTH * 25)) / 256 for time in times]
    boxes = np.asarray([[left, 40 / 144, 50 / 256, 50 / 144] for left in lefts], np.float32)
    track = JudgedTrack(0, start, start + 6, FPS, 50.0, times, boxes, judgement(offset_ms))
    return JudgedScene(number, start, start + 6, (track,), 0)


@pytest.fixture(scope="module", params=[".mp4", ".mkv"])
def title(request, tmp_path_factory):
    """Sound 300 ms early, one scene of eight wrong."""
    path = tmp_path_factory.mktemp("film") / f"clicks{request.param}"
    encode_clip(click_film(), path, container=path.suffix[1:], crf=30)
    scenes = tuple(click_scene(n, 300.0 + n % 3 if n != 5 else -400.0) for n in range(LENGTH // 6))
    facts = Facts(pictures=LENGTH * 25, end=Fraction(LENGTH), fps=FPS, sample_rate=RATE)
    return checked(FileAnswer(path, scenes, facts=facts))


def clicks(clip: Clip) -> np.ndarray:
    """Times of the clicks that are heard in it (s, on the clip's timeline)."""
    loud = np.flatnonzero(np.abs(clip.samples) > 0.3)
    first = loud[np.flatnonzero(np.diff(loud, prepend=-RATE) > RATE // 4)]
    return float(clip.sound_start) + first / clip.sample_rate - float(clip.frame_time(0))


def test_the_surest_scenes_and_the_worst_one_are_shown(title):
    shown = chosen(title, 2)
    assert len(shown) == 3
    assert [each.scene for each in shown[:2]] == sorted(each.scene for each in shown[:2])
    assert shown[2].scene == 6
    assert all(each.end - each.start == 4 for each in shown)
    assert all(float(each.by) == pytest.approx(0.301, abs=0.002) for each in shown)
    assert chosen(title, 0) == []
    assert chosen(replace(title, verdict=replace(title.verdict, pieces=())), 3) == []


def test_without_a_scene_off_the_line_the_least_sure_one_is_shown(title):
    good = checked(replace(title.answer, scenes=title.answer.scenes[:5]))
    assert chosen(good, 3)[-1].why == "the least sure scene that counts"


def test_a_moved_click_lies_where_the_verdict_puts_it(title, tmp_path):
    write_report(tmp_path, title, file_record(title, STRICT), 1)
    told = json.loads((tmp_path / "report.json").read_text())["evidence"]
    assert len(told) == 2
    for each in told:
        kept, put = (decode_clip(tmp_path / each[key]) for key in ("as_it_is", "put_right"))
        assert kept.frames.shape == put.frames.shape == (100, 256, 256, 3)
        known = np.arange(LENGTH) + 0.5 - each["start_s"]
        for clip, by in ((kept, 0.0), (put, each["moved_ms"] / 1000)):
            expected = [time for time in known + by if 0 <= time < 4]
            assert clicks(clip) == pytest.approx(expected, abs=0.001)  # far below an AAC frame
            assert abs(float(clip.sound_start - clip.frame_time(0))) <= FRAME
            assert clip.sound_end - clip.picture_end <= 2 * FRAME
    sizes = [path.stat().st_size for path in (tmp_path / "evidence").iterdir()]
    assert len(sizes) == 4
    assert max(sizes) <= LARGEST
    page = (tmp_path / "report.html").read_text()
    assert page.count('<video controls preload="none"') == 4
    assert all(each["put_right"] in page for each in told)


def test_what_cannot_be_cut_is_a_warning(title, tmp_path):
    facts = replace(title.answer.facts)
    gone = checked(replace(title.answer, file=title.file.with_name("gone.mp4"), facts=facts))
    write_report(tmp_path, gone, file_record(gone, STRICT), 1)
    record = json.loads((tmp_path / "report.json").read_text())
    assert record["evidence"] == []
    assert sum("could not be cut out to be looked at" in warning for warning in record["warnings"]) == 2
    assert "<video" not in (tmp_path / "report.html").read_text()


def test_sound_at_a_rate_that_aac_does_not_know_is_resampled(title, tmp_path):
    path, clip = tmp_path / "odd.mkv", click_film(40_000)
    short = replace(clip, frames=clip.frames[:300], frame_pts=clip.frame_pts[:300], samples=clip.samples[: 12 * 40_000])
    encode_clip(short, path, container="mkv", audio_codec="pcm_s16le", crf=30)
    facts = replace(title.answer.facts, end=Fraction(12))
    write_evidence(tmp_path, checked(replace(title.answer, file=path, facts=facts)), 1)
    (kept,) = (tmp_path / "evidence").glob("scene-1-as*")
    assert decode_clip(kept).sample_rate == 48_000


@pytest.mark.parametrize("by", [Fraction(0), Fraction(1, 3), Fraction(-301, 1000)])
def test_moving_keeps_every_sample_at_its_new_time(by):
    clip = click_film()
    put = moved(replace(clip, frames=clip.frames[:100], frame_pts=clip.frame_pts[:100]), by)
    assert 0 <= put.sound_start - max(by, Fraction(0)) < Fraction(1, RATE)
    assert abs(put.sound_end - 4) <= Fraction(1, RATE)
    assert clicks(put) == pytest.approx(
        [time for time in np.arange(-1, 6) + 0.5 + float(by) if 0 <= time < 4], abs=0.001
    )
