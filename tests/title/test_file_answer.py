"""What is said of a file: tracks taken together, the speaker of a scene, reasons where nothing is told."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from schemas import check_record

from divas_jax.judging.judge import Judgement
from divas_jax.media.hearing import Hearing
from divas_jax.sync.tolerances import ACCEPTABLE, STRICT
from divas_jax.title.checked_title import checked
from divas_jax.title.file_answer import FileAnswer, chance_rivals, evidence, joint_judgement, with_agreeing_speaker
from divas_jax.title.file_record import COLUMNS, csv_text, file_record
from divas_jax.title.reasons import why_thin
from divas_jax.title.scan import Facts
from divas_jax.title.scene_judging import JudgedScene, JudgedTrack, is_told, speaker_of

OFFSETS = np.arange(-15, 16) * 40.0


def judgement(offset_ms: float, depth: float = 2.0, windows: int = 50, **more) -> Judgement:
    """A curve with one minimum, as deep as is asked."""
    curve = 10 - depth * np.exp(-(((OFFSETS - offset_ms) / 60) ** 2))
    coarse = float(OFFSETS[curve.argmin()])
    return Judgement("clip", coarse, coarse, float(np.median(curve) - curve.min()), windows, OFFSETS, curve, **more)


def track(found: Judgement | None, identity: int = 0, start: int = 0) -> JudgedTrack:
    """A track of 2 s."""
    return JudgedTrack(
        identity,
        Fraction(start),
        Fraction(start + 2),
        Fraction(25),
        100.0,
        tuple(Fraction(start) + Fraction(k, 25) for k in range(50)),
        np.full((50, 4), 0.25, np.float32),
        found,
        "" if found else "clip: nothing to compare",
    )


def scene(*found: Judgement | None, start: int = 0, **seen: float) -> JudgedScene:
    tracks = tuple(replace(track(each, identity, start), **seen) for identity, each in enumerate(found))
    return JudgedScene(0, Fraction(start), Fraction(start + 2), tracks, speaker_of(found))


FLAT = replace(judgement(0.0, depth=0.0), curve=10 + 0.1 * np.sin(OFFSETS / 50))


def test_the_speaker_is_the_surest_of_those_that_are_told():
    assert speaker_of([judgement(120, 1.0), judgement(120, 3.0), None]) == 1
    assert speaker_of([FLAT, None]) is None
    sure = [judgement(0, 3.0, probability=0.4, unsure="low confidence"), judgement(0, 1.0, probability=0.9)]
    assert speaker_of(sure) == 1
    assert not is_told(judgement(600))  # at the edge of what was searched


def test_speakers_alone_speak_for_a_file_that_has_any():
    with_speaker, without = scene(FLAT, judgement(80)), scene(FLAT, start=2)
    assert [each.identity for each in evidence([with_speaker, without])] == [1]
    assert [each.judgement for each in evidence([without])] == [FLAT]
    assert scene(FLAT, replace(FLAT, confidence=9.0)).best.identity == 1


def test_weak_curves_add_up_to_a_clear_one():
    """Eight tracks, each of which alone is lost in noise: their mean is not."""
    rng = np.random.default_rng(1)
    weak = []
    for _ in range(24):
        curve = judgement(-120, 0.6).curve + 0.25 * rng.standard_normal(len(OFFSETS))
        weak.append(track(replace(judgement(0), curve=curve, windows=40)))
    alone = [abs(float(OFFSETS[each.judgement.curve.argmin()]) + 120) < 50 for each in weak]
    found = joint_judgement("film", weak, None, Fraction(3, 5))
    assert np.mean(alone) < 0.95
    assert found.offset_ms == pytest.approx(-120, abs=25)
    assert found.windows == 24 * 40
    assert is_told(found)


def test_heavier_tracks_count_more_and_other_rates_are_read_between():
    finer = replace(judgement(0), curve_ms=OFFSETS / 2, curve=np.interp(OFFSETS / 2, OFFSETS, judgement(80).curve))
    two = [track(replace(judgement(80), windows=100)), track(replace(finer, windows=20))]
    found = joint_judgement("film", two, None, Fraction(3, 5))
    assert found.offset_ms == pytest.approx(80, abs=5)
    assert np.isfinite(found.curve).all()
    unknown = np.where(OFFSETS > 0, np.inf, judgement(-200).curve)
    found = joint_judgement("film", [track(replace(judgement(-200), curve=unknown))], None, Fraction(3, 5))
    assert found.offset_ms == pytest.approx(-200, abs=20)
    assert np.isinf(found.curve[OFFSETS > 0]).all()
    assert joint_judgement("film", [track(None)], None, Fraction(3, 5)) is None


def test_what_all_scenes_say_together_is_not_told_where_sure_ones_contradict():
    """The mean of their curves has the minimum of the more numerous ones, and knows nothing of the others."""
    facts = Facts(loudest=0.5, spoken=14.0)
    for apart, why in ((2, "2 of 6 that are sure"), (1, "")):
        scenes = [scene(judgement(280 if place >= apart else 0), start=2 * place) for place in range(6)]
        found = joint_judgement("film", evidence(scenes), None, Fraction(3, 5))
        assert found.offset_ms == pytest.approx(280, abs=20)
        thin = why_thin(facts, scenes, found, evidence(scenes))
        assert why in thin.why
        assert bool(thin.why) == bool(thin.advice) == bool(why)


@pytest.mark.parametrize(
    ("facts", "scenes", "reason"),
    [
        (Facts(loudest=0.0), [], "silent"),
        (Facts(loudest=0.5), [], "no speech"),
        (Facts(loudest=0.5, spoken=0.4), [], "too short"),
        (Facts(loudest=0.5, spoken=3.0), [scene()], "no face"),
        (Facts(loudest=0.5, spoken=3.0), [scene(None)], "nothing to compare"),
        (Facts(loudest=0.5, spoken=3.0), [scene(FLAT)], "only 2.0 s of speech by a visible face"),
        (Facts(loudest=0.5, spoken=9.0), [scene(FLAT)] * 3, "no visible speaker"),
        (Facts(loudest=0.5, spoken=9.0), [scene(FLAT, height=20.0)] * 3, "20 pixels high where 25 are needed"),
        (Facts(loudest=0.5, spoken=9.0), [scene(FLAT, motion=0.0)] * 3, "stands still"),
        (Facts(loudest=0.5, spoken=9.0), [scene(FLAT, contrast_db=3.0)] * 3, "noise"),
    ],
    ids=["silent", "wordless", "short", "faceless", "incomparable", "brief", "listener", "small", "still", "noisy"],
)
def test_why_nothing_is_told(facts, scenes, reason):
    found = joint_judgement("film", evidence(scenes), None, Fraction(3, 5))
    thin = why_thin(facts, scenes, found, evidence(scenes))
    assert reason in thin.why
    assert thin.advice.startswith("try ")
    answer = FileAnswer(Path("film.mp4"), tuple(scenes), found, *thin, facts=facts)
    assert answer.status == "thin"
    assert answer.within(STRICT) is None
    record = file_record(checked(answer), STRICT)
    assert record["offset_ms"] is None
    assert reason in record["reason"]
    assert record["advice"] == thin.advice


@pytest.mark.parametrize(
    ("facts", "scenes"),
    [
        (Facts(loudest=0.0), []),
        (Facts(loudest=0.5), []),
        (Facts(loudest=0.5, spoken=0.4), []),
        (Facts(loudest=0.5, spoken=3.0), [scene(FLAT)]),
        (Facts(loudest=0.5, spoken=9.0), [scene(FLAT)] * 3),
        (Facts(loudest=0.5, spoken=9.0), [scene(FLAT, contrast_db=3.0)] * 3),
    ],
    ids=["silent", "wordless", "short", "brief", "listener", "noisy"],
)
def test_where_a_track_is_left_it_is_named_as_the_next_to_try(facts, scenes):
    found = joint_judgement("film", evidence(scenes), None, Fraction(3, 5))
    for unheard, words in (((3, 1), "--track 3; divas score --track all judges each"), ((), None)):
        advice = why_thin(replace(facts, hearing=Hearing(1, unheard=unheard)), scenes, found, evidence(scenes)).advice
        assert words in advice if words else "--track all" not in advice


def test_a_sound_that_seems_another_picture_s_may_be_far_off():
    facts, scenes = Facts(loudest=0.5, spoken=9.0), [scene(FLAT)] * 3
    found = joint_judgement("film", evidence(scenes), None, Fraction(3, 5))
    assert "--search-ms 2000" in why_thin(facts, scenes, found, evidence(scenes)).advice
    for searched, words in ((1_990, "--search-ms 10000"), (9_990, None)):
        wide = replace(found, curve_ms=found.curve_ms * searched / found.curve_ms[-1])
        advice = why_thin(facts, scenes, wide, evidence(scenes)).advice
        assert words in advice if words else "--search-ms" not in advice


def test_records_of_every_kind_have_the_same_keys():
    scenes = (scene(FLAT, judgement(-160)),)
    found = joint_judgement("film", evidence(scenes), None, Fraction(3, 5))
    told = FileAnswer(Path("a.mp4"), scenes, found, facts=Facts(spoken=2.0, fps=Fraction(30000, 1001), loudest=1.0))
    failed = FileAnswer(Path("b.mp4"), failure="b.mp4 is empty")
    records = [file_record(checked(each), ACCEPTABLE) for each in (told, failed)]
    assert records[0].keys() == records[1].keys()
    check_record("file", *records)
    assert [record["status"] for record in records] == ["told", "failed"]
    assert records[0]["words"] == "sound is 160 ms late"
    assert records[0]["within_tolerance"] is True
    assert told.within(STRICT) is False
    assert records[0]["fps"] == "29.97"
    assert records[0]["scenes"][0]["speaker"] == 1
    rows = csv_text(records).splitlines()
    assert rows[0].split(",") == list(COLUMNS)
    assert len(rows) == 3
    assert rows[2].startswith("b.mp4,,not read,failed,,")


def test_many_scenes_make_up_for_many_faces():
    crowd = [scene(FLAT, judgement(40), FLAT, FLAT, start=2 * place) for place in range(4)]
    assert [chance_rivals(crowd[:count]) for count in range(5)] == [1, 4, 2, 4 / 3, 1]
    assert chance_rivals([scene(FLAT, FLAT), scene()]) == 2


def test_a_face_that_says_what_the_file_says_is_the_speaker():
    unsure = {"probability": 0.3, "unsure": "low confidence"}
    found = judgement(-80, 2.0)
    near, far, faint = (judgement(*at, **unsure) for at in ((-80, 1.5), (200, 2.5), (-80, 0.5)))
    assert scene(far, near).speaker is None
    assert with_agreeing_speaker(scene(far, near), found).speaker == 1
    assert with_agreeing_speaker(scene(far, faint), found).speaker is None
    sure = scene(judgement(200, 2.5, probability=0.9), near)
    assert with_agreeing_speaker(sure, found).speaker == 0


def test_where_only_the_scenes_agree_the_offset_is_theirs():
    """The joint answer is unsure: its guess and its small probability are not what the verdict says."""
    scenes = tuple(scene(judgement(120, probability=0.9), start=5 * place) for place in range(9))
    guess = judgement(-400, probability=0.1, unsure="no clear minimum")
    facts = Facts(spoken=40.0, loudest=1.0, fps=Fraction(25), end=Fraction(60))
    title = checked(FileAnswer(Path("a.mp4"), scenes, guess, "no visible speaker", facts=facts))
    record = file_record(title, ACCEPTABLE)
    assert record["verdict"]["kind"] == "constant offset"
    assert record["offset_ms"] == pytest.approx(120, abs=5)
    assert record["probability"] is None
    assert "early" in record["words"]
    check_record("file", record)


def test_without_a_calibration_nobody_knows_how_likely_a_joint_answer_is():
    scenes = (scene(FLAT, judgement(-160)),)
    found = joint_judgement("film", evidence(scenes), None, Fraction(3, 5))
    title = checked(FileAnswer(Path("a.mp4"), scenes, found, facts=Facts(spoken=2.0, loudest=1.0, end=Fraction(2))))
    assert title.verdict.by_whole
    assert title.within(STRICT) is False
    assert title.chance_within(STRICT) is None
