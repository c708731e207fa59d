import numpy as np
import pytest
from small_baselines import SMALL, sparse_sync, syncnet, talkers

from divas_jax.baselines.examples import ExampleSource
from divas_jax.baselines.learning import Learner
from divas_jax.config import OptimConfig

RATES = {"SyncNet": 3e-3, "VocaLiST": 1e-3, "SparseSync": 3e-3}
STEPS = {"SyncNet": 20, "VocaLiST": 6, "SparseSync": 6}


def examples(name, source, step):
    return source.classes(0, step, 4) if name == "SparseSync" else source.pairs(0, step, 4)


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_the_loss_goes_down_on_a_handful_of_talkers(name):
    model, kind = SMALL[name]()
    source = ExampleSource(talkers(2), kind)
    learner = Learner(model, OptimConfig(lr=RATES[name]))
    state, batch, losses = learner.first, examples(name, source, 0), []
    for _ in range(STEPS[name]):
        state, loss = learner.step(state, batch, STEPS[name])
        losses.append(float(loss))
    assert np.isfinite(losses).all(), losses
    assert losses[-1] < 0.85 * losses[0], losses


def test_a_step_moves_weights_and_statistics():
    model, kind = syncnet()
    learner = Learner(model, OptimConfig(lr=1e-3))
    state, loss = learner.step(learner.first, ExampleSource(talkers(1), kind).pairs(0, 0, 4), 1)
    assert np.isfinite(loss)
    before, after = learner.model(learner.first), learner.model(state)
    assert not np.array_equal(before.sound_head.outer.kernel[...], after.sound_head.outer.kernel[...])
    assert not np.array_equal(before.sound_head.norm.mean[...], after.sound_head.norm.mean[...])


def test_batches_are_a_function_of_seed_and_step():
    source = ExampleSource(talkers(2), syncnet()[1])
    one, same, other = source.pairs(0, 3, 6), source.pairs(0, 3, 6), source.pairs(0, 4, 6)
    assert all(np.array_equal(*both) for both in zip(one, same, strict=True))
    assert not np.array_equal(one.pictures, other.pictures)
    assert one.labels.tolist() == [1, 0, 1, 0, 1, 0]


def test_classes_take_turns_where_clips_are_long_enough():
    batch = ExampleSource(talkers(1), sparse_sync()[1]).classes(0, 0, 21)
    assert batch.labels.tolist() == list(range(21))


def test_too_short_clips_are_refused():
    with pytest.raises(ValueError, match="long enough"):
        ExampleSource([talkers(1)[0].frames_between(0, 10)], sparse_sync()[1]).classes(0, 0, 1)
