"""Clocks that jump: what follows a jump comes right after it, sound and picture together."""

from fractions import Fraction
from itertools import pairwise
from types import SimpleNamespace

import av
import numpy as np
import pytest

from divas_jax.errors import UserError
from divas_jax.media.clock import Jump, SteadyClock, jump_words
from divas_jax.media.container import open_media
from divas_jax.media.decode import decode_clip, decode_sound
from divas_jax.media.encode import encode_clip
from divas_jax.media.even_rate import EvenRate
from divas_jax.media.heard_sound import heard_sound
from divas_jax.media.picture_stream import PictureStream
from divas_jax.media.remux import with_other_sound
from divas_jax.media.sound_stream import SoundStream
from divas_jax.talkers import make_talker

TICK = Fraction(1, 1000)


def packet(stream: int, time: int, duration: int = 40) -> SimpleNamespace:
    """Times in ms."""
    index = SimpleNamespace(index=stream)
    return SimpleNamespace(stream=index, dts=time, pts=time + 7, duration=duration, size=10, time_base=TICK)


def placed(*packets: SimpleNamespace) -> tuple[list[int], list[Jump]]:
    clock = SteadyClock()
    for each in packets:
        clock.place(each)
        assert each.pts == each.dts + 7
    return [each.dts for each in packets], clock.jumps


def test_a_steady_clock_is_left_alone():
    told, jumps = placed(
        packet(0, 500), packet(1, 480), packet(0, 540), packet(1, 9000), packet(0, 539), packet(1, 8100)
    )
    assert told == [500, 480, 540, 9000, 539, 8100]  # a gap of 9 s, and stamps that are out of order by less than 1 s
    assert not jumps


@pytest.mark.parametrize("by", [3_600_000, -5000])
def test_both_streams_pass_a_jump_once_each_when_they_come_to_it(by):
    before = [packet(0, 10_000), packet(1, 10_010), packet(0, 10_040), packet(1, 10_050)]
    after = [packet(0, 10_080 + by), packet(1, 10_090), packet(0, 10_120 + by), packet(1, 10_130 + by)]
    told, jumps = placed(*before, *after)
    assert told[4:] == [10_080, 10_090, 10_120, 10_130]
    assert jumps == [Jump(Fraction(10_080, 1000), Fraction(by, 1000))]


def test_a_second_jump_counts_from_the_first():
    told, jumps = placed(packet(0, 0), packet(0, 50_000), packet(0, 50_040), packet(0, 20_000), packet(0, 20_040))
    assert told == [0, 40, 80, 120, 160]
    assert [float(jump.by) for jump in jumps] == [49.96, -30.08]
    assert jump_words(jumps, Fraction(0)).startswith("its clock jumps by +50.0 s after 0.0 s, by -30.1 s after 0.1 s;")


@pytest.fixture(scope="module")
def stream():
    talker = make_talker(3, fps=Fraction(25), sample_rate=32000, duration=Fraction(4), size=64)
    return encode_clip(talker, container="mpegts")


def _read(source: bytes):
    with open_media(source, "joined.ts") as media:
        pictures = [picture.time for picture in PictureStream(media)]
    with open_media(source, "joined.ts") as media:
        sound = SoundStream(media)
        samples = np.concatenate(list(sound.blocks()))
        return pictures, samples, sound, media.warnings


def test_a_copy_of_a_stream_whose_clock_goes_back_is_refused_for_that(stream, tmp_path):
    """The container takes no packet after the jump; its own words for it ("Invalid argument") help nobody."""
    file, out = tmp_path / "joined.ts", tmp_path / "copy.ts"
    file.write_bytes(stream + stream)
    with pytest.raises(UserError, match=r"joined.ts cannot be repaired without loss: its clock jumps; nothing is"):
        with_other_sound(file, out, out, [heard_sound(file, out)], lambda _: lambda blocks: blocks)


def test_a_stream_joined_to_itself_goes_on(stream):
    """The clock goes back to its start: nothing is lost, and sound and picture keep their distance."""
    pictures, samples, sound, _ = _read(stream)
    twice, both, joined, warnings = _read(stream + stream)
    assert [warning for warning in warnings if "its clock jumps by -" in warning]
    assert joined.lost == "its clock jumps"
    assert len(twice) == 2 * len(pictures)
    assert all(later > earlier for earlier, later in pairwise(twice))
    moved = twice[len(pictures)] - pictures[0]
    first = round((moved + sound.start - joined.start) * sound.sample_rate)
    middle = slice(sound.sample_rate, 3 * sound.sample_rate)
    near = [np.abs(both[first + k :][middle] - samples[middle]).max() for k in range(-40, 41)]
    assert min(near) < 0.02  # mp2 starts anew at the joint; elsewhere it is the same to a few steps
    assert abs(int(np.argmin(near)) - 40) <= 3


def test_a_change_of_rate_is_converted_and_placed_by_its_time():
    tone = np.sin(2 * np.pi * 500 * np.arange(48_000) / 48_000).astype(np.float32)
    other = np.sin(2 * np.pi * 500 * np.arange(44_100) / 44_100).astype(np.float32)

    def frames(samples, rate, start):
        for first in range(0, len(samples), 1000):
            frame = av.AudioFrame.from_ndarray(samples[None, first : first + 1000], "flt", "mono")
            frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), start * rate + first
            yield frame

    even = EvenRate(48_000, lambda frame: frame.to_ndarray()[0])
    both = [*frames(tone, 48_000, 0), *frames(other, 44_100, 1), *frames(tone, 48_000, 2)]
    parts = list(even.samples(both))
    assert even.converted == 1
    assert not even.refused
    line, count = np.concatenate([samples for samples, _ in parts]), 0
    for samples, time in parts:
        assert abs(time - Fraction(count, 48_000)) < Fraction(1, 20_000)
        count += len(samples)
    expected = np.sin(2 * np.pi * 500 * np.arange(3 * 48_000) / 48_000)
    assert abs(len(line) - len(expected)) <= 1
    inside = slice(49_000, 95_000)  # beside the joints
    assert np.abs(line[inside] - expected[inside]).max() < 0.01


def test_a_whole_file_that_changes_its_rate_is_heard_to_its_end():
    """As at a splice: a transport stream goes on at another rate; whole and block by block the same is heard."""
    parts = []
    for place, rate in enumerate((48_000, 32_000, 48_000)):
        talker = make_talker(3 + place, fps=Fraction(25), sample_rate=rate, duration=Fraction(2), size=64)
        parts.append(encode_clip(talker, container="mpegts"))
    joined = b"".join(parts)
    _, streamed, stream, _ = _read(joined)
    clip = decode_clip(joined, name="joined.ts")
    assert clip.sample_rate == 48_000
    (told,) = (warning for warning in clip.warnings if "changes its sample rate" in warning)
    assert "2.0 s at another rate were converted to 48000 Hz" in told
    assert abs(float(clip.sound_end - clip.sound_start) - 6) < 0.15
    assert abs(clip.sound_start - stream.start) < Fraction(1, 1000)
    assert abs(len(clip.samples) - len(streamed)) <= 48
    middle = slice(int(2.3 * 48_000), int(3.7 * 48_000))  # what came at the other rate
    assert np.abs(clip.samples[middle]).max() > 0.01
    np.testing.assert_allclose(clip.samples[middle], streamed[middle], atol=1e-6)
    samples, rate, _ = decode_sound(joined)
    assert (rate, len(samples)) == (48_000, len(clip.samples))
