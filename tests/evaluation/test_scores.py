import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import binomtest

from divas_jax.evaluation.grid import GridTrial
from divas_jax.evaluation.protocol_names import GRID, IN_SYNC, OFFSETS
from divas_jax.evaluation.protocol_tables import as_json, as_markdown, tables
from divas_jax.evaluation.results import Results
from divas_jax.evaluation.scores import area_under_curve, breakdowns, chance, grid_scores, scores
from divas_jax.evaluation.shares import Share, effective_answers, share_of
from divas_jax.evaluation.trial import Trial
from divas_jax.sync.tolerances import ACCEPTABLE, STRICT, UNDETECTABLE


def trial(true=0, predicted=0, *, confidence=1.0, fps=Fraction(25), clip="clip", fine=None, reach=15, **more):
    """Offsets in frames."""
    step = 1000 / float(fps)
    facts = {"constant_rate": True, "sample_rate": 16000, "duration": 3.0, "speaker": "", "source": ""} | more
    return Trial(
        clip,
        fps,
        true_ms=true * step,
        predicted_ms=predicted * step,
        fine_ms=(predicted if fine is None else fine) * step,
        confidence=confidence,
        windows=50,
        curve_ms=np.arange(-reach, reach + 1) * step,
        curve=np.ones(2 * reach + 1),
        **facts,
    )


def test_tolerances_hold_at_their_ends_and_know_early_from_late():
    # One frame of 25 fps is 40 ms: inside of strict both ways. Two early (80) is acceptable only, three late (-120)
    # undetectable, four late (-160) acceptable, five (-200) nothing.
    found = scores([trial(3, 3 + error) for error in (0, 1, -1, 2, -3, -4, -5)])
    counts = {name: share.right for name, share in found.accuracy.items()}
    assert counts == {"strict": 3, "undetectable": 4, "acceptable": 6}
    assert found.trials == 7
    assert found.mean_abs_ms == pytest.approx(16 * 40 / 7)
    assert found.median_abs_ms == pytest.approx(80)
    assert scores([trial(0, 1, fps=Fraction(24))]).accuracy["strict"].right == 0  # 41.7 ms


def test_sub_frame_errors_and_confidence_are_read_apart():
    found = scores([trial(0, 0, fine=0.25, confidence=4.0), trial(0, 5), trial(0, -7, confidence=2.0)])
    assert found.fine_mean_abs_ms == pytest.approx((10 + 200 + 280) / 3)
    assert (found.confidence_right, found.confidence_wrong, found.confidence_auc) == (4, 1.5, 1.0)


def test_area_under_curve_counts_pairs():
    random = np.random.default_rng(0)
    score, right = random.integers(0, 9, 60).astype(float), random.random(60) < 0.4
    pairs = [(a > b) + 0.5 * (a == b) for a in score[right] for b in score[~right]]
    assert area_under_curve(score, right) == pytest.approx(np.mean(pairs))
    assert np.isnan(area_under_curve(score, np.ones(60, bool)))


def test_wilson_interval_of_textbook_values():
    assert Share(95, 100, 0.0).interval == pytest.approx((0.8882, 0.9785), abs=1e-4)
    assert Share(0, 20, 0.0).interval == pytest.approx((0.0, 0.1611), abs=1e-4)


def test_one_answer_to_a_clip_gives_the_wilson_interval():
    right = np.random.default_rng(0).random(80) < 0.7
    found = share_of(right, [str(place) for place in range(80)])
    low, high = binomtest(found.right, 80).proportion_ci(0.95, method="wilson")
    assert found.effective == 80
    assert found.interval == pytest.approx((low, high), abs=1e-12)


def test_answers_that_repeat_each_other_count_once():
    right = np.repeat(np.arange(60) % 3 > 0, 4)
    clips = np.repeat(np.arange(60), 4).astype(str).tolist()
    assert effective_answers(right, clips) == pytest.approx(60)
    assert effective_answers(np.ones(240, bool), clips) > 55  # all right: nothing speaks for more than one each
    assert effective_answers(np.ones(240, bool), clips) < 65
    mixed = np.tile([True, False, True, True], 60)  # the share of every clip is that of all
    assert effective_answers(mixed, clips) > 200
    order = np.random.default_rng(0).permutation(240)
    assert effective_answers(right[order], [clips[place] for place in order]) == pytest.approx(60)


@pytest.mark.parametrize("alike", [0.0, 0.5, 1.0])
def test_intervals_hold_the_truth_as_often_as_they_say(alike):
    """50 clips, four answers each, of which so many repeat the first; 95 % of the intervals hold 0.7."""
    random = np.random.default_rng(0)
    clips = np.repeat(np.arange(50), 4).astype(str).tolist()
    held, naive = [], []
    for _ in range(400):
        right = random.random((50, 4)) < 0.7
        right = np.where(random.random((50, 4)) < alike, right[:, :1], right)
        found = share_of(right.ravel(), clips)
        for share, into in ((found, held), (replace(found, effective=None), naive)):
            into.append(share.interval[0] <= 0.7 <= share.interval[1])
    assert 0.92 < np.mean(held) < 0.99
    assert (np.mean(naive) < 0.9) == (alike > 0)


def test_chance_is_exact_and_met_by_random_answers():
    assert chance([trial(0)], STRICT) == 3 / 31
    assert chance([trial(15)], STRICT) == 2 / 31  # no candidate beyond the edge
    assert chance([trial(0)], UNDETECTABLE) == 5 / 31  # -120 ms to 40 ms
    assert chance([trial(0)], ACCEPTABLE) == 7 / 31  # -160 ms to 80 ms
    assert chance([trial(0, fps=Fraction(60))], STRICT) == 5 / 31
    random = np.random.default_rng(1)
    trials = [trial(int(a), int(b)) for a, b in random.integers(-15, 16, (4000, 2))]
    for share in scores(trials).accuracy.values():
        assert abs(share.value - share.chance) < 4 * (share.chance / 4000) ** 0.5


def results():
    trials = [
        trial(2, 2, clip="a"),
        trial(2, 9, clip="b", fps=Fraction(30000, 1001), duration=6.0, sample_rate=48000),
        trial(2, 2, clip="c", constant_rate=False),
        Trial("d|e", Fraction(25), True, 16000, 0.1, "", "", 0.0, failure="too short"),
    ]
    grid = [GridTrial("a", 0, 0, 9), GridTrial("b", 3, 4, 9), GridTrial("c", -10, None, 0, "too short")]
    return Results({OFFSETS: trials, IN_SYNC: [], GRID: grid}, clips=4, windows=100, seconds=2.0)


def test_breakdowns_split_the_answers_without_loss():
    trials = results().trials[OFFSETS]
    for groups in breakdowns(trials).values():
        assert sum(found.trials for found in groups.values()) == 3
    assert list(breakdowns(trials)["frame rate"]) == ["25 fps", "29.97 fps", "variable"]
    assert list(breakdowns(trials)["length"]) == ["2 to 4 s", "4 to 8 s"]
    assert "source" not in breakdowns(trials)
    several = [replace(trials[0], source="one" * 20), *trials[1:]]
    assert breakdowns(several)["source"].keys() == {trials[1].source or "unknown source", "…" + ("one" * 20)[-29:]}


def test_grid_counts():
    found = grid_scores(results().trials[GRID])
    assert (found.exact.right, found.tolerant.right, found.exact.total) == (1, 2, 2)
    assert (found.clips, found.too_short) == (2, 1)
    assert found.tolerant.chance == pytest.approx(3 / 21)


def test_json_is_strict_and_says_what_its_keys_mean():
    made = json.loads(json.dumps(as_json(results(), {"seed": 0}), allow_nan=False))
    found = made["protocols"]["offsets"]
    assert found["all"]["accuracy"]["strict"]["share"] == 2 / 3
    assert found["by_frame_rate"]["29.97 fps"]["confidence_right"] is None
    assert found["failures"] == {"d|e": "too short"}
    assert made["protocols"]["grid"]["within_one_class"]["share"] == 1.0
    assert made["read"]["windows_per_s"] == 50
    documented = " ".join(made["keys"])
    assert all(key in documented for key in found["all"] if key != "accuracy")
    assert all(key in documented for key in made["protocols"]["grid"])


def test_markdown_tables_are_rectangular_and_name_what_has_no_answer():
    page = as_markdown(results(), {"split": "test"})
    for block in page.split("\n\n"):
        rows = [line.replace("\\|", "") for line in block.splitlines() if line.startswith("|")]
        assert len({row.count("|") for row in rows}) <= 1
    assert "- d|e: too short" in page
    assert "| all | 3 | 66.7 |" in page
    assert len(tables(results())) == 5
