"""Made-up talkers: a function of the seed, at every rate, with mouth and sound truly together."""

from dataclasses import fields, replace
from fractions import Fraction

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from divas_jax.clip import Clip
from divas_jax.errors import UserError
from divas_jax.talkers import FRAME_RATES, SAMPLE_RATES, draw_articulation, make_listener, make_talker
from divas_jax.talkers.face import render_face
from divas_jax.talkers.portrait import draw_look
from divas_jax.talkers.voice import make_voice

SHORT = Fraction(1, 2)


def _same(one: Clip, other: Clip) -> bool:
    return all(np.array_equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(Clip))


def best_lag(mouth: np.ndarray, sound: np.ndarray, reach: int) -> tuple[int, float]:
    """Steps by which `sound` is late against `mouth`, and the correlation there."""
    middle = mouth[reach:-reach]
    scores = [np.corrcoef(middle, sound[reach + k : len(sound) - reach + k])[0, 1] for k in range(-reach, reach + 1)]
    return int(np.argmax(scores)) - reach, float(np.max(scores))


@pytest.mark.parametrize("variable_rate", [False, True])
def test_the_same_arguments_give_the_same_clip_and_another_seed_another(variable_rate):
    first = make_talker(11, duration=SHORT, size=64, variable_rate=variable_rate)
    make_talker(12, duration=SHORT, size=64)
    assert _same(first, make_talker(11, duration=SHORT, size=64, variable_rate=variable_rate))
    other = make_talker(12, fps=first.fps, sample_rate=first.sample_rate, duration=SHORT, size=64)
    assert not np.array_equal(first.samples[:1000], other.samples[:1000])
    assert not np.array_equal(first.frames[0], other.frames[0])


@pytest.mark.parametrize("fps", FRAME_RATES)
@pytest.mark.parametrize("sample_rate", [16000, 44100])
def test_every_rate_has_exact_times_and_sound_as_long_as_the_picture(fps, sample_rate):
    clip = make_talker(5, fps=fps, sample_rate=sample_rate, duration=SHORT, size=32)
    assert clip.fps == fps
    assert [clip.frame_time(i) for i in range(3)] == [0, 1 / fps, 2 / fps]
    assert abs(clip.picture_end - clip.sound_end) <= Fraction(1, 2 * sample_rate)
    assert clip.frames.shape[1:] == (32, 32, 3)
    assert 0.05 < np.abs(clip.samples).max() < 1


def test_the_same_instant_looks_alike_at_25_and_at_50_frames_a_second():
    # the camera's noise differs, so compare what moves: the mouth's brightness
    slow, fast = (make_talker(3, fps=Fraction(f), sample_rate=16000, duration=Fraction(2)) for f in (25, 50))
    dark = [_mouth_darkness(clip.frames) for clip in (slow, fast)]
    assert np.corrcoef(dark[0], dark[1][::2])[0, 1] > 0.98
    np.testing.assert_array_equal(slow.samples, fast.samples)


def test_rates_left_open_are_drawn_from_all():
    clips = [make_talker(seed, duration=Fraction(1, 10), size=16, distractions=False) for seed in range(60)]
    assert {clip.fps for clip in clips} == set(FRAME_RATES)
    assert {clip.sample_rate for clip in clips} == set(SAMPLE_RATES)


def test_a_phone_has_uneven_and_missed_frames_at_exact_times():
    for seed in range(4):
        clip = make_talker(seed, fps=Fraction(30), duration=Fraction(4), size=16, variable_rate=True)
        steps = np.diff(clip.frame_pts)
        assert clip.time_base in (Fraction(1, 1000), Fraction(1, 90000))
        assert not clip.constant_rate
        assert steps.min() > 0
        assert len(np.unique(steps)) > 3
        assert steps.max() * clip.time_base > Fraction(3, 2) / 30
        assert abs(float(clip.fps) / 30 - 1) < 0.05
        assert clip.frame_time(0) == 0


def test_the_voice_does_at_each_instant_what_the_mouth_does():
    """Over +-300 ms the loudness follows the opening best at no lag, to within a few ms."""
    rate, lags, agreements = 16000, [], []
    for seed in range(8):
        talk = draw_articulation(seed)
        sound = make_voice(talk, 4 * rate, rate, np.random.default_rng(seed)).astype(float)
        power = (sound**2).reshape(-1, rate // 1000).mean(axis=1)
        loudness = np.sqrt(np.convolve(power, np.hanning(21) / np.hanning(21).sum(), "same"))
        opening = talk.at((np.arange(len(power)) + 0.5) / 1000).opening
        lag, agreement = best_lag(opening, loudness, 300)
        lags.append(lag)
        agreements.append(agreement)
    assert np.abs(lags).max() <= 8
    assert abs(np.mean(lags)) <= 3
    assert min(agreements) > 0.7


def test_formants_of_the_sound_follow_the_lips_and_tongue():
    """Rounded lips mean little power between 1.5 and 3 kHz against below 1 kHz; spread ones much."""
    rate, relations = 16000, []
    for seed in range(6):
        talk = draw_articulation(seed)
        sound = make_voice(talk, 4 * rate, rate, np.random.default_rng(seed)).astype(float)
        low, high = (_band_power(sound, rate, *band) for band in ((150, 1000), (1500, 3000)))
        tracks = talk.at((np.arange(len(low)) + 0.5) / 100)
        vowel = (tracks.voicing > 0.1) & (tracks.hiss < 0.01)
        ratio = np.log(high[vowel] + 1e-9) - np.log(low[vowel] + 1e-9)
        relations.append(np.corrcoef(tracks.f2[vowel] / talk.speaker.tract, ratio)[0, 1])
    assert np.mean(relations) > 0.5


def _band_power(sound, rate, low, high):
    band = sosfiltfilt(butter(4, (low, high), "bandpass", fs=rate, output="sos"), sound)
    return (band**2).reshape(-1, rate // 100).mean(axis=1)


def test_lips_meet_and_part_at_uneven_times():
    for seed in range(6):
        opening = draw_articulation(seed).tracks.opening
        assert 0.02 < np.mean(opening < 1e-3) < 0.7
        assert opening.max() > 0.5
        centred = opening - opening.mean()
        spectrum = np.abs(np.fft.rfft(centred, 2 * len(centred))) ** 2
        likeness = np.fft.irfft(spectrum)[200:2000]
        assert likeness.max() < 0.75 * np.sum(centred**2)  # no rhythm that a shifted window could be taken for


def _mouth_darkness(frames):
    size = frames.shape[1]
    box = frames[:, round(0.48 * size) : round(0.60 * size), round(0.42 * size) : round(0.58 * size)]
    return -box.astype(float).mean(axis=(1, 2, 3))


def _one_shape(seed, size, **shape):
    """Ten pictures of a talker who holds the mouth in one shape."""
    talk = draw_articulation(seed, Fraction(1))
    held = {name: np.full(len(talk.grid), value) for name, value in {"opening": 0.1, **shape}.items()}
    talk = replace(talk, tracks=talk.tracks._replace(**held))
    look = draw_look(np.random.default_rng(seed))
    return render_face(talk, look, np.arange(10) / 10, size, np.random.default_rng(seed)).astype(int)


@pytest.mark.parametrize("size", [96, 128])
def test_the_mouth_is_where_the_corpus_has_it(size):
    """What differs between spread and pursed lips is centred near (64, 66) of 128 and about 20 wide."""
    places = []
    for seed in range(8):
        spread, pursed = (_one_shape(seed, size, width=1 - pursed, rounding=pursed) for pursed in (0.0, 1.0))
        rows, columns = np.nonzero(np.abs(spread - pursed).mean(axis=(0, 3)) > 3)
        places.append(np.array([columns.min(), columns.max() + 1, rows.min(), rows.max() + 1]) * 128 / size)
    left, right, top, bottom = np.mean(places, axis=0)
    assert abs((left + right) / 2 - 64) < 2
    assert abs((top + bottom) / 2 - 66) < 2
    assert 17 < right - left < 28


def test_a_listener_has_the_face_of_the_talker_and_the_voice_of_another():
    talker, listener = (
        make(4, fps=Fraction(25), sample_rate=16000, duration=SHORT, size=32) for make in (make_talker, make_listener)
    )
    np.testing.assert_array_equal(talker.frames, listener.frames)
    assert abs(np.corrcoef(talker.samples, listener.samples)[0, 1]) < 0.2


def test_distractions_change_the_sound_alone():
    pairs = [
        [
            make_talker(s, fps=Fraction(25), sample_rate=16000, duration=SHORT, size=16, distractions=d)
            for d in (False, True)
        ]
        for s in range(8)
    ]
    assert all(np.array_equal(clean.frames, full.frames) for clean, full in pairs)
    assert 2 <= sum(not np.array_equal(clean.samples, full.samples) for clean, full in pairs) < 8


@pytest.mark.parametrize(
    "wrong",
    [{"seed": -1}, {"seed": 0, "size": 4}, {"seed": 0, "duration": Fraction(0)}, {"seed": 0, "sample_rate": 10}],
)
def test_impossible_talkers_are_refused_in_one_sentence(wrong):
    with pytest.raises(UserError, match="talker"):
        make_talker(**wrong)
