"""The loop and its checkpoints: resume, stop, refuse, keep the best."""

import os
import signal
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from toy_runs import TOY, leaves_by_name, toy, toy_stream

from divas_jax.errors import UserError
from divas_jax.model.parameters import initial_parameters
from divas_jax.training.checkpoints import Checkpoints, has_checkpoint, read_checkpoint
from divas_jax.training.interruption import Interruption
from divas_jax.training.loop import train
from divas_jax.training.mesh import device_mesh, replicated
from divas_jax.training.start import Start
from divas_jax.training.writers import JsonLines, Writers

STILL = toy(train={"steps": 0})


class Notes:
    """A writer that remembers."""

    def __init__(self):
        self.lines = []

    def write(self, step, values):
        self.lines.append((step, dict(values)))

    def close(self):
        pass


def stopping_stream(after):
    """Batches, and SIGTERM while number `after` is being made."""

    def stream(step):
        for number, batch in enumerate(toy_stream(step), step):
            if number == after:
                os.kill(os.getpid(), signal.SIGTERM)
            yield batch

    return stream


def assert_bitwise(one, other):
    one, other = leaves_by_name(one), leaves_by_name(other)
    assert one.keys() == other.keys()
    for name, leaf in one.items():
        assert leaf.tobytes() == other[name].tobytes(), name


def scores(values):
    """An evaluator that gives these strict accuracies in turn, and what weights it was shown."""
    shown = []

    def evaluate(parameters):
        shown.append(jax.tree.map(np.array, parameters))
        return {"strict": values[len(shown) - 1]}

    return evaluate, shown


@pytest.mark.parametrize(
    "optim",
    [{}, {"name": "adamw", "weight_decay": 0.1, "clip_norm": 1.0, "accumulate": 2, "ema": 0.9, "schedule": "cosine"}],
    ids=["adam", "everything"],
)
def test_a_stopped_and_resumed_run_equals_a_straight_one_bit_for_bit(tmp_path, optim):
    config = toy(optim=optim, objective={"name": "contrastive"})
    with jax.transfer_guard("disallow"):  # nothing goes to a device or back that is not sent there by name
        straight = train(config, tmp_path / "straight", toy_stream, Writers())
    assert straight.interrupted is None

    stopped = train(config, tmp_path / "twice", stopping_stream(2), Writers())
    assert stopped.interrupted == signal.SIGTERM
    assert int(stopped.state.step) == 3
    resumed = train(config, tmp_path / "twice", toy_stream, Writers())
    assert int(resumed.state.step) == 6
    assert_bitwise(straight.state, resumed.state)
    assert len(leaves_by_name(resumed.state.optimizer)) > 40


def test_a_checkpoint_is_of_its_own_step_though_training_goes_on_while_it_is_written(tmp_path):
    config = toy(train={"steps": 6, "save_every": 1, "keep": 9})
    train(config, tmp_path, toy_stream, Writers())
    short = train(toy(train={"steps": 3}), tmp_path / "short", toy_stream, Writers())
    with Checkpoints(tmp_path, 9) as checkpoints:
        assert list(checkpoints.manager.all_steps()) == [1, 2, 3, 4, 5, 6]
        for step in (6, 5, 4):
            checkpoints.manager.delete(step)
    with Checkpoints(tmp_path, 9) as checkpoints:
        assert_bitwise(checkpoints.restore(config, replicated(device_mesh())), short.state)


@pytest.mark.parametrize("steps", [2, 1])
def test_a_run_that_is_already_over_changes_nothing(tmp_path, steps):
    done = train(toy(train={"steps": 2}), tmp_path, toy_stream, Writers())
    again = train(toy(train={"steps": steps}), tmp_path, toy_stream, Writers())
    assert again.interrupted is None
    assert_bitwise(again.state, done.state)


def test_a_loss_that_is_not_finite_stops_and_the_last_good_checkpoint_stays(tmp_path):
    def poisoned(step):
        for number, (rung, batch) in enumerate(toy_stream(step), step):
            if number == 3:
                batch.sounds.samples[:] = np.nan
            yield rung, batch

    config = toy(train={"steps": 50, "save_every": 1, "log_every": 100, "evaluate_every": 1, "keep": 1})
    seen = []

    def evaluate(parameters):
        seen.append(all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(parameters)))
        return {"strict": 0.5}

    with pytest.raises(UserError, match="no longer finite; the last good checkpoint in"):
        train(config, tmp_path, poisoned, Writers(), evaluate)
    assert all(seen), "weights that are not finite are not worth an evaluation"
    with Checkpoints(tmp_path, 1) as checkpoints:
        assert checkpoints.last_step == 3
    read_checkpoint(tmp_path)


def test_the_best_checkpoint_is_kept_and_read(tmp_path):
    evaluate, shown = scores([0.2, 0.9, 0.4, 0.1])
    config = toy(train={"steps": 8, "evaluate_every": 2, "save_every": 1, "keep": 1}, optim={"ema": 0.5})
    notes = Notes()
    train(config, tmp_path, toy_stream, Writers(notes), evaluate)
    assert [(step, line["strict"]) for step, line in notes.lines if "strict" in line] == [
        (2, 0.2), (4, 0.9), (6, 0.4), (8, 0.1),
    ]  # fmt: skip
    with Checkpoints(tmp_path, 1) as checkpoints:
        assert list(checkpoints.manager.all_steps()) == [4, 8]
    read, parameters = read_checkpoint(tmp_path)
    assert read == config
    assert_bitwise(parameters, shown[1])

    worse, _ = scores([0.3])
    train(replace(config, train=replace(config.train, steps=9)), tmp_path, toy_stream, Writers(), worse)
    with Checkpoints(tmp_path, 1) as checkpoints:
        assert list(checkpoints.manager.all_steps()) == [4, 9], "a resumed run remembers the best one before it"


def test_without_an_evaluation_the_last_checkpoint_is_read(tmp_path):
    done = train(toy(train={"steps": 2, "save_every": 1}), tmp_path, toy_stream, Writers())
    assert_bitwise(read_checkpoint(tmp_path)[1], done.state.parameters)
    assert has_checkpoint(tmp_path)


def test_folders_without_a_checkpoint_are_refused(tmp_path):
    assert not has_checkpoint(tmp_path)
    with pytest.raises(UserError, match=str(tmp_path)):
        read_checkpoint(tmp_path)
    (tmp_path / "checkpoints").mkdir()
    with pytest.raises(UserError, match="holds no whole checkpoint yet"):
        read_checkpoint(tmp_path)
    assert list((tmp_path / "checkpoints").iterdir()) == [], "reading writes nothing"


def test_other_settings_are_refused_by_name(tmp_path):
    train(STILL, tmp_path, toy_stream, Writers())
    for change, sentence in (
        ({"optim": {"lr": 1.0}}, "trained with optim.lr = 0.003, this run asks for 1.0"),
        ({"model": {"mlp": 48}}, "trained with model.mlp = 32, this run asks for 48"),
        ({"objective": {"name": "multiway"}}, "objective.name = offset_matrix"),
        ({"data": {"windows": 3}}, "data.windows = "),
        ({"train": {"seed": 7}}, "train.seed = 0, this run asks for 7"),
    ):
        with pytest.raises(UserError, match=sentence):
            train(toy(**{"train": {"steps": 1}} | change), tmp_path, toy_stream, Writers())
    moved = toy(train={"steps": 1, "log_every": 1}, data={"path": "elsewhere", "workers": 1})
    longer = train(moved, tmp_path, toy_stream, Writers())
    assert int(longer.state.step) == 1, "how long, how often and from where may change"


def test_a_damaged_checkpoint_is_one_sentence(tmp_path):
    train(STILL, tmp_path, toy_stream, Writers())
    for path in (tmp_path / "checkpoints").rglob("*"):
        if path.is_file() and "config" not in str(path):
            path.write_bytes(b"not a checkpoint")
    with pytest.raises(UserError, match=str(tmp_path)) as refused:
        read_checkpoint(tmp_path)
    assert "\n" not in str(refused.value)


def test_given_weights_start_a_run_and_must_fit(tmp_path):
    weights = initial_parameters(TOY.model, jax.random.key(9))
    begun = train(STILL, tmp_path / "fits", toy_stream, Writers(), start=Start(weights))
    assert_bitwise(begun.state.parameters, weights)

    other = initial_parameters(replace(TOY.model, dim=48), jax.random.key(9))
    with pytest.raises(UserError, match=r"another shape: .* is \(48"):
        train(STILL, tmp_path / "other", toy_stream, Writers(), start=Start(other))


def test_an_unwritable_folder_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="file"):
        train(STILL, tmp_path / "file", toy_stream, Writers())


def test_metrics_are_means_over_the_steps_since_the_last_line(tmp_path):
    notes, single = Notes(), Notes()
    with Writers(notes, JsonLines(tmp_path / "metrics.jsonl")) as writers:
        train(toy(train={"steps": 4}), tmp_path / "twos", toy_stream, writers)
    train(toy(train={"steps": 4, "log_every": 1}), tmp_path / "ones", toy_stream, Writers(single))
    assert [step for step, _ in notes.lines] == [2, 4]
    for line, (step, values) in enumerate(notes.lines):
        pair = [single.lines[2 * line + k][1] for k in range(2)]
        for name in ("loss", "matched", "gradient"):  # every toy batch has equally many pairs
            assert values[name] == pytest.approx(np.mean([each[name] for each in pair]), rel=1e-5), (step, name)
    assert len((tmp_path / "metrics.jsonl").read_text().splitlines()) == 2


def test_a_second_sigterm_does_not_spoil_the_save():
    """Launchers often signal both a group and its leader."""
    with Interruption() as interruption:
        assert not interruption.reached(0)
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
        assert interruption.reached(1)
        assert interruption.signal == signal.SIGTERM


def test_a_second_ctrl_c_leaves_at_once():
    def twice():
        with Interruption() as interruption:
            os.kill(os.getpid(), signal.SIGINT)
            assert interruption.reached(1)
            os.kill(os.getpid(), signal.SIGINT)
            jnp.zeros(1).block_until_ready()

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        twice()
    assert signal.getsignal(signal.SIGINT) is before, "the earlier handler is back"
