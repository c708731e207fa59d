import jax
import numpy as np
import pytest
from time_telling import Records, every_rate, small_config

from divas_jax.evaluation.protocols import random_offsets
from divas_jax.evaluation.validation import evaluator, named_numbers

KEYS = {"strict", "undetectable", "acceptable", "mean_abs_ms", "confidence", "judged"}


def test_weights_on_all_devices_give_the_numbers_of_the_protocol(small_parameters, random_model):
    assert jax.device_count() == 8
    mesh = jax.make_mesh((8,), ("data",), axis_types=(jax.sharding.AxisType.Auto,))
    replicated = jax.device_put(small_parameters, jax.NamedSharding(mesh, jax.P()))
    config = small_config(clips=3)
    records = Records(every_rate(noise=1))
    evaluate = evaluator(config, {"val": records}, records.decode)
    numbers = evaluate(replicated)
    assert set(numbers) == KEYS
    assert all(isinstance(value, float) for value in numbers.values())
    assert numbers == evaluate(jax.tree.map(np.asarray, small_parameters))
    assert records.decoded == ["clip0", "clip1", "clip3"]  # spread evenly, kept for the second call
    chosen = Records([records.clips[name] for name in records.decoded])
    assert numbers == named_numbers(random_offsets(random_model, chosen, config.evaluate, decode=chosen.decode))


def test_clips_that_memory_does_not_hold_are_decoded_again(oracle):
    records = Records(every_rate()[:2])
    first = records.clips["clip0"]
    room = first.frames.nbytes + first.samples.nbytes
    evaluate = evaluator(oracle.config, {"val": records}, records.decode, cache_bytes=room)
    for _ in range(2):
        assert evaluate({})["strict"] == 1.0
    assert records.decoded == ["clip0", "clip1", "clip1"]


def test_no_answer_at_all_is_no_accuracy():
    numbers = named_numbers([])
    assert numbers["strict"] == numbers["judged"] == 0.0
    assert np.isnan(numbers["mean_abs_ms"])


def test_an_oracle_scores_full_marks_in_training_numbers(oracle):
    records = Records(every_rate())
    numbers = evaluator(oracle.config, {"val": records}, records.decode)({})
    assert (numbers["strict"], numbers["undetectable"], numbers["acceptable"]) == (1.0, 1.0, 1.0)
    assert numbers["mean_abs_ms"] == pytest.approx(0, abs=1)


def test_several_sets_are_told_apart_and_together(small_parameters):
    records = Records(every_rate(noise=1))
    config, clips = small_config(clips=0), list(records.clips.values())
    one, other = Records(clips[:1]), Records(clips[1:])
    numbers = evaluator(config, {"one": one, "other": other}, records.decode)(small_parameters)
    both = evaluator(config, {"val": records}, records.decode)(small_parameters)
    assert set(numbers) == KEYS | {"one/strict", "other/strict"}
    weighted = (numbers["one/strict"] + (len(clips) - 1) * numbers["other/strict"]) / len(clips)
    assert numbers["strict"] == pytest.approx(weighted)
    assert both["judged"] == numbers["judged"]
