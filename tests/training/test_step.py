"""One step: the same on any number of devices, compiled once a rung, and able to learn."""

import jax
import numpy as np
import optax
import pytest
from jax.sharding import AxisType
from toy_runs import RUNGS, leaves_by_name, toy, toy_batch

from divas_jax.clip import Rung
from divas_jax.config import OptimConfig
from divas_jax.errors import UserError
from divas_jax.training.mesh import AXIS, device_mesh, replicated, to_devices
from divas_jax.training.state import learning_rate, make_optimizer, new_state
from divas_jax.training.step import make_train_step

RUNG = Rung(*RUNGS[0])


def mesh_of(devices):
    return jax.make_mesh((devices,), (AXIS,), axis_types=(AxisType.Auto,), devices=jax.devices()[:devices])


def fresh(config, mesh):
    return jax.jit(lambda: new_state(config), out_shardings=replicated(mesh))()


def run(config, batches, devices=1):
    """State and metrics after each batch."""
    mesh = mesh_of(devices)
    state, step, history = fresh(config, mesh), make_train_step(config, mesh), []
    for batch in batches:
        placed = jax.device_put(batch, jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec(AXIS)))
        state, metrics = step(state, placed, RUNG)
        history.append((jax.device_get(state), jax.device_get(metrics)))
    return history


def moments(state):
    """Adam's first moments: gradients, before it turns rounding noise around 0 into whole steps."""
    return [leaf for name, leaf in leaves_by_name(state.optimizer).items() if ".mu" in name]


@pytest.mark.parametrize(
    ("objective", "strangers"),
    [("contrastive", 0.0), ("multiway", 0.0), ("offset_matrix", 0.5), ("offset_curve", 0.0), ("offset_curve", 0.5)],
)
def test_eight_devices_equal_one(objective, strangers):
    config = toy(
        objective={"name": objective, "sounds": 3, "strangers": strangers},
        optim={"name": "adamw", "weight_decay": 0.1, "ema": 0.9},
    )
    batches = [toy_batch(step) for step in range(3)]
    one, eight = run(config, batches, 1), run(config, batches, 8)
    for (_, a), (_, b) in zip(one, eight, strict=True):
        np.testing.assert_allclose(jax.tree.leaves(b), jax.tree.leaves(a), rtol=2e-5)
    assert len(moments(one[0][0])) > 20
    for a, b in zip(moments(one[0][0]), moments(eight[0][0]), strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-5, atol=1e-6)
    sure = [np.abs(moment) > 1e-4 for moment in moments(one[0][0])]
    parameters = (jax.tree.leaves(history[0][0].parameters) for history in (one, eight))
    for a, b, certain in zip(*parameters, sure, strict=True):
        np.testing.assert_allclose(b[certain], a[certain], atol=1e-6)


def test_two_accumulated_halves_equal_one_batch():
    """Rows 0-3 and 4-7 have equally many pairs, so that the mean of their gradients is the whole's."""
    whole = toy_batch(0)
    halves = [jax.tree.map(lambda leaf, rows=rows: leaf[rows], whole) for rows in (slice(0, 4), slice(4, 8))]
    (full, _), *_ = run(toy(), [whole])
    (_, _), (twice, _) = run(toy(optim={"accumulate": 2}), halves)
    assert twice.step == 2, "steps count batches"
    for a, b in zip(moments(full), moments(twice), strict=True):
        np.testing.assert_allclose(b, a, atol=1e-6)
    start = jax.tree.leaves(new_state(toy()).parameters)
    for a, b, was, moment in zip(
        *map(jax.tree.leaves, (full.parameters, twice.parameters)), start, moments(full), strict=True
    ):
        certain = np.abs(moment) > 1e-4
        np.testing.assert_allclose(b[certain], a[certain], atol=1e-6)
        assert np.abs(a - was)[certain].min(initial=1) > 1e-3


def test_average_follows_the_weights():
    """Its decay is (1 + step) / (10 + step), at most `ema`."""
    history = run(toy(optim={"ema": 0.15}), [toy_batch(step) for step in range(3)])
    average = jax.tree.map(np.asarray, new_state(toy()).parameters)
    for (state, _), decay in zip(history, (0.1, 0.15, 0.15), strict=True):
        average = jax.tree.map(lambda old, new, d=decay: d * old + (1 - d) * new, average, state.parameters)
        jax.tree.map(lambda a, b: np.testing.assert_allclose(b, a, atol=1e-6), average, state.average)
    assert state.best_parameters is state.average


def test_compilations_equal_rungs():
    compiled = []
    jax.monitoring.register_event_duration_secs_listener(
        lambda event, seconds, **names: compiled.append(event) if "backend_compile" in event else None
    )
    config, mesh = toy(), device_mesh()
    state, step = fresh(config, mesh), make_train_step(config, mesh)
    batches = [to_devices(mesh, toy_batch(number, rung=number % 2)) for number in range(4)]
    jax.block_until_ready(batches)
    compiled.clear()
    for number in range(12):
        state, _ = step(state, batches[number % 4], Rung(*RUNGS[number % 2]))
    assert int(state.step) == 12
    assert len(compiled) == len(RUNGS)


def test_pixels_find_their_samples():
    """Chance is 1 in 6: a few dozen steps of offset_matrix must leave it far behind."""
    config, mesh = toy(), device_mesh()
    state, step = fresh(config, mesh), make_train_step(config, mesh)
    shares = []
    for number in range(150):
        state, metrics = step(state, to_devices(mesh, toy_batch(number)), RUNG)
        shares.append(metrics.matched / metrics.windows)
    assert np.mean(shares[:5]) < 0.4
    assert np.mean(shares[-10:]) > 0.5


def test_rows_that_do_not_divide_are_refused():
    with pytest.raises(UserError, match="6 segments do not divide by the 8 devices"):
        to_devices(device_mesh(), toy_batch(0, segments=6))


def test_schedules():
    assert [float(learning_rate(OptimConfig(lr=2.0), 10)(step)) for step in (0, 5, 99)] == [2, 2, 2]
    warm = learning_rate(OptimConfig(lr=2.0, warmup=4), 10)
    np.testing.assert_allclose([warm(step) for step in (0, 1, 4, 99)], [0, 0.5, 2, 2])
    cosine = learning_rate(OptimConfig(lr=2.0, schedule="cosine", warmup=4), 10)
    np.testing.assert_allclose([cosine(step) for step in (0, 2, 4, 7, 10, 99)], [0, 1, 2, 1.01, 0.02, 0.02], rtol=1e-6)
    np.testing.assert_allclose(learning_rate(OptimConfig(lr=2.0, schedule="cosine"), 10)(0), 2)


def test_only_matrices_decay_and_only_with_adamw():
    parameters = {"kernel": np.ones((2, 2), np.float32), "bias": np.ones(2, np.float32)}
    still = jax.tree.map(np.zeros_like, parameters)
    for name, shrunk in (("adamw", 1 - 0.1 * 0.5), ("adam", 1.0)):
        optimizer = make_optimizer(OptimConfig(name=name, lr=0.1, weight_decay=0.5), 10)
        updates, _ = optimizer.update(still, optimizer.init(parameters), parameters)
        moved = optax.apply_updates(parameters, updates)
        np.testing.assert_allclose(moved["kernel"], shrunk, rtol=1e-6)
        np.testing.assert_array_equal(moved["bias"], 1)


def test_long_gradients_are_clipped():
    gradient = {"kernel": np.full((2, 2), 50.0, np.float32)}
    optimizer = make_optimizer(OptimConfig(clip_norm=1.0), 10)
    _, state = optimizer.update(gradient, optimizer.init(gradient), gradient)
    (moment,) = [leaf for name, leaf in leaves_by_name(state).items() if ".mu" in name]
    np.testing.assert_allclose(moment, 0.1 * 0.5, rtol=1e-5)
