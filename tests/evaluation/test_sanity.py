from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from time_telling import Records, time_clip

from divas_jax.config import EvaluateConfig
from divas_jax.errors import UserError
from divas_jax.evaluation import sanity as module
from divas_jax.evaluation.changes import (
    OtherSound,
    as_detected,
    as_small,
    at_telephone_rate,
    greyed,
    in_a_room,
    in_noise,
    mirrored,
    quieter,
    resampled,
)
from divas_jax.evaluation.sanity import SHUFFLED, UNCHANGED, sanity, sanity_json, sanity_table
from divas_jax.judging.calibration import PAIR, PLACE, Calibration, Logistic
from divas_jax.judging.posterior import Likelihood


def test_a_mirror_twice_is_nothing():
    clip = time_clip(noise=1)
    assert not np.array_equal(mirrored(clip).frames, clip.frames)
    np.testing.assert_array_equal(mirrored(mirrored(clip)).frames, clip.frames)
    np.testing.assert_array_equal(mirrored(clip).frames[3, 5, 0], clip.frames[3, 5, -1])


def test_a_gain_is_in_decibels_and_rounded_as_in_a_file():
    clip = time_clip(noise=1)
    soft = quieter(clip)
    assert np.std(soft.samples) / np.std(clip.samples) == pytest.approx(0.1, rel=1e-3)
    steps = soft.samples.astype(np.float64) * 32767
    np.testing.assert_allclose(steps, steps.round(), atol=1e-3)


@pytest.mark.parametrize(("rate", "made"), [(48000, 44100), (44100, 48000), (16000, 14700), (22050, 24000)])
def test_another_sample_rate_moves_nothing_in_time(rate, made):
    samples = np.exp(-0.5 * ((np.arange(rate) / rate - 0.6) / 0.002) ** 2).astype(np.float32)  # a bump at 0.6 s
    clip = replace(time_clip(seconds=Fraction(1)), samples=samples, sample_rate=rate)
    found = resampled(clip)
    assert (found.sample_rate, len(found.samples)) == (made, made)
    assert abs((np.arange(made) / made * found.samples).sum() / found.samples.sum() - 0.6) < 1e-5


def test_an_odd_sample_rate_is_one_sentence():
    with pytest.raises(UserError, match="11111 Hz times"):
        resampled(replace(time_clip(seconds=Fraction(1)), sample_rate=11111))


def test_the_other_sound_is_that_of_another_speaker_of_like_length():
    clips = [time_clip(seconds=Fraction(2 + place, 1), name=f"{place}", noise=place) for place in range(4)]
    records = Records(clips)
    speakers = {"0": "ann", "1": "ann", "2": "bob", "3": "ann"}
    plain = Records.__getitem__

    class Spoken(Records):
        def __getitem__(self, index):
            record = plain(self, index)
            return replace(record, speaker=speakers[record.name])

    spoken = Spoken(clips)
    other = OtherSound(spoken, records.decode)
    heard = {}
    for place in range(4):
        made = other(spoken[place], clips[place])
        np.testing.assert_array_equal(made.frames, clips[place].frames)
        assert made.sound_start == made.frame_time(0)
        (heard[str(place)],) = [one.name for one in clips if np.array_equal(one.samples, made.samples)]
    assert heard == {"0": "2", "1": "2", "2": "3", "3": "2"}
    with pytest.raises(UserError, match="two clips"):
        OtherSound(Records(clips[:1]), records.decode)


def test_grey_pictures_have_the_brightness_of_coloured_ones():
    clip = time_clip()
    made = greyed(clip)
    assert (made.frames[..., 0] == made.frames[..., 2]).all()
    luma = clip.frames.astype(float) @ [0.299, 0.587, 0.114]
    assert np.abs(made.frames[..., 1] - luma).max() < 0.51


def test_the_detector_crops_tighter_and_higher():
    """A grid of bright lines: what was seen stays in order, the upper edge comes nearer by less than the lower."""
    clip = time_clip()
    ramp = np.broadcast_to(np.arange(128, dtype=np.uint8)[None, :, None, None], (len(clip.frames), 128, 128, 3))
    made = as_detected(replace(clip, frames=np.ascontiguousarray(ramp))).frames[0, :, 64, 0].astype(float)
    side, lower = 0.976 * 128, -0.02 / (1.4 * 128 / 96) * 128
    top = 64 + lower - side / 2
    expected = top + (np.arange(128) + 0.5) * side / 128 - 0.5
    assert np.abs(made - expected)[4:-4].max() < 1
    assert top < (128 - side) / 2 - 1


def test_a_small_face_has_less_detail_and_stays_where_it_is():
    """Stripes of two pixels are seen at 60 pixels of face, not at 25; a slow ramp is the same at both."""
    clip = time_clip()
    columns = np.arange(128)
    stripes = np.broadcast_to(np.uint8(255 * (columns // 2 % 2))[None, None, :, None], (len(clip.frames), 128, 128, 3))
    ramp = np.broadcast_to(columns.astype(np.uint8)[None, None, :, None], (len(clip.frames), 128, 128, 3))

    def contrast(pixels: int) -> float:
        return float(as_small(replace(clip, frames=np.ascontiguousarray(stripes)), pixels).frames[0, 64, 16:-16].std())

    assert contrast(60) > 2 * contrast(25)
    for pixels in (60, 25):
        made = as_small(replace(clip, frames=np.ascontiguousarray(ramp)), pixels).frames[0, 64, :, 0]
        assert np.abs(made.astype(int) - columns)[8:-8].max() <= 1
    assert as_small(clip, 200) is clip


def test_telephone_sound_keeps_its_times():
    clip = time_clip(sample_rate=44_100)
    made = at_telephone_rate(clip)
    assert made.sample_rate == 8000
    assert abs(len(made.samples) / 8000 - len(clip.samples) / 44_100) < 1 / 8000
    assert made.sound_start == clip.sound_start


def test_noise_and_an_echo_are_as_loud_as_they_say():
    clip = time_clip(seconds=Fraction(4), noise=1)
    voice = clip.samples.astype(np.float64)
    added = in_noise(clip, 5.0).samples - voice
    assert np.sqrt((added**2).mean() / (voice**2).mean()) == pytest.approx(10 ** (-5 / 20), rel=0.02)
    click = replace(clip, samples=np.zeros_like(clip.samples))
    click.samples[1000] = 1.0
    room = in_a_room(click, 0.4, 6.0).samples
    assert room[1000] == 1
    assert np.abs(room[:1000]).max() < 1e-6
    assert np.sqrt((room[1001:] ** 2).sum()) == pytest.approx(10 ** (-6 / 20), rel=1e-3)
    assert np.abs(room[1000 + round(0.4 * clip.sample_rate) :]).max() < 1e-3


def test_another_voice_is_so_far_below_whatever_its_sample_rate():
    clips = [time_clip(name="a", noise=1), time_clip(name="b", sample_rate=8000, noise=2)]
    records = Records(clips)
    other = OtherSound(records, records.decode)
    for place, clip in enumerate(clips):
        mixed = other.under_it(records[place], clip, 10.0)
        added = (mixed.samples - clip.samples).astype(np.float64)
        assert mixed.frames is clip.frames
        assert 20 * np.log10(np.std(clip.samples) / np.std(added)) == pytest.approx(10, abs=0.3)


def test_clips_that_share_a_sound_are_no_strangers():
    records = Records([time_clip(name=str(place)) for place in range(3)])
    grouped = [replace(records[index], sound_group="x" if index < 2 else "") for index in range(3)]
    other = OtherSound(grouped, records.decode)
    assert other._partner["0"] == other._partner["1"] == 2


def test_checks_see_what_changes_and_what_does_not(random_model):
    records = Records([time_clip(seconds=Fraction(5, 2), name=f"clip{place}", noise=place) for place in range(6)])
    told = []
    settings = EvaluateConfig(trials=4)
    plain = sanity(random_model, records, settings, None, lambda *done: told.append(done[0]), records.decode)
    found = {check.name: check for check in plain}
    assert sum(told) == module.PASSES * 6
    # A random model looks at loudness-normalised sound, so a gain is nothing to it; a mirror is not.
    assert found["sound at -20 dB"].same.value >= 0.9
    assert found["sound at -20 dB"].mean_ms < 5
    assert found["mirrored picture"].same.value < 0.8
    assert found["mirrored picture"].mean_ms > 20
    assert found["mirrored picture"].small.value < 0.8
    assert [found[name].same.total for name in (UNCHANGED, SHUFFLED)] == [0, 0]
    assert found[UNCHANGED].confidence_auc == 0.5
    low, high = found[SHUFFLED].strict.interval
    assert low < found[SHUFFLED].strict.chance < high
    assert 0.07 < found[SHUFFLED].strict.chance < 0.11
    table = sanity_table(plain)
    assert len(table.rows) == module.PASSES
    assert {len(row) for row in table.rows} == {len(table.head)}
    assert sanity_json(plain)[SHUFFLED]["trials"] == 24


def test_what_a_calibration_does_not_tell_is_refused(random_model):
    records = Records([time_clip(name=f"clip{place}", noise=place) for place in range(2)])
    first, second = (
        sanity(random_model, records, EvaluateConfig(trials=2), one, decode=records.decode)[0]
        for one in (None, _needs_confidence_of_all())
    )
    assert first.refused is None
    assert (second.refused.right, second.refused.total) == (4, 4)


def _needs_confidence_of_all():
    """Tells nothing below a confidence of e**9."""

    def plain(count, place):
        weights = tuple(float(index == place) for index in range(count))
        return Logistic((0.0,) * count, (1.0,) * count, weights, -9.0, (-99.0,) * count, (99.0,) * count)

    within, pair = plain(len(PLACE), 1), plain(len(PAIR), 1)
    return Calibration(Likelihood(1.0, 0.5, 0.1), within, within, pair, 0.5, ((1.0, 0.5),), 600.0, 40.0, 90.0)
