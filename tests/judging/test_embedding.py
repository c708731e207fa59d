from dataclasses import replace
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from time_telling import every_rate, small_config, time_clip

from divas_jax.clip import Rung, stack_rows
from divas_jax.data.view import seen
from divas_jax.data.windows import loudness_gain, picture_row, sound_row
from divas_jax.judging import embedding
from divas_jax.judging.embedding import Embedder
from divas_jax.judging.judge import judge_embeddings, offsets_of
from divas_jax.judging.sound_grid import shared_sounds, sound_grid
from divas_jax.model.parameters import embed_pictures, embed_sounds, initial_parameters
from divas_jax.rates import WINDOW_SECONDS
from divas_jax.sync.offsets import read_offsets

RUNG = Rung(6, 75)


@pytest.fixture
def encoder_runs(monkeypatch):
    """How many real windows went through each encoder, and in how many calls."""
    counts = {"_pictures": [], "_sounds": []}

    def counting(runs, real):
        def counted(config, length, parameters, batch):
            runs.append(int(batch.window_mask.sum()))
            return real(config, length, parameters, batch)

        return counted

    for name, runs in counts.items():
        monkeypatch.setattr(embedding, name, counting(runs, getattr(embedding, name)))
    return counts


def test_one_pass_equals_a_double_loop_over_windows_and_offsets(random_model):
    clip, reach = time_clip(Fraction(30000, 1001), Fraction(1), 44100, noise=1), 4
    config, parameters = random_model.config, random_model.parameters
    gain = loudness_gain(clip.samples)
    frames = seen(clip.frames, config.view, 48)
    pictures = jax.jit(lambda batch: embed_pictures(config.model, parameters, batch, RUNG.frames))
    sounds = jax.jit(lambda batch: embed_sounds(config.model, parameters, batch, RUNG.patches))
    windows = len(clip.frames) - 5
    distances = np.full((windows, 2 * reach + 1), np.nan)
    for window in range(windows):
        row = picture_row(
            clip,
            frames[window : window + 6],
            window,
            [window],
            window=WINDOW_SECONDS,
            frames_padded=6,
            windows_padded=1,
        )
        picture = pictures(stack_rows([row]))[0, 0]
        for index, offset in enumerate(range(reach, -reach - 1, -1)):
            time = clip.frame_time(window) - offset / clip.fps  # a sound that is early is met before its picture
            row = sound_row(clip, [time], window=WINDOW_SECONDS, samples_padded=9600, windows_padded=1, gain=gain)
            if row.window_mask.any():
                distances[window, index] = np.linalg.norm(picture - sounds(stack_rows([row]))[0, 0])
    known = np.isfinite(distances)
    assert not known.all()
    expected = read_offsets(jnp.asarray(np.where(known, distances, 0.0), jnp.float32), jnp.asarray(known))
    found = offsets_of(random_model.embed([clip], reach), reach, np.zeros((1, 1), np.int32))
    np.testing.assert_allclose(found.curve[0, 0], expected.curve, atol=5e-5)
    assert found.windows[0, 0] == expected.windows >= 4
    assert found.steps[0, 0] == expected.steps
    assert found.confidence[0, 0] == pytest.approx(float(expected.confidence), abs=5e-5)


@pytest.mark.parametrize(("fps", "seconds", "spacing"), [(25, 2, 1), (25, 3, 2), (60, 2, 4), (24, 3, 2)])
def test_fewer_windows_are_every_second_or_fourth_of_all(random_model, fps, seconds, spacing):
    """Far fewer than a scene has never remain, and none is further from the next than a twelfth of a second."""
    clip = time_clip(Fraction(fps), Fraction(seconds), 16000, noise=1)
    (every,), (fewer,) = (random_model.embed([clip], 3, fewer=few) for few in (False, True))
    assert (every.spacing, fewer.spacing) == (1, spacing)
    np.testing.assert_allclose(fewer.pictures, every.pictures[::spacing], atol=1e-5)
    np.testing.assert_array_equal(fewer.aligned, every.aligned[::spacing])
    assert len(fewer.sounds) == len(every.sounds)
    whole, less = (judge_embeddings(clip, each, 3).windows for each in (every, fewer))
    assert abs(whole - less) <= spacing  # those between count too


def test_each_window_runs_once_whatever_the_offsets(small_parameters, encoder_runs):
    clip, reach = time_clip(Fraction(25), Fraction(2), noise=2), 15
    embedded = Embedder(small_config(segments=1), small_parameters).embed([clip], 2 * reach)
    windows = 50 - 5 + 1
    assert sum(encoder_runs["_pictures"]) == windows
    assert sum(encoder_runs["_sounds"]) == windows  # the sound is as long as the picture
    offsets_of(embedded, reach, np.arange(-15, 16)[None])
    assert len(encoder_runs["_pictures"]) == len(encoder_runs["_sounds"]) == -(-windows // 16)


def test_compilations_are_bounded_by_rungs():
    config = small_config(dim=18)  # no other test compiles this one
    model = Embedder(config, initial_parameters(config.model, jax.random.key(0)))
    compiled = []

    def listen(event, duration, fun_name="", **_):
        if event.endswith("backend_compile_duration"):
            compiled.append(fun_name)

    jax.monitoring.register_event_duration_secs_listener(listen)
    try:
        for clip in every_rate(Fraction(1), noise=0):
            model.embed([clip], 15)
        rungs = len(model.rungs)
        assert rungs == len(config.data.rungs) == 2
        for name in ("_pictures", "_sounds"):
            assert 0 < sum(name in one for one in compiled) <= rungs
        before = len(compiled)
        model.embed(every_rate(Fraction(2), noise=5), 15)
        assert len(compiled) == before
    finally:
        jax.monitoring.unregister_event_duration_listener(listen)


@pytest.mark.parametrize("clip", every_rate(noise=0), ids=lambda clip: clip.name)
@pytest.mark.parametrize("late", [Fraction(0), Fraction(-1, 7), Fraction(1, 96000), Fraction(1, 3)])
@pytest.mark.parametrize("fineness", [1, 8])
def test_the_sound_grid_holds_every_real_window_and_no_other(clip, late, fineness):
    clip, wide = clip.shifted(-late), 10**4
    found = sound_grid(clip, WINDOW_SECONDS, wide, fineness)
    assert sound_grid(clip, WINDOW_SECONDS, 2, fineness).times == [
        time
        for time in found.times
        if -2 / clip.fps
        <= time - clip.frame_time(0)
        <= found.step * (max(found.aligned) - found.aligned[0]) + 2 / clip.fps
    ]
    around = [found.times[0] - found.step, *found.times, found.times[-1] + found.step]
    rows = sound_row(clip, around, window=WINDOW_SECONDS, samples_padded=1 << 20, windows_padded=len(around), gain=1.0)
    assert rows.window_mask.tolist() == [False, *[True] * len(found.times), False]


def test_faces_of_one_scene_share_their_sound(random_model):
    """Parts of one clip, as tracks of one scene are: sounds are embedded once, and all comes out as one by one."""
    clip = time_clip(Fraction(25), Fraction(4), 16000, noise=1)
    parts = [replace(clip.frames_between(*span), name=str(span)) for span in ((10, 60), (30, 100), (0, 40))]
    parts = [replace(part, fps=clip.fps) for part in parts]
    grids = [sound_grid(part, WINDOW_SECONDS, 15, 1) for part in parts]
    (joined,) = shared_sounds(parts, grids)
    assert len(joined.times) < sum(len(grid.times) for grid in grids)
    for index, grid in enumerate(grids):
        first = joined.first[index]
        assert list(joined.times[first : first + len(grid.times)]) == list(grid.times)
    together = random_model.embed(parts, 15)
    for part, found in zip(parts, together, strict=True):
        (alone,) = random_model.embed([part], 15)
        np.testing.assert_array_equal(found.sound_mask, alone.sound_mask)
        np.testing.assert_allclose(found.sounds, alone.sounds, atol=1e-5)
        np.testing.assert_allclose(found.pictures, alone.pictures, atol=1e-5)
        np.testing.assert_array_equal(found.aligned, alone.aligned)
    other = replace(parts[1], samples=clip.samples.copy())
    assert len(shared_sounds([parts[0], other], grids[:2])) == 2
