"""Clips kept on the device: rows cut there equal rows that the stream cuts, and augmentation does what it says."""

from dataclasses import replace
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image, ImageFilter

from divas_jax.clip import Rung
from divas_jax.config import AugmentConfig, Config, DataConfig, ModelConfig, ViewConfig
from divas_jax.data.augment import PictureChange, changed_pictures
from divas_jax.data.draws import PictureDraw, ResidentDraw, SoundDraw
from divas_jax.data.resident import keep_clips, resident_side
from divas_jax.data.stream import training_stream
from divas_jax.data.view import Box
from divas_jax.errors import UserError
from divas_jax.media.decode import decode_clip
from divas_jax.talkers import TalkerSource
from divas_jax.training import picture_changes, sound_changes
from divas_jax.training.mesh import device_mesh, to_devices
from divas_jax.training.resident import cut_rows, to_every_device

NOTHING = AugmentConfig(**{name: 0.0 for name in vars(AugmentConfig())})
EVERYTHING = AugmentConfig(blur=0.5, compression=0.5, noise=1.0, music=1.0, flip=0.5)
RATES = (Fraction(25), Fraction(30000, 1001), Fraction(60000, 1001))


@pytest.fixture(scope="module")
def source():
    talkers = TalkerSource(6, "train", rates=RATES, sample_rates=(16_000, 44_100), duration=Fraction(2))
    return [talkers[index] for index in range(6)]


def config_of(augment, **data):
    settings = {"rungs": ((6, 75), (12, 75)), "segments": 8, "windows": 4, "spacing": 2, "augment": augment, **data}
    return Config(model=ModelConfig(size=48), view=ViewConfig(crop=0.5), data=DataConfig(**settings))


def first_batches(source, config, count, kept=None):
    draws = None if kept is None else (lambda rung: ResidentDraw(kept, config, rung))
    with training_stream(source, config, draws=draws) as stream:
        return [next(stream) for _ in range(count)]


def realised(kept, config, batch):
    mesh = device_mesh()
    rung = Rung(*config.data.rungs[batch.rung])
    arrays = to_every_device(mesh, kept)
    rows = jax.jit(cut_rows, static_argnums=(2, 3))(arrays, to_devices(mesh, batch.segments), config, rung)
    return jax.tree.map(np.asarray, rows)


def assert_same_batch(decoded, cut, levels, edge):
    """All exactly, but pictures within so many grey levels inside their edge, and sound as float16 holds it."""
    for name in ("times", "frame_mask", "start", "length", "window_mask"):
        np.testing.assert_array_equal(getattr(decoded.pictures, name), getattr(cut.pictures, name))
    for name in ("start", "length", "lead", "window_mask", "sample_rate"):
        np.testing.assert_array_equal(getattr(decoded.sounds, name), getattr(cut.sounds, name))
    np.testing.assert_array_equal(decoded.voice, cut.voice)
    apart = np.abs(decoded.pictures.frames.astype(int) - cut.pictures.frames)
    apart = apart[..., edge : apart.shape[-3] - edge, edge : apart.shape[-2] - edge, :]
    assert apart.max() <= levels
    assert (apart > 1).mean() < 2e-3
    apart = np.abs(decoded.sounds.samples - cut.sounds.samples)
    assert apart.max() < 2e-3 * np.abs(cut.sounds.samples).max()


@pytest.mark.parametrize(
    ("changes", "levels", "edge"),
    [({}, 0, 0), ({"flip": 0.5, "shift": 0.05, "scale": 0.06, "halve_rate": 0.5}, 2, 2)],
)  # Pillow rounds once more, between rows and columns; and kept pictures end where it still looks two pixels farther
def test_the_same_step_is_the_same_batch_in_both_modes(source, changes, levels, edge):
    config = config_of(replace(NOTHING, **changes))
    kept = keep_clips(source, config)
    both = zip(first_batches(source, config, 4), first_batches(kept, config, 4, kept), strict=True)
    for decoded, drawn in both:
        assert decoded.rung == drawn.rung
        assert_same_batch(decoded.segments, realised(kept, config, drawn), levels, edge)


def test_every_draw_shows_the_frames_and_plays_the_samples_that_it_names(source):
    config = config_of(NOTHING)
    kept = keep_clips(source, config)
    clip = decode_clip(source[0].media)
    place = kept.clips[0]
    shown = kept.frames[place.frame : place.frame + len(clip.frames)]
    assert np.array_equal(shown, clip.frames[:, 40:88, 40:88])
    sound = kept.samples[place.sample : place.sample + len(clip.samples)].astype(np.float32) * place.rms
    assert np.abs(sound - clip.samples).max() < 1e-3
    assert place.clip.frames.strides == (0, 0, 0, 0)


def test_augmented_rows_are_finite_loudness_normalised_and_a_function_of_the_step(source):
    config = config_of(EVERYTHING)
    kept = keep_clips(source, config)
    batches = first_batches(kept, config, 3, kept)
    cuts = [realised(kept, config, batch) for batch in batches]
    for cut in cuts:
        assert cut.pictures.frames.shape[2:] == (48, 48, 3)
        assert cut.pictures.frames.std() > 10
        assert np.isfinite(cut.sounds.samples).all()
        assert 0.2 < np.sqrt((cut.sounds.samples**2).mean()) < 3
        assert not cut.pictures.frames[~cut.pictures.frame_mask].any()
    again = first_batches(kept, config, 3, kept)
    for one, other in zip(batches, again, strict=True):
        assert all(map(np.array_equal, jax.tree.leaves(one.segments), jax.tree.leaves(other.segments)))
    assert not np.array_equal(batches[0].segments.pictures.first, batches[1].segments.pictures.first)


def test_halved_clips_show_every_second_frame():
    talkers = TalkerSource(2, "train", rates=(Fraction(60000, 1001),), sample_rates=(16_000,), duration=Fraction(2))
    source = [talkers[0], talkers[1]]
    config = config_of(replace(NOTHING, halve_rate=1.0))
    kept = keep_clips(source, config)
    strides = set()
    for batch in first_batches(kept, config, 2, kept):
        strides |= set(batch.segments.pictures.stride.tolist())
        cut = realised(kept, config, batch)
        for row in np.flatnonzero(batch.segments.pictures.stride == 2):
            pictures, draw = batch.segments.segments.pictures, batch.segments.pictures
            gaps = np.diff(pictures.times[row][pictures.frame_mask[row]])
            assert np.allclose(gaps, 2 * 1001 / 60000, atol=1e-5)
            second = kept.frames[draw.first[row] + 2]
            margin = (resident_side(config) - 48) // 2
            assert np.array_equal(cut.pictures.frames[row, 1], second[margin : margin + 48, margin : margin + 48])
    assert 2 in strides


def picture_draw(**changes):
    still = {"box": (5.0, 5.0, 48.0), "flip": False, "colour": (1.0, 1.0, 1.0), "blur": 0.0, "quality": 0.0}
    values = {**still, **changes}
    return PictureDraw(
        jnp.int32(0),
        jnp.int32(1),
        *(jnp.asarray(values[name]) for name in ("box", "flip", "colour", "blur", "quality")),
    )


@pytest.fixture(scope="module")
def frames(source):
    return keep_clips(source[:1], config_of(AugmentConfig())).frames[:3]


@pytest.mark.parametrize(
    ("change", "tolerance"),
    [
        ({"box": (5.0, 5.0, 48.0)}, 0.0),
        ({"box": (7.0, 3.0, 48.0), "flip": True}, 0.0),
        ({"box": (3.3, 6.1, 46.2)}, 0.6),
        ({"box": (1.2, 0.4, 53.5)}, 0.6),
        ({"box": (-4.0, 20.0, 50.0)}, 0.6),
        ({"colour": (1.1, 0.85, 1.2)}, 0.7),
        ({"quality": 30.0}, 3.0),
    ],
)
def test_pictures_change_as_the_host_changes_them(frames, change, tolerance):
    draw = picture_draw(**change)
    names = ("brightness", "contrast", "saturation")
    host = PictureChange(
        Box(*np.asarray(draw.box).tolist()),
        flip=bool(draw.flip),
        quality=int(draw.quality),
        **dict(zip(names, np.asarray(draw.colour).tolist(), strict=True)),
    )
    ours = np.asarray(picture_changes.changed(jnp.asarray(frames), draw, 48, AugmentConfig()))
    theirs = changed_pictures(frames, host, 48)
    difference = np.abs(ours.astype(float) - theirs)
    assert difference.mean() <= tolerance
    assert change == {"box": (5.0, 5.0, 48.0)} or np.abs(ours.astype(float) - frames[:, 5:53, 5:53]).mean() > 1.0


def test_blur_is_gaussian(frames):
    ours = np.asarray(picture_changes.changed(jnp.asarray(frames), picture_draw(blur=1.2), 48, AugmentConfig()))
    theirs = np.asarray(Image.fromarray(frames[0, 5:53, 5:53]).filter(ImageFilter.GaussianBlur(1.2)), float)
    assert np.abs(ours[0, 6:-6, 6:-6] - theirs[6:-6, 6:-6]).mean() < 2.0
    assert np.abs(ours[0].astype(float) - frames[0, 5:53, 5:53]).mean() > 1.0


def sound_draw(**changes):
    still = dict.fromkeys(SoundDraw._fields, 0) | {"count": 900, "ceiling": np.inf, "music_count": 1, "pink": False}
    return SoundDraw(*(jnp.asarray(value) for value in (still | changes).values()))


def test_sound_is_mixed_at_its_level_and_scaled_back():
    rng = np.random.default_rng(0)
    kept = jnp.asarray(np.concatenate([rng.standard_normal(1000), np.full(100, 1.0)]), jnp.float16)
    voice = np.asarray(kept[:900], np.float32)
    every = AugmentConfig(noise=1.0, music=1.0)
    plain = np.asarray(sound_changes.changed(kept, sound_draw(), 1000, every))
    assert np.array_equal(plain[:900], voice)
    assert not plain[900:].any()
    music = {"music": 0.5, "music_first": 1000, "music_count": 100, "music_start": 7}
    mixed = np.asarray(sound_changes.changed(kept, sound_draw(**music), 1000, every))
    assert np.allclose(mixed[:900], (voice + 0.5) / np.sqrt(1.25), atol=1e-5)
    for pink in (False, True):
        noisy = np.asarray(sound_changes.changed(kept, sound_draw(noise=0.5, pink=pink, seed=3), 1000, every))
        added = noisy[:900] * np.sqrt(1.25) - voice
        assert 0.35 < np.sqrt((added**2).mean()) < 0.65
        assert abs(np.corrcoef(added, voice)[0, 1]) < 0.15
    clipped = np.asarray(sound_changes.changed(kept, sound_draw(ceiling=0.5), 1000, every))
    assert np.array_equal(clipped[:900], np.clip(voice, -0.5, 0.5))


def test_a_clip_that_is_not_what_its_record_says_is_refused(source):
    wrong = [replace(source[0], n_frames=source[0].n_frames + 1)]
    with pytest.raises(UserError, match="prepare the data again"):
        keep_clips(wrong, config_of(NOTHING))
