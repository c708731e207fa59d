"""Files as they are found: cuts, gaps, channels, damage and things that are no clips."""

import io
import re
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest
from click_flash import clip_of, errors_ms
from remux import copied, pcm_file, silent_film

from divas_jax.errors import UserError
from divas_jax.media.boxes import edited_in_parts, timing_doubts
from divas_jax.media.container import MAX_SIDE
from divas_jax.media.decode import decode_clip, decode_sound, stream_pictures
from divas_jax.media.encode import encode_clip

CUT = Fraction("1.2345")


@pytest.fixture(scope="module")
def media():
    return encode_clip(clip_of(25, 48_000, seconds=6), keyframe_interval=12)


@pytest.mark.parametrize("container", ["mp4", "mov"])
@pytest.mark.parametrize("early", [Fraction(-1, 20), Fraction(0), Fraction(1, 40), Fraction(1, 3)], ids=str)
def test_copied_cut_with_edit_list(media, container, early):
    """`-ss 1.2345 -c copy`: the picture from the key frame before, the sound from about the cut, hidden by edits."""
    # By default the writer rounds a late start down to a whole millisecond, which no reader can undo.
    options = {"movie_timescale": "48000"}
    first = {"video": Fraction("0.96"), "audio": CUT - early}
    cut = copied(media, container, move=-CUT, keep=lambda kind, time: time >= first[kind], options=options)
    back = decode_clip(cut)
    assert 0 <= back.frame_time(0) < Fraction(1, 25)
    assert 0 <= back.sound_start < max(-early, 0) + Fraction(1, 40)
    assert abs(errors_ms(back)).max() < 0.5


@pytest.mark.parametrize("container", ["matroska", "mpegts", "mp4", "mov"])
def test_copied_into_another_container(media, container):
    assert abs(errors_ms(decode_clip(copied(media, container)))).max() < 0.5


def test_fragmented_mp4(media):
    fragments = copied(media, "mp4", options={"movflags": "frag_keyframe+empty_moov"})
    assert abs(errors_ms(decode_clip(fragments))).max() < 0.5


def test_fragmented_mp4_with_negative_offsets_warns(media):
    fragments = copied(media, "mp4", options={"movflags": "frag_keyframe+empty_moov+negative_cts_offsets"})
    assert "negative composition offsets" in " ".join(decode_clip(fragments).warnings)


@pytest.mark.parametrize("container", ["mp4", "matroska", "mpegts"])
def test_gap_becomes_silence(media, container):
    gapped = copied(media, container, keep=lambda kind, t: kind == "video" or not 2 < t < Fraction("2.7"))
    back = decode_clip(gapped)
    if container == "mp4":  # its sample table turns a gap into one long packet, so that nothing tells of it but time
        assert back.sound_end - back.sound_start > Fraction("5.9")
    else:
        assert "1 gap " in " ".join(back.warnings)
    quiet = back.samples[back.sample_at(Fraction("2.2")) : back.sample_at(Fraction("2.5"))]
    assert not quiet.any()
    errors = errors_ms(back)
    assert (abs(errors) < 0.5).sum() >= len(errors) - 1  # the click inside the gap is gone


@pytest.mark.parametrize("layout", ["mono", "stereo", "5.1", "7.1"])
@pytest.mark.parametrize(
    ("codec", "kind", "full"),
    [
        ("pcm_s16le", np.int16, 2**15),
        ("pcm_s32le", np.int32, 2**31),
        ("pcm_f32le", np.float32, 1),
        ("pcm_u8", np.uint8, 128),
    ],
)
def test_of_many_channels_the_centre_is_heard_and_two_are_averaged(layout, codec, kind, full):
    count = av.AudioLayout(layout).nb_channels
    values = np.random.default_rng(0).uniform(-0.9, 0.9, (count, 16_000))
    stored = values * full + (128 if kind is np.uint8 else 0)
    clip = decode_clip(pcm_file(stored.astype(kind), 16_000, layout, codec))
    heard = values.mean(0) if count < 3 else values[2]
    np.testing.assert_allclose(clip.samples, heard, atol=1.01 / min(full, 2**15) if full > 1 else 1e-6)


def test_size_and_max_frames(media):
    clip = decode_clip(media, size=(20, 24), max_frames=30)
    assert clip.frames.shape == (30, 20, 24, 3)
    assert Fraction(2) < clip.sound_end < Fraction(4)
    assert not clip.warnings


def test_streaming_gives_the_same(media):
    clip = decode_clip(media)
    for index, (time, frame) in enumerate(stream_pictures(media)):
        assert time == clip.frame_time(index)
        np.testing.assert_array_equal(frame, clip.frames[index])
    assert index == len(clip.frames) - 1
    samples, sample_rate, start = decode_sound(media)
    np.testing.assert_array_equal(samples, clip.samples)
    assert (sample_rate, start) == (clip.sample_rate, clip.sound_start)


def test_avi_is_refused():
    avi = encode_clip(clip_of(25, 44_100, seconds=1), container="avi")
    with pytest.raises(UserError, match="avi"):
        decode_clip(avi, name="old.avi")


def test_files_that_are_no_clips(tmp_path, media):
    for content, said in [
        (b"", "is empty"),
        (b"this is text, whatever its name says\n" * 50, "not a media file"),
        (media[: len(media) // 2], "truncated or damaged"),
        (silent_film(), "no sound stream"),
        (pcm_file(np.zeros((1, 16_000), np.int16), 16_000, "mono", picture=False), "no picture stream"),
        (pcm_file(np.zeros((1, 4_000), np.int16), 4_000, "mono"), "sample rate of 4000 Hz"),
        (b"#EXTM3U\n#EXTINF:1,\nother.ts\n", "not a media file"),
    ]:
        path = tmp_path / "clip.mp4"
        path.write_bytes(content)
        with pytest.raises(UserError, match=said) as caught:
            decode_clip(path)
        assert str(path) in str(caught.value)
    with pytest.raises(UserError, match="does not exist"):
        decode_clip(tmp_path / "missing.mp4")
    with pytest.raises(UserError, match="folder"):
        decode_clip(tmp_path)


def test_huge_pictures_are_refused():
    clip = clip_of(25, 16_000, seconds=1)
    wide = encode_clip(
        replace(clip, frames=np.zeros((1, 16, MAX_SIDE + 16, 3), np.uint8), frame_pts=clip.frame_pts[:1])
    )
    with pytest.raises(UserError, match="8208x16"):
        decode_clip(wide)


def test_file_that_breaks_off(media):
    fragments = copied(media, "mp4", options={"movflags": "frag_keyframe"})
    amid_data = fragments.rindex(b"mdat", 0, len(fragments) * 2 // 3) + 50
    for content, kept in (
        (fragments, amid_data),
        (copied(media, "matroska"), len(media) // 2),
        (_index_first(media), len(media) * 4 // 5),
    ):
        clip = decode_clip(content[:kept])
        assert 20 < len(clip.frames) < 149
        assert any("cut off" in warning or "breaks off" in warning for warning in clip.warnings)
        assert abs(errors_ms(clip)).max() < 0.5


def test_flipped_bytes_never_crash(media):
    rng = np.random.default_rng(0)
    for container in ("mp4", "matroska", "mpegts"):
        good = np.frombuffer(copied(media, container), np.uint8)
        for _ in range(12):
            bad = good.copy()
            bad[rng.integers(0, len(bad), 40)] = rng.integers(0, 256, 40)
            try:
                clip = decode_clip(bad.tobytes(), size=(16, 16))
            except UserError:
                continue
            assert (np.diff(clip.frame_pts) > 0).all()
            assert np.isfinite(clip.samples).all()


def test_edit_list_of_several_segments_warns(media):
    at = media.index(b"elst")
    doubled = bytearray(media)
    assert not timing_doubts(io.BytesIO(media))
    # Version 0: flags, count, then 12 bytes an entry. Grow the first list by one entry in place, sizes included.
    entry = bytes(doubled[at + 12 : at + 24])
    doubled[at + 8 : at + 12] = (2).to_bytes(4, "big")
    doubled[at + 24 : at + 24] = entry
    for name, back in ((b"elst", 4), (b"edts", 4), (b"trak", 4), (b"moov", 4)):
        start = bytes(doubled[: at + 4]).rindex(name) - back
        doubled[start : start + 4] = (int.from_bytes(doubled[start : start + 4], "big") + 12).to_bytes(4, "big")
    assert "put together of parts" in timing_doubts(io.BytesIO(bytes(doubled)))[0]
    assert "put together of parts" in " ".join(decode_clip(bytes(doubled)).warnings)
    assert edited_in_parts(io.BytesIO(bytes(doubled))) == {"vide"}
    assert not edited_in_parts(io.BytesIO(media))
    assert not edited_in_parts(io.BytesIO(b"RIFF and so on"))


def _index_first(media):
    """The same mp4 with its table of contents before its data, as files for the web have it."""
    start = media.index(b"moov") - 4
    index = bytearray(media[start:])
    for kind in re.finditer(b"stco", bytes(index)):
        count = int.from_bytes(index[kind.end() + 4 : kind.end() + 8], "big")
        for at in range(kind.end() + 8, kind.end() + 8 + 4 * count, 4):
            place = int.from_bytes(index[at : at + 4], "big") + len(index)
            index[at : at + 4] = place.to_bytes(4, "big")
    kind_box = int.from_bytes(media[:4], "big")
    return media[:kind_box] + bytes(index) + media[kind_box:start]
