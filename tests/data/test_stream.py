from collections import Counter
from dataclasses import replace
from fractions import Fraction

import jax
import numpy as np
import pytest

from divas_jax.clip import Clip, Rung
from divas_jax.config import AugmentConfig, Config, DataConfig, ModelConfig, TrainConfig, ViewConfig
from divas_jax.data import stream as stream_module
from divas_jax.data import streamed
from divas_jax.data.clip_record import ClipRecord, decode_record, record_sound
from divas_jax.data.draws import Entry
from divas_jax.data.stream import training_stream
from divas_jax.data.windows import loudness_gain, segment_shape
from divas_jax.errors import UserError
from divas_jax.media.decode import decode_clip
from divas_jax.media.encode import encode_clip
from divas_jax.rates import frames_in
from divas_jax.training.rendering import rendered

NOTHING = AugmentConfig(**{name: 0.0 for name in vars(AugmentConfig())})
EVERYTHING = AugmentConfig(blur=0.5, compression=0.5, noise=1.0, music=1.0)
RATES = [
    (Fraction(25), 16000),
    (Fraction(24000, 1001), 44100),
    (Fraction(30), 48000),
    (Fraction(60000, 1001), 44100),
    (Fraction(50), 48000),
]


@pytest.fixture(autouse=True)
def few_threads(monkeypatch):
    """Little is drawn ahead of what a test reads."""
    monkeypatch.setattr(stream_module, "THREADS", 1)
    monkeypatch.setattr(stream_module, "AHEAD", 1)


def flashing(fps, sample_rate, seconds=2, seed=0, vfr=False):
    """Single-frame flashes with a click at the very start of each; no two frames are alike."""
    rng = np.random.default_rng(seed)
    count = int(seconds * fps)
    pts = np.cumsum(rng.integers(2, 6, count)) if vfr else np.arange(count)
    clip = Clip(
        frames=np.full((count, 32, 32, 3), 30, np.uint8),
        frame_pts=pts.astype(np.int64),
        time_base=Fraction(1, 120) if vfr else 1 / fps,
        samples=np.zeros(int(seconds * sample_rate), np.float32),
        sample_rate=sample_rate,
        fps=fps,
        constant_rate=not vfr,
        sound_start=Fraction(seed, 50),
    )
    clip.frames[:, :8, :8] = rng.integers(0, 60, (count, 8, 8, 3))
    half = sample_rate // 1000
    ramp = np.arange(-half, half + 1) * 1000 / sample_rate
    for flash in range(5, count, int(rng.integers(5, 9))):
        at = clip.sample_at(clip.frame_time(flash))
        if len(ramp) < at < len(clip.samples) - len(ramp):
            clip.frames[flash, :, 8:] = 220
            clip.samples[at - half : at + half + 1] += 0.3 * np.exp(-4 * ramp**2) * np.cos(8 * ramp)
    return clip


def record_of(clip, name):
    decoded = decode_clip(media := encode_clip(clip, crf=10), name=name)
    duration = min(decoded.picture_end, decoded.sound_end) - max(decoded.frame_time(0), decoded.sound_start)
    return ClipRecord(
        name=name,
        media=media,
        fps=decoded.fps,
        n_frames=len(decoded.frames),
        constant_rate=decoded.constant_rate,
        sample_rate=decoded.sample_rate,
        duration=float(duration),
    )


@pytest.fixture(scope="module")
def source():
    records = [record_of(flashing(*rates, seed=seed), f"clip{seed}") for seed, rates in enumerate(RATES)]
    return [*records, record_of(flashing(Fraction(30), 22050, seed=9, vfr=True), "vfr")]


def config_of(augment=NOTHING, seed=0, **data):
    settings = {"rungs": ((6, 75), (12, 75)), "segments": 4, "windows": 6, "spacing": 2, "augment": augment, **data}
    return Config(
        model=ModelConfig(size=32),
        view=ViewConfig(crop=1.0, stored=1.0),
        data=DataConfig(**settings),
        train=TrainConfig(seed=seed),
    )


def taken(source, config, count, **settings):
    with training_stream(source, config, **settings) as stream:
        return [next(stream) for _ in range(count)]


def leaves(batch):
    return [batch.rung, *jax.tree.leaves(batch.segments)]


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(leaves(one), leaves(other), strict=True))


def rows(batch, config):
    """(pictures, sounds) of each row of a batch, as the model reads them."""
    rung = Rung(*config.data.rungs[batch.rung])
    segments = jax.jit(rendered, static_argnums=(2, 3, 4))(batch.segments, None, config.model, config.data, rung)
    pictures, sounds, _ = jax.tree.map(np.asarray, segments)
    for row in range(len(pictures.frames)):
        yield type(pictures)(*(leaf[row] for leaf in pictures)), type(sounds)(*(leaf[row] for leaf in sounds))


def test_batches_are_a_pure_function_of_seed_and_step(source, monkeypatch):
    batches = taken(source, config_of(EVERYTHING), 9)
    monkeypatch.setattr(stream_module, "THREADS", 3)
    monkeypatch.setattr(stream_module, "AHEAD", 3)
    again = taken(source, config_of(EVERYTHING), 3, start_step=6)
    assert [same(*pair) for pair in zip(batches[6:], again, strict=True)] == [True] * 3
    assert not any(same(batches[0], batch) for batch in batches[1:])
    assert not same(batches[0], taken(source, config_of(EVERYTHING, seed=1), 1)[0])


def test_two_processes_hold_the_halves_of_one_batch(source):
    whole = taken(source, config_of(EVERYTHING), 5)
    halves = [taken(source, config_of(EVERYTHING), 5, process_index=p, process_count=2) for p in (0, 1)]
    for step, batch in enumerate(whole):
        for full, low, high in zip(leaves(batch), leaves(halves[0][step]), leaves(halves[1][step]), strict=True):
            assert np.array_equal(full, np.concatenate([low, high]) if np.ndim(full) else low)


@pytest.mark.slow
def test_worker_processes_change_nothing(source):
    expected = taken(source, config_of(EVERYTHING), 5, start_step=2)
    got = taken(source, config_of(EVERYTHING, workers=2), 5, start_step=2)
    assert all(same(*pair) for pair in zip(expected, got, strict=True))
    with pytest.raises(UserError, match="torn"):
        taken([replace(source[0], name="torn", media=b"torn")], config_of(workers=1), 1)


def test_each_batch_is_on_one_rung_and_rungs_come_by_their_clips(source):
    config = config_of()
    shapes = [segment_shape(Rung(6, 75), None, 6, 2), segment_shape(Rung(12, 75), Rung(6, 75), 6, 2)]
    batches = taken(source, config, 12)
    for batch in batches:
        frames, samples = shapes[batch.rung]
        assert batch.segments.frames.shape == (4, frames, 32, 32, 3)
        assert batch.segments.samples.shape == batch.segments.music.shape == (4, samples)
        assert set(batch.segments.draw.segments.pictures.length.tolist()) <= ({5, 6} if batch.rung == 0 else {10, 12})
    assert Counter(batch.rung for batch in batches) == {0: 8, 1: 4}  # four clips against two


@pytest.mark.parametrize(("draw_by", "expected"), [("clip", [6, 6]), ("second", [2, 10])])
def test_long_clips_can_be_drawn_more_often(source, draw_by, expected):
    """Of 12 rows, clips of 1.2 and of 5 s get as many each, or 1 to 5."""
    clips = [replace(source[0], duration=duration) for duration in (1.2, 5.0)]
    drawn = Counter()

    def count(entry, rng):
        drawn[entry.clip] += 1
        return (np.zeros(1),)

    with training_stream(clips, config_of(draw_by=draw_by), draws=lambda rung: count) as stream:
        for _ in range(3):
            next(stream)
        counted = [drawn[0], drawn[1]]
    assert np.abs(np.subtract(counted, np.multiply(expected, sum(counted) / 12))).max() <= 2


def test_picture_and_sound_windows_are_those_of_the_clip(source):
    """All switched off, a row is the stored clip itself."""
    for number in (1, 3, 5):
        clip = decode_clip(source[number].media, name="clip")
        gain = np.float32(loudness_gain(clip.samples))
        for pictures, sounds in rows(taken([source[number]], config_of(), 1)[0], config_of()):
            assert pictures.window_mask.all()
            first = next(i for i, frame in enumerate(clip.frames) if np.array_equal(frame, pictures.frames[0]))
            seen = pictures.frames[pictures.frame_mask]
            assert np.array_equal(seen, clip.frames[first : first + len(seen)])
            length = frames_in(Fraction(1, 5), clip.fps)
            assert pictures.start.tolist() == [0, 2, 4, 6, 8, 10]
            assert pictures.frame_mask.sum() == 10 + length
            for window, start in enumerate(pictures.start):
                time = clip.frame_time(first + int(start))
                sample = clip.sample_at(time)
                heard = sounds.samples[sounds.start[window] :][: sounds.length * 128]
                theirs = clip.samples[sample : sample + len(heard)] * gain
                np.testing.assert_allclose(heard, theirs, rtol=1e-3, atol=1e-6)  # float16 on its way
                assert sounds.lead[window] == np.float32(float(clip.sample_time(sample) - time))


def test_nothing_moves_sound_against_picture(source):
    """Wherever a flash is seen, its click is heard at that very time, halved rates included."""
    checked, config = Counter(), config_of(EVERYTHING, windows=12)
    for batch in taken(source, config, 12):
        for pictures, sounds in rows(batch, config):
            rate = float(sounds.sample_rate)
            light = pictures.frames.mean(axis=(1, 2, 3)) * pictures.frame_mask
            for flash in np.flatnonzero(light > (light.max() + np.median(light[pictures.frame_mask])) / 2):
                for window in np.flatnonzero(pictures.window_mask):
                    into = pictures.times[flash] - pictures.times[pictures.start[window]]
                    if not (0.02 < into < 0.18) or light.max() < 100:
                        continue
                    position = sounds.start[window] + (into - sounds.lead[window]) * rate
                    reach = int(0.02 * rate)
                    near = np.abs(sounds.samples[int(position) - reach : int(position) + reach + 1])
                    peak = int(position) - reach + near.argmax()
                    assert abs(peak - position) / rate < 2e-4
                    checked[(batch.rung, int(pictures.length))] += 1
    # 25 and 30 frames/s as stored or halved, 50 and 59.94 as stored.
    assert {(0, 5), (0, 6), (1, 10), (1, 12)} <= set(checked)
    assert min(checked.values()) > 10


def test_halving_gives_fast_clips_to_slower_rungs(source):
    fast = [source[3], source[4]]
    assert {batch.rung for batch in taken(fast, config_of(), 6)} == {1}
    assert {batch.rung for batch in taken(fast, config_of(replace(NOTHING, halve_rate=1.0)), 6)} == {0}
    config = config_of(replace(NOTHING, halve_rate=0.5))
    both = taken(fast, config, 12)
    assert Counter(batch.rung for batch in both) == {0: 6, 1: 6}
    halved = next(batch for batch in both if batch.rung == 0)
    for pictures, _ in rows(halved, config):
        steps = np.diff(pictures.times[pictures.frame_mask])
        assert np.allclose(steps, steps[0])
        assert steps[0] > 1 / 31


def test_a_clip_is_decoded_once_a_draw_and_of_another_its_sound_alone(source, monkeypatch):
    decoded, heard = [], []

    def counted(names, decode):
        return lambda record: names.append(record.name) or decode(record)

    monkeypatch.setattr(streamed, "decode_record", counted(decoded, decode_record))
    monkeypatch.setattr(streamed, "record_sound", counted(heard, record_sound))
    renamed = [replace(record, name=f"mine{record.name}") for record in source]
    draw = streamed.StreamedDraw(renamed, config_of(replace(NOTHING, music=1.0)), 0)
    draw(Entry(0, halved=False), np.random.default_rng(0))
    mine = [[name for name in names if name.startswith("mine")] for names in (decoded, heard)]  # other threads may end
    assert mine[0] == ["mineclip0"]
    assert len(mine[1]) == 1
    assert mine[1] != mine[0]


def test_short_clips_give_fewer_windows_and_mask_the_rest():
    short = record_of(flashing(Fraction(25), 16000, seconds=Fraction(9, 25)), "short")
    config = config_of(spacing=1)
    for pictures, sounds in rows(taken([short], config, 1)[0], config):
        assert pictures.window_mask.tolist() == sounds.window_mask.tolist()
        assert pictures.window_mask.tolist() == [True] * 5 + [False]


def test_clips_that_cannot_be_trained_on_are_counted(source):
    stranger = [
        replace(source[0], fps=Fraction(120)),
        replace(source[0], fps=Fraction(20)),
        replace(source[0], fps=Fraction(50)),
        replace(source[0], duration=0.2),
        replace(source[0], sample_rate=8_000),
        source[0],
    ]
    with training_stream(stranger, config_of(min_fps=22.0, max_fps=30.0, min_sample_rate=11_025)) as stream:
        assert stream.left_out == {
            "outside data.rungs": 1,
            "below data.min_fps": 1,
            "above data.max_fps": 1,
            "below data.min_sample_rate": 1,
            "shorter than a window": 1,
        }
    with pytest.raises(UserError, match=r"no clip can be trained on: 2 outside data\.rungs"):
        training_stream([replace(source[0], sample_rate=96000)] * 2, config_of())
    with pytest.raises(UserError, match="there is none"):
        training_stream([], config_of())


def test_what_cannot_be_decoded_is_named(source):
    with pytest.raises(UserError, match="torn"):
        taken([replace(source[0], name="torn", media=source[0].media[:200])], config_of(), 1)
    with pytest.raises(UserError, match="liar decodes to other rates"):
        taken([replace(source[3], name="liar", fps=Fraction(25))], config_of(), 1)
    with pytest.raises(UserError, match=r"data\.segments is 4"):
        training_stream(source, config_of(), process_count=3)


@pytest.mark.parametrize("segments", [1, 2, 3])
def test_every_number_of_segments_works(source, segments):
    """Of one, the stream once had more rows than Python can count."""
    (batch,) = taken(source, config_of(segments=segments), 1)
    assert len(batch.segments.draw.segments.voice) == segments
