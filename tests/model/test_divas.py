"""What the encoders must not see (padding, neighbours, rates) and what they must (time)."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from made_segments import TINY, pictures, sounds

from divas_jax.clip import stack_rows
from divas_jax.model import divas
from divas_jax.model.parameters import embed_pictures, embed_sounds, initial_parameters

PARAMETERS = initial_parameters(TINY, jax.random.key(0))
BASE = replace(TINY, time_aware=False)


_see = jax.jit(embed_pictures, static_argnums=(0, 3))
_hear = jax.jit(embed_sounds, static_argnums=(0, 3))


def see(batch, length, config=TINY):
    return np.asarray(_see(config, PARAMETERS, batch, length))


def hear(batch, length, config=TINY):
    return np.asarray(_hear(config, PARAMETERS, batch, length))


def every(batch, index):
    """The same segment with only the frames at `index`, windows starting at the first."""
    return batch._replace(
        frames=batch.frames[:, index],
        times=batch.times[:, index],
        frame_mask=batch.frame_mask[:, index],
        length=np.asarray([len(index)], np.int32),
    )


def on_device(batch):
    return jax.tree.map(jnp.asarray, batch)


# Time


def test_equal_time_gives_equal_code_at_25_and_50_frames_a_second_and_at_variable_rate():
    """The same pictures at the same times embed alike, whatever the rate says about the frames between them."""
    fast = pictures(np.arange(10) / 50, [0], 10)
    shown = [0, 2, 4, 6, 8]
    thinned = fast._replace(frame_mask=np.isin(np.arange(10), shown)[None])
    slow = every(fast, shown)
    np.testing.assert_allclose(see(slow, 5), see(thinned, 10), atol=1e-6)

    irregular = [0, 2, 3, 8]
    variable = every(fast, irregular)
    thinned = fast._replace(frame_mask=np.isin(np.arange(10), irregular)[None])
    np.testing.assert_allclose(see(variable, 4), see(thinned, 10), atol=1e-6)
    counted = np.abs(see(variable, 4, BASE) - see(thinned, 10, BASE)).max()
    assert counted > 1e-3, "base counts frames: a gap in time must show there"


def test_rate_is_heard_only_with_time_aware_positions():
    at_25, at_50 = pictures(np.arange(5) / 25, [0], 5), pictures(np.arange(5) / 50, [0], 5)
    assert np.abs(see(at_25, 5) - see(at_50, 5)).max() > 1e-3
    np.testing.assert_array_equal(see(at_25, 5, BASE), see(at_50, 5, BASE))

    at_16k, at_48k = sounds(3200, 16000, [0], 25), sounds(3200, 48000, [0], 25)
    assert np.abs(hear(at_16k, 25) - hear(at_48k, 25)).max() > 1e-3
    np.testing.assert_array_equal(hear(at_16k, 25, BASE), hear(at_48k, 25, BASE))


@pytest.fixture
def positions(monkeypatch):
    """What the model passes to the two encodings of time, by name."""
    seen = {}
    for name in ("frame_positions", "sound_positions"):
        real = getattr(divas, name)

        def spy(position, dim, name=name, real=real):
            seen[name] = np.asarray(position)
            return real(position, dim)

        monkeypatch.setattr(divas, name, spy)
    first = staticmethod(lambda encoder, tokens, mask: tokens.reshape(*tokens.shape[:2], -1, TINY.dim)[:, :, 0])
    monkeypatch.setattr(divas.Divas, "_encode", first)  # the layers have nothing to say here
    return seen


def test_positions_are_100_times_the_seconds_since_the_window_started(positions):
    embed_pictures(TINY, PARAMETERS, on_device(pictures(np.arange(15) / 50, [0, 5], 10)), 10)
    np.testing.assert_allclose(positions["frame_positions"], [[np.arange(10) * 2.0] * 2], atol=2e-5)

    at_16k = sounds(4000, 16000, [0, 100], 25)
    at_16k = at_16k._replace(lead=np.array([[0.0, 1e-5]], np.float32))
    embed_sounds(TINY, PARAMETERS, on_device(at_16k), 25)
    heard = positions["sound_positions"]
    np.testing.assert_allclose(heard[0, 0], np.arange(25) * 0.8, atol=2e-6)
    np.testing.assert_allclose(heard[0, 1], np.arange(25) * 0.8 + 1e-3, atol=2e-6)

    embed_sounds(TINY, PARAMETERS, on_device(sounds(9600, 48000, [0], 75)), 75)
    np.testing.assert_allclose(positions["sound_positions"][0, 0, ::3], heard[0, 0], atol=2e-6)


def test_base_counts_frames_and_patches(positions):
    embed_pictures(BASE, PARAMETERS, on_device(pictures(np.arange(9) / 50, [0, 4], 5)), 5)
    embed_sounds(BASE, PARAMETERS, on_device(sounds(4000, 16000, [0, 100], 25)), 25)
    np.testing.assert_array_equal(positions["frame_positions"], [[np.arange(5)] * 2])
    np.testing.assert_array_equal(positions["sound_positions"], [[np.arange(25)] * 2])


@pytest.mark.parametrize("first", [0.0, 1.0, 1.1, 7.3, 33.7])
def test_frames_shown_a_window_later_are_masked(first):
    """A dropped frame at 30 frames/s puts the sixth at exactly 0.2 s: it is outside, wherever the segment began."""
    times = first + np.array([0, 1, 2, 4, 5, 6]) / 30
    dropped = pictures(times, [0], 6)
    changed = dropped._replace(frames=np.concatenate([dropped.frames[:, :5], 255 - dropped.frames[:, 5:]], 1))
    np.testing.assert_array_equal(see(dropped, 6), see(changed, 6))

    inside = pictures(first + np.arange(6) / 30, [0], 6)
    changed = inside._replace(frames=np.concatenate([inside.frames[:, :5], 255 - inside.frames[:, 5:]], 1))
    assert np.abs(see(inside, 6) - see(changed, 6)).max() > 1e-3


# Padding


def poisoned_pictures(batch, *, before, frames, windows):
    """The same windows in a longer row: white frames and NaN times around it, a masked window at a wild place."""
    row = jax.tree.map(lambda leaf: leaf[0], batch)
    count = len(row.frames)
    image = np.full((frames, *row.frames.shape[1:]), 255, np.uint8)
    image[before : before + count] = row.frames
    times = np.full(frames, np.nan, np.float32)
    times[before : before + count] = row.times
    there = np.zeros(frames, bool)
    there[before : before + count] = True
    start = np.full(windows, 10_000, np.int32)
    start[: len(row.start)] = row.start + before
    mask = np.arange(windows) < len(row.start)
    return jax.tree.map(lambda leaf: leaf[None], type(row)(image, times, there, start, row.length, mask))


@pytest.mark.parametrize(("rung", "before", "frames"), [(5, 3, 20), (12, 0, 31)])
def test_padded_frames_change_nothing(rung, before, frames):
    batch = pictures(np.arange(8) / 25, [0, 1, 3], 5)
    poisoned = see(poisoned_pictures(batch, before=before, frames=frames, windows=7), rung)
    np.testing.assert_allclose(poisoned[:, :3], see(batch, 5), atol=1e-5)
    assert np.isfinite(poisoned).all(), "masked windows stay finite"


@pytest.mark.parametrize(("rung", "padding", "poison"), [(25, 5000, np.nan), (75, 0, 1e30), (75, 12_345, np.inf)])
def test_padded_samples_change_nothing(rung, padding, poison):
    batch = sounds(3200 + 640, 16000, [0, 17, 640], 25)
    samples = np.concatenate([batch.samples, np.full((1, padding), poison, np.float32)], 1)
    wild = np.array([[0, 17, 640, 9_999_999, -5]], np.int32)
    lead = np.array([[0, 0, 0, poison, poison]], np.float32)
    mask = np.array([[True] * 3 + [False] * 2])
    poisoned = hear(batch._replace(samples=samples, start=wild, lead=lead, window_mask=mask), rung)
    np.testing.assert_allclose(poisoned[:, :3], hear(batch, 25), atol=1e-5)
    assert np.isfinite(poisoned).all(), "masked windows stay finite"


def test_gradient_is_finite_and_the_same_under_poisoned_padding():
    picture, sound = pictures(np.arange(8) / 25, [0, 3], 5), sounds(4000, 16000, [0, 700], 25)
    poisoned_sound = sound._replace(samples=np.concatenate([sound.samples, np.full((1, 900), np.nan, np.float32)], 1))

    def loss(parameters, pictures, sounds, frames, patches):
        seen = embed_pictures(TINY, parameters, pictures, frames)[:, :2]
        return ((seen - embed_sounds(TINY, parameters, sounds, patches)) ** 2).mean()

    grad = jax.jit(jax.grad(loss), static_argnums=(3, 4))
    clean = grad(PARAMETERS, picture, sound, 5, 25)
    dirty = grad(PARAMETERS, poisoned_pictures(picture, before=2, frames=19, windows=4), poisoned_sound, 6, 75)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(b, a, atol=1e-5), clean, dirty)


def test_a_patch_that_is_not_wholly_inside_the_window_is_masked():
    """22.05 kHz: 34 whole patches in 0.2 s, 58 samples left over; the rung has room for 75."""
    batch = sounds(9600, 22050, [0], 34)
    later = batch._replace(samples=batch.samples * (np.arange(9600) < 34 * 128))
    np.testing.assert_array_equal(hear(batch, 75), hear(later, 75))
    sooner = batch._replace(samples=batch.samples * (np.arange(9600) < 34 * 128 - 1))
    assert np.abs(hear(batch, 75) - hear(sooner, 75)).max() > 1e-6


# Windows


def test_a_window_of_a_long_segment_equals_the_same_window_alone():
    """A frame is projected once and gathered: windows must not see their neighbours."""
    times = np.arange(40) / 30
    long = pictures(times, [0, 7, 8, 34], 6)
    embedded = see(long, 6)
    for window, start in enumerate([0, 7, 8, 34]):
        alone = every(long, range(start, start + 6))._replace(start=np.zeros((1, 1), np.int32))
        alone = alone._replace(times=alone.times - alone.times[:, :1], window_mask=np.ones((1, 1), bool))
        np.testing.assert_allclose(embedded[:, window], see(alone, 6)[:, 0], atol=1e-5)

    long = sounds(20_000, 16000, [0, 533, 1067, 16_800], 25)
    embedded = hear(long, 25)
    for window, start in enumerate([0, 533, 1067, 16_800]):
        samples = long.samples[:, start : start + 3200]
        alone = sounds(3200, 16000, [0], 25)._replace(samples=samples)
        np.testing.assert_allclose(embedded[:, window], hear(alone, 25)[:, 0], atol=1e-5)


def test_rows_of_other_rates_share_a_batch():
    """Each row keeps its own rate, length and windows."""
    at_25, at_50 = pictures(np.arange(12) / 25, [0, 3], 5), pictures(np.arange(12) / 50, [1, 2], 10, seed=1)
    both = stack_rows([jax.tree.map(lambda leaf: leaf[0], row) for row in (at_25, at_50)])
    np.testing.assert_allclose(see(both, 10), np.concatenate([see(at_25, 5), see(at_50, 10)]), atol=1e-5)

    at_16k, at_48k = sounds(12_000, 16000, [0, 640], 25), sounds(12_000, 48000, [0, 1920], 75, seed=1)
    both = stack_rows([jax.tree.map(lambda leaf: leaf[0], row) for row in (at_16k, at_48k)])
    np.testing.assert_allclose(hear(both, 75), np.concatenate([hear(at_16k, 25), hear(at_48k, 75)]), atol=1e-5)


def test_order_of_frames_and_of_patches_matters():
    batch = pictures(np.arange(5) / 25, [0], 5)
    assert np.abs(see(batch, 5) - see(batch._replace(frames=batch.frames[:, ::-1]), 5)).max() > 1e-3
    heard = sounds(3200, 16000, [0], 25)
    turned = heard._replace(samples=heard.samples.reshape(1, 25, 128)[:, ::-1].reshape(1, -1))
    assert np.abs(hear(heard, 25) - hear(turned, 25)).max() > 1e-3


# Arithmetic


def test_bfloat16_is_close_to_float32():
    half = replace(TINY, dtype="bfloat16")
    picture, sound = pictures(np.arange(8) / 25, [0, 1, 3], 5), sounds(4000, 16000, [0, 17, 640], 25)
    for embed, batch, length in ((see, picture, 5), (hear, sound, 25)):
        full, rounded = embed(batch, length), embed(batch, length, half)
        assert rounded.dtype == np.float32
        error = np.linalg.norm(rounded - full, axis=-1) / np.linalg.norm(full, axis=-1)
        assert 0 < error.max() < 0.02


def primitives(jaxpr) -> set[str]:
    """Names of all primitives, in nested jaxprs too."""
    found = set()
    for equation in jaxpr.eqns:
        found.add(equation.primitive.name)
        for value in jax.tree.leaves(equation.params, is_leaf=lambda leaf: hasattr(leaf, "eqns")):
            inner = getattr(value, "jaxpr", value)
            if hasattr(inner, "eqns"):
                found |= primitives(inner)
    return found


def test_no_convolution_anywhere():
    picture, sound = pictures(np.arange(8) / 25, [0, 1, 3], 5), sounds(4000, 16000, [0, 17, 640], 25)
    seen = primitives(jax.make_jaxpr(embed_pictures, static_argnums=(0, 3))(TINY, PARAMETERS, picture, 5).jaxpr)
    heard = primitives(jax.make_jaxpr(embed_sounds, static_argnums=(0, 3))(TINY, PARAMETERS, sound, 25).jaxpr)
    assert {"dot_general", "tanh"} <= seen & heard, "the walk must reach the layers"
    assert not [name for name in seen | heard if "conv" in name and name != "convert_element_type"]

    hidden = jax.make_jaxpr(jax.jit(lambda a: jnp.convolve(a, a)))(jnp.ones(4)).jaxpr
    assert "conv_general_dilated" in primitives(hidden), "the walk must find a convolution where there is one"
