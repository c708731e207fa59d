"""Attention finds its frame, its patch and its moment; pictures and films show it there."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image
from time_telling import small_config

from divas_jax.clip import Clip
from divas_jax.config import ViewConfig
from divas_jax.errors import UserError
from divas_jax.evaluation import attention
from divas_jax.evaluation.attention import ClipAttention, attend
from divas_jax.evaluation.attention_figures import SIDE, attention_strip, draw_frame, peak_of
from divas_jax.evaluation.attention_film import attention_film, draw_attention
from divas_jax.judging.embedding import Embedder
from divas_jax.media.decode import decode_clip
from divas_jax.media.encode import encode_clip
from divas_jax.talkers.example import shifted_talker

WHOLE = ViewConfig(full_frame=True)


def clip_of(pts, *, sample_rate=16000, seconds=1.0, base=Fraction(1, 25)) -> Clip:
    """Noise of `seconds`; black frames of 48 × 48 at `pts` units of `base`."""
    steady = set(np.diff(pts)) == {1}
    return Clip(
        frames=np.zeros((len(pts), 48, 48, 3), np.uint8),
        frame_pts=np.asarray(pts, np.int64),
        time_base=base,
        fps=1 / base,
        constant_rate=steady,
        samples=0.01 * np.random.default_rng(0).standard_normal(int(seconds * sample_rate)).astype(np.float32),
        sample_rate=sample_rate,
        name="some/$made_up.mp4",
    )


def look_at_the_bright(config, parameters, batch, length):
    """Attention by brightness, window by window."""
    side = config.size // config.patch
    frames = np.asarray(batch.frames, np.float64).mean(-1)[0] + 1
    light = frames.reshape(len(frames), side, config.patch, side, config.patch).mean((2, 4)).reshape(len(frames), -1)
    found = np.zeros((1, batch.start.shape[1], length, side * side), np.float32)
    for window in np.flatnonzero(batch.window_mask[0]):
        first, count = batch.start[0, window], batch.length[0]
        elapsed = batch.times[0, first : first + count] - batch.times[0, first]
        count = int((elapsed < 0.2 - 1e-4).sum())
        part = light[first : first + count]
        found[0, window, :count] = part / part.sum()
    return found


def listen_to_the_loud(config, parameters, batch, length):
    found = np.zeros((1, batch.start.shape[1], length), np.float32)
    for window in np.flatnonzero(batch.window_mask[0]):
        first, count = batch.start[0, window], int(batch.length[0])
        loud = np.square(batch.samples[0, first : first + count * 128]).reshape(count, 128).sum(1)
        found[0, window, :count] = loud / loud.sum()
    return found


@pytest.fixture
def oracle(monkeypatch):
    """An embedder that looks at what is bright and listens to what is loud."""
    monkeypatch.setattr(attention, "_look", look_at_the_bright)
    monkeypatch.setattr(attention, "_listen", listen_to_the_loud)
    return Embedder(replace(small_config(), view=WHOLE), {})


@pytest.mark.parametrize("sample_rate", [16000, 44100])
@pytest.mark.parametrize("most_bytes", [1, 1 << 28], ids=["one window at a time", "many"])
@pytest.mark.parametrize("pts", [range(50), [0, 1, 2, 3, 4, 5, 7, 8, 11, *range(12, 50)]], ids=["constant", "variable"])
def test_attention_is_where_it_belongs(oracle, monkeypatch, sample_rate, most_bytes, pts):
    monkeypatch.setattr(attention, "MOST_BYTES", most_bytes)
    clip = clip_of(list(pts), sample_rate=sample_rate, seconds=2.0)
    size, side = oracle.config.model.patch, 3
    bright = {3: (0, 1), 21: (1, 0), len(clip.frames) - 1: (1, 1)}
    for frame, (row, column) in bright.items():
        clip.frames[frame, row * size : (row + 1) * size, column * size : (column + 1) * size] = 255
    bang = int(1.01 * sample_rate)
    clip.samples[bang : bang + 20] = 1
    found = attend(oracle, clip)
    assert found.pictures.shape == (len(clip.frames), side, side)
    high = np.argwhere(found.pictures > 2)
    np.testing.assert_array_equal(high, sorted((frame, *place) for frame, place in bright.items()))
    assert len(found.sounds) == -(-len(clip.samples) // 128)
    assert abs(int(np.nanargmax(found.sounds)) - bang // 128) <= (sample_rate == 44100)
    assert not np.isnan(found.sounds[: int(1.9 * sample_rate) // 128]).any()


def test_places_in_no_window_are_told_from_those_without_attention(oracle):
    late = replace(clip_of(list(range(25)), seconds=4.0), sound_start=Fraction(-1))
    found = attend(oracle, late)
    heard = np.flatnonzero(~np.isnan(found.sounds)) * 128 / 16000 - 1
    assert -0.01 <= heard.min() <= 0.01
    assert 0.98 <= heard.max() <= 1.0


def test_even_attention_is_one(random_model):
    """Whatever the model, the mean over windows is that of an even share; padding gets nothing of it."""
    clip = replace(shifted_talker(Fraction(0)), name="talker").frames_between(0, 20)
    found = attend(random_model, clip)
    windows = 20 - 5 + 1
    held = np.minimum(np.minimum(np.arange(20) + 1, np.arange(20, 0, -1)), 5)
    assert held.sum() == 5 * windows
    assert (found.pictures.mean((1, 2)) * held).sum() / held.sum() == pytest.approx(1, abs=1e-4)
    assert np.ptp(found.pictures) > 1e-3
    wide = Embedder(replace(random_model.config, data=replace(random_model.config.data, rungs=((12, 75),))), {})
    wide.parameters = random_model.parameters
    padded = attend(wide, clip)
    np.testing.assert_allclose(padded.pictures, found.pictures, atol=1e-4)
    np.testing.assert_allclose(padded.sounds, found.sounds, atol=1e-4)


@pytest.mark.parametrize("clip", [clip_of(list(range(3))), clip_of(list(range(25)), seconds=0.1)], ids=["3", "quiet"])
def test_a_clip_without_a_window_is_one_sentence(oracle, clip):
    with pytest.raises(UserError, match="holds no window"):
        attend(oracle, clip)


def made_attention(frames, samples, side=3):
    pictures = np.full((frames, side, side), 0.5, np.float32)
    pictures[:, 0, 2] = 9.0
    return ClipAttention(pictures, np.linspace(0, 2, -(-samples // 128), dtype=np.float32))


def test_the_centre_is_the_mass_around_the_highest_patch():
    pictures = np.ones((4, 6, 6), np.float32)
    pictures[1:3, 2, 4], pictures[1:3, 2, 3], pictures[:, 5, 0] = 9.0, 5.0, 3.0
    pictures[3] = np.nan
    across, down = ClipAttention(pictures, np.zeros(1, np.float32)).centre
    assert across == pytest.approx((4.5 * 2 + 3.5 * 1) / 3 / 6)
    assert down == pytest.approx(2.5 / 6)
    assert ClipAttention(np.ones((1, 3, 3), np.float32), np.zeros(1, np.float32)).centre == pytest.approx(
        (1 / 6, 1 / 6)
    )


def test_colours_are_where_the_attention_is_and_nowhere_else():
    clip = clip_of(list(range(25)))
    found = made_attention(25, 16000)
    found.pictures[7] = np.nan
    drawn = draw_frame(clip, found, WHOLE, 3, peak_of(found.pictures)).astype(int)
    assert drawn.shape == (SIDE, SIDE, 3)
    yellow = drawn[..., 1] - drawn[..., 2]
    row, column = np.argwhere(yellow == yellow.max()).mean(0)
    assert (row // (SIDE / 3), column // (SIDE / 3)) == (0, 2)
    assert yellow[SIDE // 2 :].max() < 0.5 * yellow.max()
    unseen = draw_frame(clip, found, WHOLE, 7, 9.0)
    assert (unseen == unseen[..., :1]).all()


@pytest.mark.parametrize(("frames", "samples"), [(5, 4000), (100, 700_000)])
def test_a_strip_shows_frames_of_any_number_and_says_which(frames, samples, tmp_path):
    clip = replace(clip_of(list(range(frames))), samples=np.zeros(samples, np.float32))
    figure = attention_strip(clip, made_attention(frames, samples), WHOLE)
    labels = [axes.get_xlabel() for axes in figure.axes if axes.images]
    expected = {5: [1, 2, 3, 4, 5], 100: [7, 19, 32, 44, 57, 69, 82, 94]}[frames]
    assert labels == [f"{(number - 1) / 25:.2f} s\nframe {number}" for number in expected]
    assert figure.get_suptitle().startswith("$made_up.mp4: where")
    assert f"{len(labels)} of {frames} frames" in figure.get_suptitle()
    figure.savefig(tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.width > 1000


@pytest.mark.parametrize("sample_rate", [16000, 17000])
def test_a_film_has_the_times_and_the_sound_of_its_clip(sample_rate):
    """Also where the sound has a rate that mp4's codec does not know."""
    clip = clip_of([0, 1, 2, 3, 5, 6, 9, 10, 11, 12], sample_rate=sample_rate, seconds=0.6)
    clip.samples[sample_rate // 4 : sample_rate // 4 + 50] = 0.9
    film = decode_clip(attention_film(clip, made_attention(10, len(clip.samples)), WHOLE))
    assert [film.frame_time(i) for i in range(10)] == [clip.frame_time(i) for i in range(10)]
    assert film.frames.shape == (10, SIDE, SIDE, 3)
    assert film.frames[:, 50, 270, 1].mean() - film.frames[:, 50, 270, 2].mean() > 50
    loudest = film.sound_start + Fraction(int(np.abs(film.samples).argmax()), film.sample_rate)
    assert abs(loudest - Fraction(1, 4)) < Fraction(1, 200)


def test_files_are_written_together_or_not_at_all(random_model, tmp_path):
    encode_clip(shifted_talker(Fraction(0)).frames_between(0, 12), tmp_path / "clip.mp4")
    (tmp_path / "bad.mp4").write_text("no media")
    for name in ("bad", "missing"):
        with pytest.raises(UserError, match=name):
            draw_attention(random_model, tmp_path / f"{name}.mp4", tmp_path / "a.png", tmp_path / "a.mp4")
    assert {path.name for path in tmp_path.iterdir()} == {"clip.mp4", "bad.mp4"}
    draw_attention(random_model, tmp_path / "clip.mp4", tmp_path / "a.png", tmp_path / "a.mp4")
    assert {path.name for path in tmp_path.iterdir()} == {"clip.mp4", "bad.mp4", "a.png", "a.mp4"}
