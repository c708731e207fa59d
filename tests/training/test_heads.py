"""What encoders learn to say beside the objective: the right rows, the right loss, the same after a restart."""

import signal
from dataclasses import replace
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from test_loop import assert_bitwise
from test_resident import NOTHING, first_batches, realised

from divas_jax import running
from divas_jax.clip import Rung
from divas_jax.config import Config, DataConfig, ModelConfig, TargetsConfig, ViewConfig
from divas_jax.data.clip_record import LipShapes
from divas_jax.data.mel import HOP, log_mel
from divas_jax.data.resident import keep_clips
from divas_jax.errors import UserError
from divas_jax.talkers import TalkerSource
from divas_jax.training import loop
from divas_jax.training.heads import LIP_TIMES, heard_rows, initial_heads, lip_times, target_losses, targets_of
from divas_jax.training.mesh import device_mesh, to_devices
from divas_jax.training.rendering import to_every_device
from divas_jax.training.start import Start
from divas_jax.training.writers import Writers

NUMBERS = 3
RATES = (Fraction(25), Fraction(60000, 1001))


@pytest.fixture(scope="module")
def source():
    """Talkers whose "lips" say which frame of which clip they are of, and whether it is mirrored; one has none."""
    talkers = TalkerSource(5, "train", rates=RATES, sample_rates=(16_000, 44_100), duration=Fraction(2))
    records = []
    for index in range(5):
        frame = np.arange(talkers[index].n_frames)
        plain = np.stack([np.full_like(frame, index + 1), frame % 100, 0 * frame], -1)
        shapes = np.stack([plain, plain + np.array([0, 0, 1])], 1).astype(np.int8)
        seen = frame != 7
        records.append(replace(talkers[index], lips=LipShapes(shapes, seen) if index != 3 else None))
    return records


def config_of(augment=NOTHING, objective=None, **targets):
    settings = {"rungs": ((5, 75), (12, 75)), "segments": 8, "windows": 4, "spacing": 2, "augment": augment}
    targets = {"lips": 1.0, "mel": 0.5, "lip_weights": (1.0, 1.0, 2.0)} | targets
    config = Config(
        model=ModelConfig(dim=24, layers=1, heads=3, mlp=32, size=32, patch=16),
        view=ViewConfig(crop=0.5),
        data=DataConfig(**settings, resident=True),
        targets=TargetsConfig(**targets),
    )
    return replace(config, objective=replace(config.objective, name="offset_curve", **(objective or {})))


def test_each_window_is_told_its_own_lips_and_sound(source):
    config = config_of(replace(NOTHING, flip=0.5, halve_rate=0.5))
    kept = keep_clips(source, config)
    arrays, mesh, compared, flips = to_every_device(device_mesh(), kept), device_mesh(), 0, set()
    for batch in first_batches(kept, config, 4, kept):
        draws, rows = batch.segments, realised(kept, config, batch)
        true = targets_of(config.model, arrays.targets, to_devices(mesh, draws), rows)
        true = jax.tree.map(np.asarray, true)
        for row in range(8):
            first, flip = int(draws.pictures.first[row]), bool(draws.pictures.flip[row])
            clip = max(i for i, place in enumerate(kept.clips) if place.frame <= first)
            record, place = kept.records[clip], kept.clips[clip]
            flips.add(flip)
            for window in np.flatnonzero(rows.pictures.window_mask[row]):
                if record.lips is None:
                    assert not true.lips_known[row, window]
                    continue
                start, length = rows.pictures.start[row, window], int(rows.pictures.length[row])
                steps = np.round(np.linspace(0, 1, LIP_TIMES) * (length - 1)).astype(int)
                frames = first - place.frame + draws.pictures.stride[row] * (start + steps)
                lips = record.lips.shapes[frames, int(flip)] - kept.targets.lips_mean
                lips = lips / kept.targets.lips_spread
                assert np.allclose(true.lips[row, window].reshape(LIP_TIMES, NUMBERS), lips, atol=1e-5)
                assert true.lips_known[row, window] == (7 not in frames)
                sample = draws.sounds.first[row] + rows.sounds.start[row, window] - place.sample
                heard = place.mel + np.round(sample / (HOP * record.sample_rate)) + np.asarray(heard_rows(config.model))
                mel = true.mel[row, window].reshape(len(heard_rows(config.model)), -1)
                near = [kept.targets.mels[heard.astype(int) + move] for move in (-1, 0, 1)]
                assert min(np.abs(mel - each).max() for each in near) < 1e-5  # a row is 10 ms: rounding may differ
                compared += 1
    assert compared > 40
    assert flips == {False, True}


def test_the_loss_is_the_weighted_square_where_it_is_known(source):
    config = config_of()
    kept = keep_clips(source, config)
    batch = first_batches(kept, config, 1, kept)[0]
    rows = jax.tree.map(jnp.asarray, realised(kept, config, batch))
    true = targets_of(config.model, to_every_device(device_mesh(), kept).targets, batch.segments, rows)
    heads = initial_heads(config.model, config.targets, jax.random.key(1))
    rng = np.random.default_rng(0)
    pictures, sounds = rng.normal(size=(2, 8, 4, 24)).astype(np.float32)
    loss, target_errors = target_losses(config.targets, heads, jnp.asarray(pictures), jnp.asarray(sounds), true)
    weights = np.tile([1, 1, 2], LIP_TIMES) * 3 / 4
    errors = {
        "lips": (weights * (pictures @ heads["lips"]["kernel"] - true.lips) ** 2).mean(-1)[true.lips_known],
        "mel": ((sounds @ heads["mel"]["kernel"] - true.mel) ** 2).mean(-1)[true.mel_known],
    }
    errors = {name: np.asarray(error) for name, error in errors.items()}
    assert float(loss) == pytest.approx(errors["lips"].mean() + 0.5 * errors["mel"].mean(), rel=1e-4)
    for name, error in errors.items():
        assert float(target_errors[name].error) == pytest.approx(error.sum(), rel=1e-4)
        assert target_errors[name].windows == len(error)


def test_lips_alone_are_learnt_and_a_stopped_run_goes_on_bit_for_bit(source, tmp_path):
    config = config_of(objective={"weight": 0.0}, lip_weights=(1.0, 0.0, 0.0))
    config = replace(config, data=replace(config.data, rungs=((12, 75),)))  # one step to compile, not two
    config = replace(config, optim=replace(config.optim, name="muon", lr=1e-2, ema=0.9))
    config = replace(config, train=replace(config.train, steps=30, whiten=True, log_every=10))
    kept = keep_clips(source, config)

    def stream(step, stop=None):
        for number, batch in enumerate(running.batches(config, kept, step), step):
            if number == stop:
                signal.raise_signal(signal.SIGTERM)
            yield batch

    lines = []
    writers = Writers()
    writers.write = lambda step, values: lines.append(values)
    straight = loop.train(config, tmp_path / "straight", stream, writers, clips=kept)
    assert lines[-1]["loss"] < lines[0]["loss"]
    assert lines[-1]["mel_explained"] > lines[0]["mel_explained"]
    assert {"lips_explained", "mel_explained"} <= set(lines[0])
    loop.train(config, tmp_path / "twice", lambda step: stream(step, 12), Writers(), clips=kept)
    again = loop.train(config, tmp_path / "twice", stream, Writers(), clips=kept)
    assert again.interrupted is None
    assert_bitwise(straight.state, again.state)


def test_the_next_run_takes_the_heads_over_and_scales_them(source, tmp_path):
    """A median distance of 1 to begin with, and the heads say what they said."""
    first = config_of(objective={"weight": 0.0})
    kept = keep_clips(source, first)
    done = loop.train(
        replace(first, train=replace(first.train, steps=1)),
        tmp_path / "first",
        lambda step: running.batches(first, kept, step),
        Writers(),
        clips=kept,
    )
    start = running.read_start(str(tmp_path / "first"))
    assert_bitwise(start.heads, done.state.heads)
    config = config_of()
    config = replace(config, train=replace(config.train, start_distance=1.0))
    mesh, arrays = device_mesh(), to_every_device(device_mesh(), kept)
    stream = lambda step: running.batches(config, kept, step)  # noqa: E731
    state = loop.first_state(config, start, stream, mesh, arrays)
    factor = np.asarray(state.parameters["sound"]["common"]["kernel"] / start.parameters["sound"]["common"]["kernel"])
    assert np.allclose(factor, factor.flat[0], rtol=1e-5)
    assert np.allclose(state.heads["mel"]["kernel"] * factor.flat[0], start.heads["mel"]["kernel"], rtol=1e-4)
    other = loop.first_state(config_of(lips=0.0), Start(start.parameters, start.heads), stream, mesh, arrays)
    assert set(other.heads) == {"mel"}
    one = {"mel": start.heads["mel"]}  # of a run that learnt one of two targets: that one goes on, the other is fresh
    both = loop.first_state(config_of(), Start(start.parameters, one), stream, mesh, arrays)
    assert_bitwise(both.heads["mel"], start.heads["mel"])
    assert set(both.heads) == {"lips", "mel"}


def test_lips_that_nobody_gave_are_asked_for_in_a_sentence(source):
    bare = [replace(record, lips=None) for record in source]
    with pytest.raises(UserError, match="no clip has any"):
        keep_clips(bare, config_of())
    with pytest.raises(UserError, match="lip_weights has 2 numbers, a lips' shape 3"):
        keep_clips(source, config_of(lip_weights=(1.0, 1.0)))
    assert keep_clips(bare, config_of(lips=0.0)).targets.lips.shape[2] == 0
    with pytest.raises(UserError, match=r"targets\.lips needs targets\.lip_weights"):
        TargetsConfig(lips=1.0)


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
def test_a_tone_is_in_its_band_at_its_time(rate):
    time = np.arange(rate) / rate
    tone = np.where((time > 0.3) & (time < 0.6), np.sin(2 * np.pi * 1000 * time), 0)
    rows = log_mel(tone, rate)
    assert rows.shape == (101, 24)
    loud = rows.max(axis=1) > rows.max() - 1
    assert abs(np.flatnonzero(loud)[0] - 30) <= 1
    assert abs(np.flatnonzero(loud)[-1] - 60) <= 1
    mel = lambda hertz: 2595 * np.log10(1 + hertz / 700)  # noqa: E731
    centre = mel(80) + (1 + np.bincount(rows[35:55].argmax(axis=1)).argmax()) * (mel(7600) - mel(80)) / 25
    assert abs(centre - mel(1000)) < (mel(7600) - mel(80)) / 25


def test_rungs_hold_the_rows_of_a_window():
    assert tuple(heard_rows(ModelConfig())) == (1, 3, 5, 7, 9, 11, 13, 15, 17, 19)
    assert Rung(5, 75).fits(Rung(5, 75))


def test_longer_windows_say_as_much_of_each_second():
    for seconds, longer in ((0.2, 1), (0.4, 2), (0.6, 3)):
        model = ModelConfig(seconds=seconds)
        assert (lip_times(model), len(heard_rows(model))) == (5 * longer, 10 * longer)
