from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from small_baselines import JUDGES, SMALL
from time_telling import time_clip

from divas_jax.baselines.inputs import syncnet_input
from divas_jax.baselines.judges import PairJudge
from divas_jax.baselines.protocol import answer, scores

STEPS = np.arange(-5, 6)


def picture_time(pictures):
    """The time (s) that the first frame's shade tells: `shaded` clips only."""
    return np.asarray(pictures)[:, 0, 0, 0, :] * 255 / 25


def sound_time(sounds):
    """The time (s) that the pitch of a stretch tells, as the oracle's table has it."""
    return np.asarray(sounds)[:, 0].mean(1, keepdims=True)


def telling_clip(fps=Fraction(25)):
    """Frames whose shade counts frames of 25, and sound whose loudness grows exponentially."""
    clip = time_clip(fps, Fraction(4))
    shades = np.round(np.arange(len(clip.frames)) * float(25 / fps)).astype(np.uint8)
    frames = np.broadcast_to(shades[:, None, None, None], (len(shades), 32, 32, 3)).copy()
    random = np.random.default_rng(0).standard_normal(len(clip.samples))
    loudness = np.exp(np.arange(len(clip.samples)) / 16000 * 2 - 3)
    return replace(clip, frames=frames, samples=(random * loudness).astype(np.float32))


@pytest.fixture
def oracle_judge():
    """Pictures and sounds tell the time; the sound's is calibrated on a clip in sync."""
    kind = syncnet_input()
    clip = telling_clip()
    from divas_jax.baselines.even_clip import even_clip
    from divas_jax.baselines.inputs import stretches

    starts = np.arange(0, 95)
    slope, start = np.polyfit(sound_time(stretches(even_clip(clip), starts, kind))[:, 0], starts / 25, 1)
    return PairJudge(kind, picture_time, lambda sounds: start + slope * sound_time(sounds), _apart)


def _apart(pictures, sounds):
    return np.abs(pictures - sounds)[:, 0]


@pytest.mark.parametrize("steps", [-4, 0, 3])
def test_an_oracle_finds_a_known_shift(oracle_judge, steps):
    clip = telling_clip().shifted(Fraction(steps, 25))
    assert STEPS[scores(oracle_judge, clip, STEPS).argmin()] == steps
    found = answer(oracle_judge, clip, 5)
    assert int(found.steps) == steps
    assert int(found.windows) >= 80


def test_an_oracle_finds_the_shift_of_a_clip_at_50_frames(oracle_judge):
    assert int(answer(oracle_judge, telling_clip(Fraction(50)).shifted(Fraction(4, 50)), 5).steps) == 2


def test_sound_that_is_not_there_is_no_evidence(oracle_judge):
    costs = oracle_judge.costs(telling_clip(), np.asarray([-5, 0, 5]))
    assert costs.exists[:, 0].tolist() == [True] * 91 + [False] * 5
    assert costs.exists[:, 1].all()
    assert costs.exists[:, 2].tolist() == [False] * 5 + [True] * 91
    assert np.isfinite(costs.cost[costs.exists]).all()


def test_a_clip_without_sound_has_no_answer(oracle_judge):
    far = replace(telling_clip(), sound_start=Fraction(100))
    assert np.isinf(scores(oracle_judge, far, STEPS)).all()


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_every_competitor_scores_every_offset(name):
    model, kind = SMALL[name]()
    judge = JUDGES[name](model, kind)
    offsets = np.asarray([-5, 0, 5])
    clip = time_clip(Fraction(30), Fraction(1), sample_rate=22050, noise=3)
    curve = scores(judge, clip, offsets)
    assert curve.shape == (3,)
    assert np.isfinite(curve).all()
    assert len(set(curve.tolist())) == 3
    assert np.allclose(scores(judge, clip, offsets[::-1]), curve[::-1], atol=1e-5)


def test_a_clip_shorter_than_the_window_has_no_answer():
    model, kind = SMALL["SparseSync"]()
    clip = time_clip(seconds=Fraction(1, 2))
    assert np.isinf(scores(JUDGES["SparseSync"](model, kind), clip, STEPS)).all()
