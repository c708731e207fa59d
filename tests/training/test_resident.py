"""Batches made on the device: kept clips and streamed ones are the same, and augmentation does what it says."""

import io
import pickle
from dataclasses import replace
from fractions import Fraction
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image, ImageFilter

from divas_jax.clip import Rung
from divas_jax.config import AugmentConfig, Config, DataConfig, ModelConfig, ViewConfig
from divas_jax.data.draws import PictureDraw, ResidentDraw, SoundDraw
from divas_jax.data.resident import keep_clips, training_side
from divas_jax.data.stream import training_stream
from divas_jax.errors import UserError
from divas_jax.media.decode import decode_clip
from divas_jax.talkers import TalkerSource
from divas_jax.training import picture_changes, sound_changes
from divas_jax.training.mesh import device_mesh, to_devices
from divas_jax.training.rendering import rendered, to_every_device

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
    draws = None if kept is None else partial(ResidentDraw, kept, config.model, config.data)
    with training_stream(source, config, draws=draws) as stream:
        return [next(stream) for _ in range(count)]


def realised(kept, config, batch):
    mesh = device_mesh()
    rung = Rung(*config.data.rungs[batch.rung])
    arrays = None if kept is None else to_every_device(mesh, kept)
    render = jax.jit(rendered, static_argnums=(2, 3, 4))
    rows = render(to_devices(mesh, batch.segments), arrays, config.model, config.data, rung)
    return jax.tree.map(np.asarray, rows)


@pytest.mark.skipif(jax.default_backend() != "cpu", reason="other devices have memory of their own")
def test_a_cpu_shares_the_kept_frames(source):
    """It has the same memory; a copy of hours of frames would take it twice."""
    kept = keep_clips(source, config_of(NOTHING))
    arrays = to_every_device(device_mesh(), kept)
    assert arrays.frames.addressable_shards[0].data.unsafe_buffer_pointer() == kept.frames.ctypes.data


@pytest.mark.parametrize("augment", [NOTHING, EVERYTHING])
def test_the_same_step_is_the_same_batch_in_both_modes(source, augment):
    config = config_of(augment)
    kept = keep_clips(source, config)
    both = zip(first_batches(source, config, 4), first_batches(kept, config, 4, kept), strict=True)
    for decoded, drawn in both:
        assert decoded.rung == drawn.rung
        streamed, resident = realised(None, config, decoded), realised(kept, config, drawn)
        for one, other in zip(jax.tree.leaves(streamed), jax.tree.leaves(resident), strict=True):
            assert np.array_equal(one, other)


def test_clips_beyond_the_rates_are_not_decoded_and_are_no_music(source):
    config = config_of(replace(EVERYTHING, noise=0.0), min_sample_rate=44_100)
    kept = keep_clips(source, config)
    slow = [record.sample_rate < 44_100 for record in source]
    assert 0 < sum(slow) < len(source)
    assert [clip is None for clip in kept.clips] == slow
    assert len(kept.samples) == sum(clip.clip.samples.shape[0] for clip in kept.clips if clip)
    for decoded, drawn in zip(first_batches(source, config, 2), first_batches(kept, config, 2, kept), strict=True):
        streamed, resident = realised(None, config, decoded), realised(kept, config, drawn)
        jax.tree.map(np.testing.assert_array_equal, streamed, resident)


def test_worker_processes_draw_the_same_and_take_no_media_along(source):
    config = config_of(EVERYTHING, workers=2)
    kept = keep_clips(source, config)
    np.testing.assert_array_equal(kept.frames, keep_clips(source, config_of(EVERYTHING)).frames)
    drawn = first_batches(kept, config, 3, kept)
    alone = first_batches(kept, config_of(EVERYTHING), 3, kept)
    jax.tree.map(np.testing.assert_array_equal, drawn, alone)
    assert len(pickle.dumps(ResidentDraw(kept, config.model, config.data, 0))) < kept.frames.nbytes / 20


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
            margin = (training_side(config.model, config.data) - 48) // 2
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


def changed(frames, **draw):
    return np.asarray(picture_changes.changed(jnp.asarray(frames), picture_draw(**draw), 48, AugmentConfig()))


@pytest.mark.parametrize("box", [(5.0, 5.0, 48.0), (7.0, 3.0, 48.0), (3.3, 6.1, 46.2), (1.2, 0.4, 53.5)])
@pytest.mark.parametrize("flip", [False, True])
def test_a_box_is_cut_as_pillow_cuts_it(frames, box, flip):
    left, top, side = box
    theirs = [
        Image.fromarray(frame).resize((48, 48), Image.Resampling.BICUBIC, (left, top, left + side, top + side))
        for frame in frames
    ]
    theirs = np.stack([np.asarray(picture)[:, ::-1] if flip else np.asarray(picture) for picture in theirs])
    apart = np.abs(changed(frames, box=box, flip=flip).astype(int) - theirs)
    apart = apart if side == 48 else apart[:, 2:-2, 2:-2]  # Pillow does not look beyond the box
    assert apart.max() <= (0 if side == 48 else 2)  # and rounds once more, between rows and columns


def test_colour_follows_its_formula(frames):
    seen = frames[:, 5:53, 5:53].astype(float)
    luma = np.array([0.299, 0.587, 0.114])
    mean, grey = float((seen[0] @ luma).mean()), (seen @ luma)[..., None]
    expected = 1.1 * (mean + 0.8 * (0.5 * seen + 0.5 * grey - mean))
    np.testing.assert_allclose(changed(frames, colour=(1.1, 0.8, 0.5)), np.clip(expected, 0, 255), atol=1)
    np.testing.assert_allclose(changed(frames, colour=(2.0, 1.0, 1.0)), np.minimum(seen * 2, 255), atol=1)


@pytest.mark.parametrize("quality", [15, 30, 60])
def test_compression_leaves_what_a_jpeg_encoder_leaves(frames, quality):
    seen = frames[:, 5:53, 5:53]
    theirs = np.stack([_encoded(frame, quality) for frame in seen]).astype(float)
    ours = changed(frames, quality=float(quality))
    assert np.abs(ours - theirs).mean() < 3
    assert np.abs(ours.astype(float) - seen).mean() > 0.5


def _encoded(frame, quality):
    file = io.BytesIO()
    Image.fromarray(frame).save(file, "JPEG", quality=quality, subsampling=0)
    return np.asarray(Image.open(file))


@pytest.mark.parametrize(
    "change",
    [{"flip": True}, {"colour": (1.2, 0.8, 0.7)}, {"blur": 1.0}, {"quality": 20.0}, {"box": (2.5, 3.25, 45.0)}],
)
def test_every_frame_of_a_segment_changes_alike(frames, change):
    """A still stays a still, so no change looks like a moving mouth."""
    still = np.repeat(frames[:1], 4, axis=0)
    out = changed(still, **change)
    assert (out == out[:1]).all()
    assert not np.array_equal(out, still[:, 5:53, 5:53])


def test_blur_is_gaussian(frames):
    ours = changed(frames, blur=1.2)
    theirs = np.asarray(Image.fromarray(frames[0, 5:53, 5:53]).filter(ImageFilter.GaussianBlur(1.2)), float)
    assert np.abs(ours[0, 6:-6, 6:-6] - theirs[6:-6, 6:-6]).mean() < 2.0
    assert np.abs(ours[0].astype(float) - frames[0, 5:53, 5:53]).mean() > 1.0


def sound_draw(**changes):
    still = dict.fromkeys(SoundDraw._fields, 0) | {"count": 900, "ceiling": np.inf, "music_count": 1, "pink": False}
    return SoundDraw(*(jnp.asarray(value) for value in (still | changes).values()))


def test_sound_is_mixed_at_its_level_and_scaled_back():
    rng = np.random.default_rng(0)
    samples, music = jnp.asarray(rng.standard_normal(1000), jnp.float16), jnp.ones(1000, jnp.float16)
    voice = np.asarray(samples[:900], np.float32)

    def heard(**draw):
        return np.asarray(
            sound_changes.changed(samples, music, sound_draw(**draw), AugmentConfig(noise=1.0, music=1.0))
        )

    plain = heard()
    assert np.array_equal(plain[:900], voice)
    assert not plain[900:].any()
    mixed = heard(music=0.5)
    assert np.allclose(mixed[:900], (voice + 0.5) / np.sqrt(1.25), atol=1e-5)
    for pink in (False, True):
        noisy = heard(noise=0.5, pink=pink, seed=3)
        added = noisy[:900] * np.sqrt(1.25) - voice
        assert 0.35 < np.sqrt((added**2).mean()) < 0.65
        assert abs(np.corrcoef(added, voice)[0, 1]) < 0.15
    clipped = heard(ceiling=0.5)
    assert np.array_equal(clipped[:900], np.clip(voice, -0.5, 0.5))


def test_an_echo_follows_every_sample_and_dies_away():
    click = jnp.zeros(4000, jnp.float16).at[100].set(8.0)

    def heard(**draw):
        draw = sound_draw(count=4000, echo_length=1000.0, **draw)
        return np.asarray(sound_changes.changed(click, jnp.zeros_like(click), draw, AugmentConfig(echo=1.0)))

    assert np.allclose(heard(), click, atol=1e-5)
    wet = heard(echo=0.5, seed=3) * np.sqrt(1.25)
    assert wet[100] == pytest.approx(8.0, abs=1e-4)
    assert np.abs(wet[[*range(100), *range(101, 110)]]).max() < 1e-4
    assert np.sqrt((wet[110:] ** 2).sum()) == pytest.approx(4.0, rel=1e-3)
    loud = [np.sqrt((wet[100 + first : 350 + first] ** 2).mean()) for first in (250, 500)]
    assert 20 * np.log10(loud[0] / loud[1]) == pytest.approx(15, abs=3)  # 60 dB in 1,000 samples


def test_a_clip_that_is_not_what_its_record_says_is_refused(source):
    wrong = [replace(source[0], n_frames=source[0].n_frames + 1)]
    with pytest.raises(UserError, match="prepare the data again"):
        keep_clips(wrong, config_of(NOTHING))
