import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image
from time_telling import Records, every_rate

from divas_jax.config import EvaluateConfig
from divas_jax.errors import UserError
from divas_jax.evaluation.calibrating import calibration_trials, cross_checked, evidence, fit
from divas_jax.evaluation.calibration import (
    EVIDENCE,
    Calibration,
    Logistic,
    evidence_of,
    read_calibration,
    why_unsure,
)
from divas_jax.evaluation.figures import plot_calibration
from divas_jax.evaluation.judge import Judgement, with_probability
from divas_jax.evaluation.reliability import calibration_table, facts, is_right, reliability_of
from divas_jax.evaluation.trial import Trial
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
    return fit(trials, 0.5, 0.3)


def test_probabilities_come_true_on_speakers_not_fitted_on(trials):
    checked = cross_checked(trials, 0.5, 0.3)
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
    assert whole["told_of_shuffled"] < 0.2  # they lie one unit farther
    assert whole["right_of_told"] > whole["right"] + 0.1
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


def test_more_confidence_and_more_windows_are_surer(calibration):
    def probability(depth, windows):
        curve = np.full(31, 5.0)
        curve[12] -= depth
        return calibration.probability(evidence_of(CURVE_MS, curve, windows, Fraction(25)))[0]

    assert probability(0.3, 30) < probability(1.0, 30) < probability(3.0, 30)
    assert probability(1.0, 12) < probability(1.0, 90)
    assert probability(4.0, 99) == probability(400.0, 9999)  # nothing is claimed beyond what was seen


def test_numbers_survive_the_file(calibration, trials, tmp_path):
    write_json(tmp_path / "calibration.json", calibration.to_json())
    read = read_calibration(tmp_path / "calibration.json")
    assert read == calibration
    found = evidence(trials)
    np.testing.assert_array_equal(read.tells(found), calibration.tells(found))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"evidence": ["log confidence"]}, "its evidence is not"),
        ({"lowest": [0.0]}, "'lowest' is not 5 finite"),
        ({"threshold": float("nan")}, "'threshold' is not a finite"),
        ({"within": {"mean": [0] * 5, "spread": [0] * 5, "weights": [0] * 5, "bias": 0}}, "not above 0"),
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
    found = fit([*right, *(trial for trial in trials if not trial.matched)], 0.5, 0.3)
    assert found.within(evidence(right[:5])) == pytest.approx([901 / 902] * 5)
    assert (found.probability(evidence(right[:5])) < 0.999).all()


def test_one_file_in_twenty_is_taken_to_have_a_foreign_sound():
    row = evidence_of(CURVE_MS, curve_with(_12=1), 20, Fraction(25))
    for together, expected in ((0.5, 0.95), (0.05, 0.5), (0.999, 1.0)):
        model = by_hand(bias=30, together=np.log(together / (1 - together)))
        assert model.probability(row)[0] == pytest.approx(expected, abs=1e-4)
        assert model.tells(row)[0] == (together > 0.3)


def by_hand(together=0.0, **weights):
    """Log-odds are these weights times the evidence."""
    names = [name.removeprefix("log ") for name in EVIDENCE]
    row = tuple(float(weights.get(name, 0.0)) for name in names)
    plain = ((0.0,) * 5, (1.0,) * 5)
    ends = ((-9.0,) * 5, (9.0,) * 5)
    within, belonging = Logistic(*plain, row, float(weights["bias"])), Logistic(*plain, (0.0,) * 5, float(together))
    return Calibration(*ends, within, belonging, 0.5, 0.3, 600.0, 40.0)


def curve_with(**depths):
    curve = np.full(31, 5.0)
    for place, depth in depths.items():
        curve[int(place[1:])] -= depth
    return curve


@pytest.mark.parametrize(
    ("model", "curve", "windows", "reason"),
    [
        (by_hand(bias=3), curve_with(_12=1), 20, None),
        (by_hand(bias=3, together=-3), curve_with(_12=1), 20, "the sound does not seem to belong to the picture"),
        (by_hand(bias=-3), curve_with(_0=1), 20, "the best offset is the farthest that was searched"),
        (by_hand(bias=-4, windows=1), curve_with(_12=1), 20, "too short, only 20 windows of 0.2 s could be compared"),
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
    unsure = with_probability(plain, by_hand(bias=-1), Fraction(25), Fraction(3, 5))
    assert unsure.words == "cannot tell: low confidence (best guess: sound is 120 ms early)"
    sure = with_probability(plain, by_hand(bias=30, together=20), Fraction(25), Fraction(3, 5))
    assert "(99 % sure" in sure.words
    other = with_probability(plain, by_hand(bias=3), Fraction(25), Fraction(1))
    assert (other.probability, other.words) == (None, "sound is 120 ms early")
    assert "search of 600 ms each way only" in other.warnings[0]


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


def test_the_wider_tolerance_decides_what_is_told(trials, tmp_path):
    """Truth that is itself unsure to 60 ms leaves the narrow probability low; the wide one tells all the same."""
    found = fit(trials, 0.5, 0.3)
    rows = evidence(trials)
    assert (found.near_probability(rows) >= found.probability(rows)).all()
    near = Logistic((0.0,) * 5, (1.0,) * 5, (0.0,) * 5, 3.0)
    wide = replace(by_hand(bias=-0.5, together=20), near=near, near_ms=90.0, threshold=0.8)
    assert not replace(wide, near=None).tells(rows[:1])[0]
    assert wide.tells(rows[:1])[0]
    plain = Judgement("a.mp4", 120.0, 120.0, 1.0, 20, CURVE_MS, curve_with(_18=1))
    told = with_probability(plain, wide, Fraction(25), Fraction(3, 5))
    assert told.words == "sound is 120 ms early (38 % sure within 40 ms, 95 % within 90 ms)"
    assert replace(told, near=(0.384, 90.0)).words == "sound is 120 ms early (38 % sure within 40 ms)"
    write_json(tmp_path / "wide.json", wide.to_json())
    assert read_calibration(tmp_path / "wide.json") == wide
    older = {key: value for key, value in wide.to_json().items() if key not in ("near", "near_ms")}
    write_json(tmp_path / "older.json", older)
    assert read_calibration(tmp_path / "older.json") == replace(wide, near=None, near_ms=0.0)


def test_the_best_of_many_faces_is_believed_less():
    row = evidence_of(CURVE_MS, curve_with(_12=1), 20, Fraction(25))
    model = by_hand(bias=30, together=1.0)
    alone, of_four = (float(model.probability(row, faces)[0]) for faces in (1.0, 4.0))
    assert alone > 0.97
    odds = 0.95 / 4 * np.e / (1 - 0.95 / 4)
    assert of_four == pytest.approx(odds / (1 + odds), abs=1e-4)
    plain = Judgement("a.mp4", 120.0, 120.0, 1.0, 20, CURVE_MS, curve_with(_18=1))
    told = with_probability(plain, replace(model, threshold=0.7), Fraction(25), Fraction(3, 5), faces=4.0)
    assert told.unsure == "too many faces to be sure which of them speaks"
