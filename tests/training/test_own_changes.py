"""Changes of one's own, named in the config: drawn with the batch, rendered with it, and refused by name."""

import sys
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from divas_jax.clip import Rung
from divas_jax.config import AugmentConfig, Config, DataConfig, ModelConfig, ViewConfig
from divas_jax.data.draws import ResidentDraw
from divas_jax.data.resident import keep_clips
from divas_jax.data.stream import training_stream
from divas_jax.errors import UserError
from divas_jax.talkers import TalkerSource
from divas_jax.training.mesh import device_mesh, to_devices
from divas_jax.training.rendering import rendered, to_every_device

NOTHING = AugmentConfig(**{name: 0.0 for name in vars(AugmentConfig())})


@dataclass(frozen=True)
class Dimmed:
    least: float

    def draw(self, rng):
        return [rng.uniform(self.least, 1)]

    def render(self, pictures, numbers):
        return pictures * numbers[0]


@dataclass(frozen=True)
class Hummed:
    hertz: float

    def draw(self, rng):
        return rng.uniform(0.1, 0.5, 2)

    def render(self, samples, numbers, sample_rate):
        return samples + numbers[0] * jnp.sin(2 * jnp.pi * self.hertz * jnp.arange(len(samples)) / sample_rate)


DIMMED, HUMMED = Dimmed(0.3), Hummed(50.0)
OWN = {"picture_changes": (f"{__name__}:DIMMED",), "sound_changes": (f"{__name__}:HUMMED",)}


@pytest.fixture(scope="module")
def source():
    talkers = TalkerSource(2, "train", rates=(Fraction(25),), sample_rates=(16_000,), duration=Fraction(2))
    return [talkers[0], talkers[1]]


def config_of(**own):
    data = DataConfig(rungs=((6, 75),), segments=8, windows=3, augment=NOTHING, **own)
    return Config(model=ModelConfig(size=48), view=ViewConfig(crop=0.5), data=data)


def first_batch(source, config, kept=None):
    draws = None if kept is None else partial(ResidentDraw, kept, config.model, config.data)
    with training_stream(source, config, draws=draws) as stream:
        batch = next(stream)
    mesh = device_mesh()
    clips = None if kept is None else to_every_device(mesh, kept)
    render = jax.jit(rendered, static_argnums=(2, 3, 4))
    rung = Rung(*config.data.rungs[batch.rung])
    made = render(to_devices(mesh, batch.segments), clips, config.model, config.data, rung)
    return batch.segments, jax.tree.map(np.asarray, made)


def test_they_are_drawn_and_rendered(source):
    _, plain = first_batch(source, config_of())
    drawn, own = first_batch(source, config_of(**OWN))
    (dim,), (hum,) = drawn.draw.picture_changes, drawn.draw.sound_changes
    assert len(set(dim[:, 0].tolist())) == 8
    expected = np.round(plain.pictures.frames * dim[:, :1, None, None, None])
    assert np.abs(own.pictures.frames - expected).max() <= 1
    added = own.sounds.samples - plain.sounds.samples
    for row, count in enumerate(drawn.draw.sounds.count):
        wave = hum[row, 0] * np.sin(2 * np.pi * 50 * np.arange(count) / 16_000)
        np.testing.assert_allclose(added[row, :count], wave, atol=2e-3)
        assert not own.sounds.samples[row, count:].any()


def test_clips_that_are_kept_are_changed_alike(source):
    config = config_of(**OWN)
    _, streamed = first_batch(source, config)
    kept = keep_clips(source, config)
    _, resident = first_batch(kept, config, kept)
    assert all(map(np.array_equal, jax.tree.leaves(streamed), jax.tree.leaves(resident)))


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("no_such_module:X", "cannot be imported"),
        (f"{__name__}:MISSING", "cannot be imported"),
        ("", "cannot be imported"),
        (f"{__name__}:Dimmed", "no object with draw and render"),
        ("math:pi", "no object with draw and render"),
    ],
)
def test_what_is_no_change_is_named(source, name, why):
    assert __name__ in sys.modules
    with pytest.raises(UserError, match=f"data.picture_changes names {name}.*{why}"):
        training_stream(source, replace(config_of(), data=replace(config_of().data, picture_changes=(name,))))
