"""Verdicts on whole titles from made-up predictions of their scenes."""

import numpy as np
import pytest

from divas_jax.sync.predictions import Prediction
from divas_jax.title.known_rates import rate_error
from divas_jax.title.repair import repair_of
from divas_jax.title.timeline import judge_title
from divas_jax.title.verdict import Estimate, Verdict, Whole

LENGTH_S, SCENE_S, SEARCH_MS = 3600.0, 5.0, 600.0


def verdict(offset, seed: int = 0, coverage: float = 0.3, outliers: float = 0.35) -> Verdict:
    """Of an hour whose scenes err by 18 ms, a share of them by anything; `offset` is ms at each time (s)."""
    rng = np.random.default_rng(seed)
    count = int(LENGTH_S * coverage / SCENE_S)
    starts = np.sort(rng.uniform(0, LENGTH_S - SCENE_S, count))
    right = offset(starts + SCENE_S / 2) + rng.normal(0, 18, count)
    said = np.where(rng.random(count) < outliers, rng.uniform(-SEARCH_MS, SEARCH_MS, count), right)
    predictions = [
        Prediction(float(a), float(a) + SCENE_S, float(o), 1.0, 0.65) for a, o in zip(starts, said, strict=True)
    ]
    return judge_title(predictions, 0.0, LENGTH_S, SEARCH_MS)


@pytest.mark.parametrize(
    ("kind", "offset"),
    [
        ("in sync", lambda t: 0 * t),
        ("constant offset", lambda t: 125 + 0 * t),
        ("constant offset", lambda t: -300 + 0 * t),
        ("drift late", lambda t: -200 * t / LENGTH_S),
        ("drift early", lambda t: 60 * t / LENGTH_S),
        ("mixed", lambda t: 150 - 100 * t / LENGTH_S),
        ("intermittent", lambda t: np.where((t > 1500) & (t < 1900), -80.0, 0.0)),
    ],
)
def test_kinds_are_told_apart_and_the_numbers_hold(kind, offset):
    found = verdict(offset)
    assert found.kind == kind
    assert kind in found.words
    assert found.coverage == pytest.approx(0.3 * 0.65, abs=0.05)  # less where scenes overlap
    for time in (100.0, 1700.0, 3500.0):
        piece = next(piece for piece in found.pieces if piece.start <= time <= piece.end)
        assert piece.at(time) == pytest.approx(float(offset(np.asarray(time))), abs=20)
    assert found.agreement == pytest.approx(0.65, abs=0.1)


def test_three_sure_scenes_before_a_step_are_enough():
    """A file of 26 s whose second part was cut 300 ms too late into its sound."""
    offsets = ((1.1, -10), (3.5, -21), (8.1, -5), (10.0, 286), (13.4, 292), (21.0, 291), (24.5, 283))
    scenes = [Prediction(time - 1, time + 1, offset, 0.8, 0.3 if time == 10 else 0.98) for time, offset in offsets]
    found = judge_title(scenes, 0.0, 26.0, 600.0)
    assert found.kind == "intermittent"
    assert [piece.start_ms.value for piece in found.pieces] == pytest.approx([-12, 289], abs=8)
    assert found.pieces[0].end == pytest.approx(9.05)


def test_a_fast_drift_is_said_without_an_exponent():
    """A file of half a minute that gathers a second, as film at 25 frames/s against sound at 24 does."""
    times = np.arange(1.0, 27.0, 4.0)
    late = [Prediction(float(t), float(t) + 4.0, -40.0 * (float(t) + 2.0), 1.0, 0.65) for t in times]
    words = judge_title(late, 0.0, 30.0, 2000.0).words
    assert words.startswith("drift late: sound is ")
    assert "(2400 ms a minute" in words


@pytest.mark.parametrize(
    ("slope", "name"),
    [
        ((60, 50, 70), "sound at 24, picture at 23.976 frames/s"),
        ((-2364, -2680, -325), "sound at 24, picture at 25 frames/s"),
        ((-2300, -2680, -50), "sound at 24, picture at 25 frames/s"),  # nearer than 23.976 against 24
        ((10, 9, 11), ""),
    ],
)
def test_a_drift_is_named_by_what_is_nearest(slope, name):
    assert rate_error(Estimate(*map(float, slope))).name == name


def test_steps_are_found_where_they_are():
    found = verdict(lambda t: np.where((t > 1500) & (t < 1900), -80.0, 0.0))
    assert [piece.end for piece in found.pieces[:-1]] == pytest.approx([1500, 1900], abs=60)
    assert "late from 0:2" in found.words


SHORT = (
    (4.2, 1, 0.19), (6.7, 192, 0.14), (8.5, -299, 0.46), (10.6, -17, 0.57), (14.6, -4, 0.74), (20.0, -1, 0.22),
    (25.2, -13, 0.63), (29.4, 3, 0.9), (38.0, -52, 0.41), (40.8, 6, 0.96), (42.8, -4, 0.65), (47.0, -113, 0.16),
    (53.6, -76, 0.98), (60.8, -75, 0.56), (67.1, -79, 0.99), (72.5, -7, 0.77), (77.6, -6, 0.07), (80.9, 373, 0.54),
    (94.7, 342, 0.34), (101.2, -5, 0.98), (106.8, 309, 0.79), (111.6, 17, 0.52), (117.3, -1, 0.98),
)  # fmt: skip
"""Middle (s), offset (ms) and trust of the scenes of two made-up minutes, 80 ms late for 18 s: three scenes."""


def test_a_short_step_is_not_taken_for_noise():
    """The right scenes spread by 6 ms, but by 31 as long as the three count as noise of the others."""
    found = judge_title([Prediction(t - 2, t + 2, float(o), 1.0, trust) for t, o, trust in SHORT], 0.0, 120.0, 600.0)
    assert found.kind == "intermittent"
    assert [piece.start_ms.value for piece in found.pieces] == pytest.approx([-4, -77, -4], abs=2)
    assert [piece.end for piece in found.pieces] == pytest.approx([48.2, 69.8, 120.0], abs=0.1)


def test_steps_lie_between_scenes_that_touch():
    """Not at the middle of their middles: ten seconds of one scene would be moved as the next one's two."""
    spans = [(10.0 * n, 10.0 * n + 10) for n in range(5)] + [(50.0 + 2 * n, 52.0 + 2 * n) for n in range(5)]
    said = [Prediction(a, b, 0.0 if a < 50 else 300.0, 1.0, 0.9) for a, b in spans]
    found = judge_title(said, 0.0, 60.0, 600.0)
    assert [piece.end for piece in found.pieces] == pytest.approx([50.0, 60.0])
    (cut,) = repair_of(found).cuts
    assert (cut.earliest, cut.latest) == pytest.approx((49.5, 50.2), abs=0.01)


@pytest.mark.parametrize("seed", range(5))
def test_scenes_that_say_anything_are_no_evidence(seed):
    found = verdict(lambda t: 0 * t, seed, outliers=1.0)
    assert found.kind == "not enough evidence"
    assert found.reason
    assert found.severity.unknown == LENGTH_S


def test_a_reason_is_told_where_there_are_no_scenes():
    found = judge_title([], 0.0, 60.0, SEARCH_MS, "its sound is silent")
    assert found.words == "not enough evidence: its sound is silent"


def test_what_all_scenes_say_together_is_taken_where_they_are_few():
    scenes = [Prediction(0.0, 4.0, 110.0, 1.0, 0.3), Prediction(4.0, 8.0, -500.0, 1.0, 0.2)]
    whole = Whole(118.0, "30 % sure within 40 ms, 86 % within 90 ms", 90.0)
    found = judge_title(scenes, 0.0, 8.0, SEARCH_MS, whole=whole)
    assert found.words == "constant offset: sound is 118 ms early (30 % sure within 40 ms, 86 % within 90 ms)"
    assert found.offset_start == (118.0, 28.0, 208.0)
    assert found.counted == (True, False)
    assert found.agreement == found.coverage == 0.5
    none = judge_title(scenes, 0.0, 8.0, SEARCH_MS, whole=whole._replace(offset_ms=0.3))
    assert none.words == "in sync: no offset (30 % sure within 40 ms, 86 % within 90 ms)"


def test_a_drift_that_nothing_known_explains_has_its_ratio_but_no_name():
    found = verdict(lambda t: 200 - 400 * t / LENGTH_S)
    assert found.rate is not None
    assert found.rate.name == ""
    assert found.rate.ratio == pytest.approx(1 - 400e-3 / LENGTH_S, abs=5e-6)


def test_a_known_rate_is_named():
    times = np.linspace(10, 500, 60)
    late = [Prediction(float(t), float(t) + 2, float(250 - t), 1.0, 0.9) for t in times]  # a ms in every second
    found = judge_title(late, 0.0, 512.0, SEARCH_MS)
    assert found.rate is not None
    assert found.rate.name == "sound at 23.976, picture at 24 frames/s"


def test_no_rate_drifts_by_a_fifth_of_the_time():
    """Five scenes of 20 s that lie on a steep line by chance: nothing that people do to a film does that."""
    steep = [
        Prediction(4.0 * place, 4.0 * place + 3, 4300.0 - 2000.0 * place, confidence=1.0, trust=0.6)
        for place in range(5)
    ]
    assert judge_title(steep, 0.0, 20.0, 10_000.0).kind == "not enough evidence"
    pal = [each._replace(offset_ms=-42.7 * each.time) for each in steep]
    assert judge_title(pal, 0.0, 20.0, 10_000.0).kind == "drift late"


@pytest.mark.parametrize(("count", "length"), [(4, 16.0), (5, 20.0), (8, 30.0)])
def test_a_few_scenes_that_err_make_no_drift(count, length):
    """Of short files with one offset and the errors of real scenes up to a quarter were called a drift once."""
    rng, kinds = np.random.default_rng(0), []
    for _ in range(50):
        starts = np.sort(rng.uniform(0, length - 3, count))
        errors = rng.normal(0, 15, count)
        said = [
            Prediction(start, start + 3, -221 + error, 1.0, 0.9) for start, error in zip(starts, errors, strict=True)
        ]
        kinds.append(judge_title(said, 0.0, length, 600.0).kind)
    assert kinds.count("constant offset") >= 47
    drifting = [Prediction(start, start + 3, -10.0 * start, 1.0, 0.9) for start in np.linspace(0, length - 3, count)]
    assert judge_title(drifting, 0.0, length, 600.0).kind == "drift late"


def test_scenes_of_one_time_have_no_drift():
    said = [Prediction(0.0, 4.0, offset, 1.0, 0.9) for offset in (100.0, 110.0, 105.0, 160.0)]
    assert judge_title(said, 0.0, 4.0, 600.0).kind == "constant offset"


@pytest.mark.parametrize("told", [True, False])
def test_scenes_that_are_unsure_by_themselves_carry_no_change(told):
    ramp = [Prediction(t, t + 2.0, 25.0 * t, 1.0, 0.8, told) for t in (5.0, 7.0, 9.0, 12.0, 17.0)]
    found = judge_title(ramp, 0.0, 20.0, 600.0)
    assert (found.kind in ("mixed", "drift early")) == told
