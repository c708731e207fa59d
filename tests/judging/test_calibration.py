import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image
from time_telling import Records, every_rate

from divas_jax.config import EvaluateConfig
from divas_jax.errors import UserError
from divas_jax.evaluation.calibrating import (
    calibration_trials,
    cross_checked,
    curve_of,
    fit,
    fit_likelihood,
    sureness_of,
)
from divas_jax.evaluation.figures import plot_calibration
from divas_jax.evaluation.reliability import calibration_table, facts, is_right, reliability_of
from divas_jax.evaluation.trial import Trial
from divas_jax.judging.calibration import (
    PAIR,
    PLACE,
    Calibration,
    Logistic,
    pair_numbers,
    read_calibration,
    why_unsure,
)
from divas_jax.judging.judge import Judgement, with_probability
from divas_jax.judging.posterior import Likelihood, fine_curve, interval_of
from divas_jax.writing import write_json

CURVE_MS = np.arange(-15.0, 16.0) * 40


def made_trial(random, place, matched=True):
    """An answer whose chance to be right grows with its confidence and its number of windows."""
    confidence, windows = float(random.uniform(0.2, 4)), int(random.integers(10, 100))
    chance = 1 / (1 + np.exp(-(2 * np.log(confidence) + np.log(windows / 30)))) if matched else 0.1
    right = random.random() < chance
    curve = 5 + random.uniform(-0.05, 0.05, 31) + (not matched)
    answer = int(random.integers(2, 29))
    curve[answer] = np.median(curve) - confidence
    true = CURVE_MS[answer] + (0 if right else 400)
    return Trial(
        f"clip{place}", Fraction(25), True, 16000, 3.0, f"speaker{place % 20}", "made",
        true_ms=float(true), predicted_ms=float(CURVE_MS[answer]), fine_ms=float(CURVE_MS[answer]),
        confidence=confidence, windows=windows, curve_ms=CURVE_MS, curve=curve, matched=matched,
        part=float([0, 1, 2][place % 3]),
    )  # fmt: skip


@pytest.fixture(scope="module")
def trials():
    random = np.random.default_rng(0)
    return [made_trial(random, place) for place in range(900)] + [
        made_trial(random, place, matched=False) for place in range(300)
    ]


@pytest.fixture(scope="module")
def calibration(trials):
    return fit(trials, 0.5, 0.02)


def test_probabilities_come_true_on_speakers_not_fitted_on(trials):
    checked = cross_checked(trials, 0.5, 0.02)
    matched, right = np.asarray([trial.matched for trial in trials]), is_right(trials)
    assert not right[~matched].any()
    found = reliability_of(checked.probability[matched], right[matched])
    assert found.error < 0.06
    assert len(found.bins) > 6
    bold = reliability_of(checked.probability[matched] ** 0.3, right[matched])
    assert bold.error > 0.1
    told = facts(trials, checked)
    assert (told["clips"], told["speakers"], told["trials"], told["shuffled_trials"]) == (900, 20, 900, 300)
    whole = told["checked"]["by_part"]["whole clip"]
    assert whole["told_of_shuffled"] < 0.06  # they lie one unit farther; the threshold is of other speakers
    assert whole["right_of_told"] > whole["right"] + 0.1
    assert whole["belonging_auc"] > 0.9
    assert len(calibration_table(told["checked"]["by_part"]).rows) == 3


def test_calibration_error_by_hand(tmp_path):
    probability = np.asarray([0.95, 0.95, 0.92, 0.98, 0.15, 0.12])
    right = np.asarray([True, True, True, False, False, True])
    found = reliability_of(probability, right)
    assert found.error == pytest.approx((4 * abs(0.95 - 0.75) + 2 * abs(0.135 - 0.5)) / 6)
    assert [one.trials for one in found.bins] == [2, 4]
    assert reliability_of(np.ones(3), np.ones(3, bool)).error == 0
    plot_calibration(found, tmp_path / "plot.png")
    with Image.open(tmp_path / "plot.png") as image:
        assert image.width == image.height > 500


def test_more_depth_and_more_windows_are_surer(calibration):
    def probability(depth, windows):
        return calibration.sureness(fine_curve(CURVE_MS, curve_with(_12=depth), windows, 25.0)).probability

    assert probability(0.3, 30) < probability(1.0, 30) < probability(3.0, 30)
    assert probability(1.0, 12) < probability(1.0, 90)


def test_the_likelihood_that_made_the_curves_is_found():
    """Curves of known sharpness, answers drawn from their own posteriors: nothing else explains both."""
    random, truth = np.random.default_rng(1), Likelihood(8.0, 0.5, 0.1)
    curves, true = [], []
    for _ in range(1500):
        windows = int(random.choice([20, 45, 95]))
        rough = np.convolve(random.normal(size=33), [0.3, 0.4, 0.3], "valid")
        curves.append(fine_curve(CURVE_MS, 5 + 0.3 * rough, windows, 25.0))
        true.append(random.choice(curves[-1].offset_ms, p=truth.posterior(curves[-1])))
    found = fit_likelihood(curves, np.asarray(true))
    assert found.sharpness == pytest.approx(truth.sharpness, rel=0.15)
    assert found.growth == pytest.approx(truth.growth, abs=0.15)
    assert found.anywhere == pytest.approx(truth.anywhere, abs=0.04)


def test_a_posterior_by_hand():
    curve = fine_curve(CURVE_MS, curve_with(_12=1.0), 50, 25.0)
    sharp = Likelihood(100.0, 0.0, 0.0).posterior(curve)
    assert sharp.sum() == pytest.approx(1)
    assert curve.offset_ms[curve.best] == pytest.approx(CURVE_MS[12], abs=5)
    assert sharp @ curve.share_within(40.0) > 0.999
    low, high = interval_of(curve, sharp, 0.9)
    assert low <= CURVE_MS[12] <= high
    assert high - low < 30
    nowhere = Likelihood(0.0, 0.0, 0.0).posterior(curve)
    assert nowhere @ curve.share_within(40.0) == pytest.approx(80 / 1205, abs=0.005)
    low, high = interval_of(curve, nowhere, 0.9)
    assert high - low == pytest.approx(0.9 * 1200, abs=10)
    half = Likelihood(100.0, 0.0, 0.5).posterior(curve)
    assert half @ curve.share_within(40.0) == pytest.approx(0.5 + 0.5 * 80 / 1205, abs=0.01)


def test_many_shallow_minima_are_not_made_deep_by_being_many():
    """What the factor counts is depth: shallow minima explain a curve no better than none, however many there are."""
    likelihood = Likelihood(10.0, 0.5, 0.0)
    random = np.random.default_rng(0)
    shallow = fine_curve(CURVE_MS, 5 + 0.02 * random.normal(size=31), 250, 25.0)
    deep = fine_curve(CURVE_MS, curve_with(_12=1.0), 25, 25.0)
    assert likelihood.factor(shallow) < 0.5 < 3 < likelihood.factor(deep)
    assert pair_numbers(likelihood, shallow)[0] < pair_numbers(likelihood, deep)[0]


def test_a_clip_with_few_offsets_and_unknown_ones_has_a_posterior():
    for known in ([15], [14, 15], range(13, 18)):
        curve = np.full(31, np.inf)
        curve[list(known)] = 5 - np.arange(len(known)) / 10
        fine = fine_curve(CURVE_MS, curve, 4, 25.0)
        posterior = Likelihood(5.0, 0.5, 0.1).posterior(fine)
        assert posterior.sum() == pytest.approx(1)
        assert CURVE_MS[known[0]] <= fine.offset_ms[fine.best] <= CURVE_MS[known[-1]]
        assert np.isfinite(pair_numbers(Likelihood(5.0, 0.5, 0.1), fine)).all()


def test_numbers_survive_the_file(calibration, trials, tmp_path):
    write_json(tmp_path / "calibration.json", calibration.to_json())
    read = read_calibration(tmp_path / "calibration.json")
    assert read == calibration
    assert sureness_of(trials[:50], read) == sureness_of(trials[:50], calibration)


ZEROS = {"bias": 0} | {name: [0] * 3 for name in ("mean", "spread", "weights", "lowest", "highest")}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"version": 1}, "another version"),
        ({"pair": ["log depth"]}, "'pair' are not log factor"),
        ({"within": ZEROS | {"lowest": [0.0]}}, "'lowest' is not 3 finite"),
        ({"threshold": float("nan")}, "'threshold' is not a finite"),
        ({"together_thresholds": []}, "not pairs of seconds"),
        ({"together_thresholds": [[0, 0.5]]}, "not pairs of seconds"),
        ({"likelihood": {"sharpness": 1, "growth": "x", "anywhere": 0}}, "could not convert"),
        ({"within": ZEROS}, "not above 0"),
        ({"extra": 1}, "extra"),
        (None, "is no calibration"),
    ],
)
def test_a_damaged_file_is_one_sentence(calibration, tmp_path, change, sentence):
    file = tmp_path / "calibration.json"
    file.write_text("{" if change is None else json.dumps(calibration.to_json() | change))
    with pytest.raises(UserError, match=sentence) as error:
        read_calibration(file)
    assert "calibration.json" in str(error.value)
    with pytest.raises(UserError, match="cannot be read"):
        read_calibration(tmp_path / "none.json")


def test_a_model_that_is_always_right_is_not_called_certain(trials):
    right = [replace(trial, true_ms=trial.fine_ms) for trial in trials if trial.matched]
    found = fit([*right, *(trial for trial in trials if not trial.matched)], 0.5, 0.02)
    assert all(one.probability < 0.999 for one in sureness_of(right[:5], found))


def test_one_file_in_twenty_is_taken_to_have_a_foreign_sound():
    for together, expected in ((0.5, 0.95), (0.05, 0.5), (0.999, 1.0)):
        found = by_hand(bias=30, together=np.log(together / (1 - together))).sureness(curve_of_answer())
        assert found.probability == pytest.approx(expected, abs=1e-4)
        assert found.told == (together > 0.3)


def by_hand(together=0.0, near=None, threshold=0.5, **weights):
    """Log-odds are these weights times the numbers."""
    bias = float(weights.pop("bias"))
    row = tuple(float(weights.get(name.removeprefix("log "), 0.0)) for name in PLACE)

    def plain(names, weights, bias):
        width = len(names)
        return Logistic((0.0,) * width, (1.0,) * width, weights, bias, (-9.0,) * width, (9.0,) * width)

    within = plain(PLACE, row, bias)
    wide = within if near is None else plain(PLACE, (0.0, 0.0, 0.0), float(near))
    pair = plain(PAIR, (0.0,) * 5, float(together))
    return Calibration(Likelihood(50.0, 0.5, 0.01), within, wide, pair, threshold, ((1.0, 0.3),), 600.0, 40.0, 90.0)


def curve_with(**depths):
    curve = np.full(31, 5.0)
    for place, depth in depths.items():
        curve[int(place[1:])] -= depth
    return curve


def curve_of_answer():
    return fine_curve(CURVE_MS, curve_with(_18=1), 20, 25.0)


@pytest.mark.parametrize(
    ("model", "curve", "windows", "reason"),
    [
        (by_hand(bias=3), curve_with(_12=1), 20, None),
        (by_hand(bias=3, together=-3), curve_with(_12=1), 20, "the sound does not seem to belong to the picture"),
        (by_hand(bias=-3), curve_with(_0=1), 20, "the best offset is the farthest that was searched"),
        (by_hand(bias=-1, seconds=1.5), curve_with(_12=1), 20, "too short, only 20 windows could be compared"),
        (by_hand(bias=-3), curve_with(_18=1, _10=0.9), 99, "no clear minimum, 120 ms early and 200 ms late fit"),
        (by_hand(bias=-3), curve_with(_18=1, _10=0.5), 99, "low confidence"),
        (by_hand(bias=-3), curve_with(_18=1, _17=0.9), 99, "low confidence"),  # one minimum, two frames wide
    ],
)
def test_reasons(model, curve, windows, reason):
    found = why_unsure(model, CURVE_MS, curve, windows, Fraction(25))
    assert found is None if reason is None else found.startswith(reason)


def test_a_judgement_says_how_sure_it_is_or_that_it_cannot_tell():
    plain = Judgement("a.mp4", 120.0, 120.0, 1.0, 20, CURVE_MS, curve_with(_18=1))
    told = with_probability(plain, by_hand(bias=np.log(0.94 / 0.06), together=20), Fraction(25), Fraction(3, 5))
    assert told.words == "sound is 120 ms early (94 % sure within 40 ms)"
    assert told.interval_ms[0] <= 120 <= told.interval_ms[1]
    unsure = with_probability(plain, by_hand(bias=-1), Fraction(25), Fraction(3, 5))
    assert unsure.words == "cannot tell: low confidence (best guess: sound is 120 ms early)"
    sure = with_probability(plain, by_hand(bias=30, together=20), Fraction(25), Fraction(3, 5))
    assert "(99 % sure" in sure.words
    other = with_probability(plain, by_hand(bias=3), Fraction(25), Fraction(2, 5))
    assert (other.probability, other.words) == (None, "sound is 120 ms early")
    assert "search of 600 ms each way or more only" in other.warnings[0]
    assert with_probability(plain, by_hand(bias=3, together=20), Fraction(25), Fraction(2)).probability > 0.5


def test_trials_are_what_predict_can_meet(oracle):
    records = Records(every_rate())
    found = calibration_trials(oracle, records, EvaluateConfig(trials=2), decode=records.decode)
    pairs = [trial for trial in found if trial.matched]
    assert len(pairs) == 2 * 5 * 3  # whole, 1 s, 2 s
    assert len(found) - len(pairs) == 5 * 3
    for trial in pairs:
        reach = 610 if trial.constant_rate else 620
        assert 560 < trial.curve_ms[-1] <= reach
        assert abs(trial.true_ms) <= reach
    assert max(abs(trial.true_ms) for trial in pairs if trial.fps == 60) > 250  # in ms, not in 15 frames
    right = [trial for trial, good in zip(found, is_right(found), strict=True) if good]
    assert len(right) >= 0.9 * len(pairs)
    assert all(trial.matched for trial in right)


def test_the_wider_tolerance_is_never_less_sure():
    plain = Judgement("a.mp4", 120.0, 120.0, 1.0, 20, CURVE_MS, curve_with(_18=1))
    told = with_probability(plain, by_hand(bias=0.5, together=20, near=3.0), Fraction(25), Fraction(3, 5))
    assert told.words == "sound is 120 ms early (62 % sure within 40 ms, 95 % within 90 ms)"
    assert replace(told, near=(0.622, 90.0)).words == "sound is 120 ms early (62 % sure within 40 ms)"
    odd = by_hand(bias=3.0, together=20, near=-3.0).sureness(curve_of_answer())
    assert odd.near == odd.probability


def test_strangers_set_the_threshold(trials):
    """So that of no length more than the share asked for is told."""
    windows = {1.0: 21, 2.0: 46, 0.0: 100}
    lengthy = [replace(trial, windows=windows[trial.part]) for trial in trials]
    strangers = [trial for trial in lengthy if not trial.matched]
    for share in (0.0, 0.02, 0.2):
        told = np.asarray([one.told for one in sureness_of(strangers, fit(lengthy, 0.1, share))])
        for part in (0, 1, 2):
            assert told[[trial.part == part for trial in strangers]].mean() <= share
    assert len(curve_of(trials[0]).offset_ms) == 241


def test_a_threshold_lies_between_those_of_shorter_and_longer_clips():
    model = replace(by_hand(bias=0), together_thresholds=((1.0, 0.9), (4.0, 0.5)))
    assert [model.together_threshold(seconds) for seconds in (0.1, 1.0, 2.0, 4.0, 60.0)] == pytest.approx(
        [0.9, 0.9, 0.7, 0.5, 0.5]
    )


def test_the_best_of_many_faces_is_believed_less():
    model = by_hand(bias=30, together=1.0, threshold=0.7)
    alone, of_four = (model.sureness(curve_of_answer(), faces).probability for faces in (1.0, 4.0))
    assert alone > 0.97
    odds = 0.95 / 4 * np.e / (1 - 0.95 / 4)
    assert of_four == pytest.approx(odds / (1 + odds), abs=1e-4)
    plain = Judgement("a.mp4", 120.0, 120.0, 1.0, 20, CURVE_MS, curve_with(_18=1))
    told = with_probability(plain, model, Fraction(25), Fraction(3, 5), faces=4.0)
    assert told.unsure == "too many faces to be sure which of them speaks"
