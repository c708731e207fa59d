"""Competitors' runs: they go on where they stopped, and end as if they had never stopped."""

from dataclasses import replace
from fractions import Fraction

import jax
import numpy as np
import pytest
from flax import nnx
from small_baselines import WIDTH

from divas_jax.baselines.competitors import syncnet
from divas_jax.baselines.training import Schooling, examples, trained
from divas_jax.config import OptimConfig
from divas_jax.errors import UserError
from divas_jax.talkers import talker_record

SCHOOLING = Schooling(OptimConfig(lr=1e-3), steps=4, batch=8, every=2)


@pytest.fixture(scope="module")
def records():
    made = {"rates": [Fraction(25)], "sample_rates": [16000], "duration": Fraction(2), "size": 64}
    return [talker_record(index, split="train", **made) for index in range(2)]


def _values(model):
    return [np.asarray(leaf) for leaf in jax.tree.leaves(nnx.to_pure_dict(nnx.state(model, nnx.Param)))]


@pytest.mark.slow
def test_a_run_that_stopped_ends_as_one_that_did_not(tmp_path, records):
    done = []
    whole = trained(syncnet(WIDTH), records, SCHOOLING, tmp_path / "whole", lambda *step: done.append(step))
    assert [step for step, _ in done] == [1, 2, 3, 4]
    assert np.isfinite(done[-1][1])
    part = replace(SCHOOLING, optim=replace(SCHOOLING.optim, schedule="constant"), steps=2)
    assert trained(syncnet(WIDTH), records, part, tmp_path / "part") is not None
    resumed = trained(syncnet(WIDTH), records, SCHOOLING, tmp_path / "part")
    for one, other in zip(_values(whole), _values(resumed), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_batches_go_on_where_they_stopped(records):
    batches = list(examples(syncnet(WIDTH), records, SCHOOLING, 0))
    assert len(batches) == 4
    again = next(examples(syncnet(WIDTH), records, SCHOOLING, 3))
    np.testing.assert_array_equal(again.pictures, batches[3].pictures)
    assert not np.array_equal(batches[2].pictures, batches[3].pictures)


def test_a_loss_that_is_not_finite_ends_the_run(tmp_path, records):
    wild = replace(SCHOOLING, optim=OptimConfig(lr=1e30))
    with pytest.raises(UserError, match="SyncNet is no longer finite"):
        trained(syncnet(WIDTH), records, wild, tmp_path)
