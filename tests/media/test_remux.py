"""Copies with other sound: packets as they were, sound where it belongs, everything else still there."""

import hashlib
import io
import shlex
import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from click_flash import clip_of, errors_ms
from clicking_film import CLICKS, RATE, made_film
from imageio_ffmpeg import get_ffmpeg_exe
from remux import pcm_file

from divas_jax.errors import UserError
from divas_jax.media.container import open_media
from divas_jax.media.decode import decode_clip
from divas_jax.media.encode import encode_clip
from divas_jax.media.heard_sound import heard_sound, other_sounds
from divas_jax.media.remux import picture_packets, with_other_sound
from divas_jax.media.retime import Part, placed, stretched, stretched_at_pitch
from divas_jax.media.sound_stream import SoundStream
from divas_jax.title.repair import Repair, lead_of
from divas_jax.title.repair_command import ffmpeg_command
from divas_jax.title.repaired_sound import repaired_sound


def heard_clicks(path: Path) -> list[float]:
    """Times of the clicks (s), against the file's first picture."""
    with open_media(path) as media:
        stream = SoundStream(media)
        sound = np.concatenate(list(stream.blocks()))
    with av.open(str(path), options={"advanced_editlist": "0"}) as file:
        picture = min(frame.pts * frame.time_base for frame in file.decode(video=0))
    found, place = [], 0
    while (loud := np.flatnonzero(np.abs(sound[place:]) > 0.3)).size:
        at = place + int(loud[0])
        found.append(float(stream.start - picture) + at / stream.sample_rate)
        place = at + RATE // 4
    return found


def packets(path: Path, **which: int) -> list[str]:
    with av.open(str(path)) as file:
        return [hashlib.sha256(bytes(packet)).hexdigest() for packet in file.demux(**which) if packet.size]


def copied(path: Path, out: Path, parts: list[Part]) -> Path:
    heard = heard_sound(path, out)
    with_other_sound(path, out, out, [heard], lambda _: lambda blocks: placed(blocks, parts, RATE))
    return out


@pytest.mark.parametrize(
    ("suffix", "codec", "near"),
    [
        (".mov", "pcm_s16le", 1e-5),
        (".mkv", "flac", 6e-4),
        (".mp4", "aac", 1e-3),
        (".ts", "aac", 1e-3),
        (".mkv", "ac3", 1.5e-3),
    ],
)
@pytest.mark.parametrize("by", [5949, -14_400])
def test_sound_moves_to_the_sample_and_pictures_do_not(tmp_path, suffix, codec, near, by):
    path = made_film(tmp_path / f"a{suffix}", codec)
    part = Part(0, None, by) if by > 0 else Part(-by, None, 0)
    out = copied(path, tmp_path / f"b{suffix}", [part])
    before, after = heard_clicks(path), heard_clicks(out)
    expected = [time + by / RATE for time in before]
    assert len(before) == len(CLICKS)
    assert after == pytest.approx(expected, abs=near)
    assert packets(out, video=0) == packets(path, video=0)
    assert packets(out, audio=1) == packets(path, audio=1)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_what_is_not_sound_is_kept(tmp_path, suffix):
    path = made_film(tmp_path / f"a{suffix}", "aac")
    out = copied(path, tmp_path / f"b{suffix}", [Part(0, None, 480)])
    with av.open(str(path)) as before, av.open(str(out)) as after:
        assert after.metadata["title"] == "Probe"
        assert [each["metadata"] for each in after.chapters()] == [each["metadata"] for each in before.chapters()]
        assert [each.metadata["language"] for each in after.streams.audio] == ["deu", "fra"]
        assert [each.type for each in after.streams] == [each.type for each in before.streams]
        assert after.streams.audio[0].codec_context.name == before.streams.audio[0].codec_context.name
        for name in ("color_range", "colorspace", "color_primaries", "width", "height"):
            mine, theirs = (getattr(file.streams.video[0].codec_context, name) for file in (after, before))
            assert mine == theirs


@pytest.mark.parametrize(("suffix", "kept"), [(".mov", True), (".mp4", True), (".mkv", True), (".ts", False)])
def test_a_timecode_is_read_and_kept_or_said_to_be_lost(tmp_path, suffix, kept):
    path, out = made_film(tmp_path / "a.mov", timecode="01:00:00;00"), tmp_path / f"b{suffix}"
    heard = heard_sound(path, out)
    copy = with_other_sound(path, out, out, [heard], lambda _: lambda blocks: blocks)
    with open_media(path) as before, open_media(out) as after:
        assert before.timecode == "01:00:00;00"
        assert after.timecode == ("01:00:00;00" if kept else "")
        assert (before.running_clock, after.running_clock) == (False, suffix == ".ts")
    assert bool(copy.left_out) == (not kept)


def test_every_sound_track_can_move(tmp_path):
    path, out = made_film(tmp_path / "a.mkv", "ac3"), tmp_path / "b.mkv"
    heard = heard_sound(path, out)
    others, doubts = other_sounds(path, out, heard)
    assert [(each.number, each.codec, each.channels) for each in (heard, *others)] == [(0, "ac3", 2), (1, "flac", 1)]
    assert doubts == []
    parts = [Part(0, None, 4800)]
    with_other_sound(path, out, out, [heard, *others], lambda _: lambda blocks: placed(blocks, parts, RATE))
    assert heard_clicks(out) == pytest.approx([time + 0.1 for time in heard_clicks(path)], abs=2e-3)
    with open_media(out) as media:
        second = replace(media, sound=media.container.streams.audio[1])
        sound = np.concatenate(list(SoundStream(second).blocks()))
    assert np.flatnonzero(np.abs(sound) > 0.3)[0] == pytest.approx((CLICKS[0] + 0.1) * RATE, abs=3)
    assert picture_packets(out) == picture_packets(path)


def test_sound_that_begins_late_is_moved_into_the_room_before_it(tmp_path):
    path, out = made_film(tmp_path / "a.mov", "pcm_s16le", sound_at=0.5), tmp_path / "b.mov"
    for by, first in ((-0.2, 0.3), (-0.7, 0.0), (0.2, 0.5)):
        heard = heard_sound(path, out)
        plan = Repair(1.0, by)
        heard = replace(heard, lead=lead_of(plan, heard.start, heard.file_start, RATE))
        with_other_sound(path, out, out, [heard], lambda sound, plan=plan: repaired_sound(plan, [], sound, False))
        assert heard_clicks(out) == pytest.approx([time + 0.5 + by for time in CLICKS], abs=1e-4)
        with open_media(out) as media:
            assert float(SoundStream(media).start) == pytest.approx(first, abs=1e-4)


@pytest.mark.parametrize(("suffix", "codec"), [(".mov", "pcm_s16le"), (".mp4", "aac"), (".mkv", "flac")])
@pytest.mark.parametrize("sound_at", [0.0, 0.5])
@pytest.mark.parametrize("plan", [Repair(1.0, 0.2), Repair(1.0, -0.2), Repair(1.002, -0.1)])
def test_the_ffmpeg_command_does_the_same(tmp_path, suffix, codec, sound_at, plan):
    path = made_film(tmp_path / f"a{suffix}", codec, sound_at=sound_at)
    mine, theirs = tmp_path / f"mine{suffix}", tmp_path / f"theirs{suffix}"
    heard = heard_sound(path, mine)
    moved = replace(heard, lead=lead_of(plan, heard.start, heard.file_start, RATE))
    with_other_sound(path, mine, mine, [moved], lambda sound: repaired_sound(plan, [], sound, False))
    words = shlex.split(ffmpeg_command(path, theirs, plan, [heard], False))
    done = subprocess.run([get_ffmpeg_exe(), *words[1:], "-v", "error"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(heard_clicks(theirs)) == len(CLICKS)
    assert heard_clicks(theirs) == pytest.approx(heard_clicks(mine), abs=2e-3)


def test_a_broadcast_that_changes_its_channels_keeps_its_sound(tmp_path):
    path, out = tmp_path / "a.ts", tmp_path / "b.ts"
    parts = []
    for number, layout in enumerate(("stereo", "5.1")):  # 0.2 s apart
        part = io.BytesIO()
        with av.open(part, "w", format="mpegts", container_options={"mpegts_start_pid": "256"}) as output:
            seen = output.add_stream("libx264", rate=25, options={"bf": "0"})
            seen.width = seen.height = 32
            heard = output.add_stream("ac3", rate=RATE, layout=layout)
            count = heard.layout.nb_channels
            for second in range(2):
                for place in range(25):
                    picture = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), "rgb24")
                    picture.pts, picture.time_base = 55 * number + 25 * second + place, Fraction(1, 25)
                    output.mux(seen.encode(picture))
                tone = np.sin(np.arange(RATE) / 10).astype(np.float32)[None].repeat(count, 0) / 2
                sound = av.AudioFrame.from_ndarray(np.ascontiguousarray(tone), "fltp", layout)
                sound.sample_rate, sound.time_base = RATE, Fraction(1, RATE)
                sound.pts = (11 * number + 5 * second) * RATE // 5
                output.mux(heard.encode(sound))
            output.mux(seen.encode(None))
            output.mux(heard.encode(None))
        parts.append(part.getvalue())
    path.write_bytes(b"".join(parts))
    heard = heard_sound(path, out)
    assert (heard.channels, heard.layout) == (2, "stereo")
    with_other_sound(path, out, out, [heard], lambda _: lambda blocks: placed(blocks, [Part(0, None, 0)], RATE))
    with open_media(out) as media:
        sound = np.concatenate(list(SoundStream(media).blocks()))
    loud = [float(np.abs(sound[second * RATE + 9600 : (second + 1) * RATE - 9600]).max()) for second in range(4)]
    assert min(loud) > 0.1


@pytest.mark.parametrize(
    ("codec", "suffix", "encoder"),
    [
        ("pcm_s16le", ".ts", "aac"),
        ("flac", ".ts", "aac"),
        ("flac", ".mov", "pcm_s24le"),
        ("pcm_s16le", ".mp4", "aac"),
        ("ac3", ".ts", "ac3"),
    ],
)
def test_what_a_container_cannot_hold_is_written_otherwise(tmp_path, codec, suffix, encoder):
    path = made_film(tmp_path / "a.mkv", codec)
    assert heard_sound(path, tmp_path / f"b{suffix}").encoder == encoder


@pytest.mark.parametrize("codec", ["aac", "pcm_s16le"])
def test_sound_of_other_codecs_gets_a_bit_rate_that_opus_takes(tmp_path, codec):
    path, out = tmp_path / "a.mkv", tmp_path / "b.webm"
    clip = clip_of(25, RATE)
    encode_clip(clip, path, container="mkv", video_codec="libvpx-vp9", audio_codec=codec)
    heard = heard_sound(path, out)
    assert heard.encoder == "libopus"
    with_other_sound(path, out, out, [heard], lambda _: lambda blocks: placed(blocks, [Part(0, None, 960)], RATE))
    assert np.median(errors_ms(decode_clip(out)) - errors_ms(decode_clip(path))) == pytest.approx(20, abs=1)


@pytest.mark.parametrize(
    ("container", "picture", "suffix", "sentence"),
    [
        ("mp4", "libx264", ".webm", r"b\.webm cannot hold the picture of .*a\.mp4 \(h264\): take --out b\.mkv"),
        ("webm", "libvpx-vp9", ".ts", r"b\.ts cannot hold the picture of .*a\.webm \(vp9\): take --out b\.mkv"),
        ("webm", "libvpx-vp9", ".mov", r"b\.mov cannot hold the picture of .*a\.webm \(vp9\): take --out b\.mkv"),
        ("mp4", "libx264", ".mxf", r"an mxf is only written of an mxf; take --out b\.mkv"),
        ("mp4", "libx264", ".mpg", r"b\.mpg should end in one of .*; b\.mkv holds nearly all"),
    ],
)
def test_a_picture_that_a_container_cannot_hold_is_refused_at_once(tmp_path, container, picture, suffix, sentence):
    path = tmp_path / f"a.{container}"
    encode_clip(clip_of(25, RATE, seconds=1), path, container=container, video_codec=picture)
    with pytest.raises(UserError, match=sentence):
        heard_sound(path, tmp_path / f"b{suffix}")
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_mp4_keeps_beginnings_finer_than_milliseconds(tmp_path):
    path, out = tmp_path / "a.mp4", tmp_path / "b.mp4"
    encode_clip(clip_of(Fraction(30000, 1001), RATE, sound_start=Fraction(7, 3000)), path)
    heard = heard_sound(path, out)
    with_other_sound(path, out, out, [heard], lambda _: lambda blocks: placed(blocks, [Part(0, None, 0)], RATE))
    assert errors_ms(decode_clip(out)) == pytest.approx(errors_ms(decode_clip(path)), abs=0.05)


def test_what_nothing_can_write_is_said_before_anything_is_done(tmp_path, monkeypatch):
    path = made_film(tmp_path / "a.mkv")
    monkeypatch.setattr("divas_jax.media.heard_sound.holds_sound", lambda *_: False)
    with pytest.raises(UserError, match=r"b\.mov cannot hold sound of 48000 Hz"):
        heard_sound(path, tmp_path / "b.mov")


def test_a_transport_stream_has_the_judged_sound_first(tmp_path):
    path, out = made_film(tmp_path / "a.mkv", "ac3"), tmp_path / "b.ts"
    heard = heard_sound(path, out)
    others, _ = other_sounds(path, out, heard)
    with_other_sound(path, out, out, others, lambda _: lambda blocks: blocks)  # as if the second were meant
    with av.open(str(out)) as file:
        assert [stream.codec_context.name for stream in file.streams.audio] == ["aac", "ac3"]


def test_transport_streams_of_discs_have_longer_packets(tmp_path):
    path, out = made_film(tmp_path / "a.ts"), tmp_path / "b.m2ts"
    copied(path, out, [Part(0, None, 0)])
    content = out.read_bytes()
    assert {content[place] for place in range(4, len(content), 192)} == {0x47}


def test_parts_move_apart_and_over_each_other():
    ramp = np.arange(1, 41, dtype=np.float32)[:, None] * np.ones(2, np.float32)
    blocks = [ramp[:7], ramp[7:9], ramp[9:]]
    out = np.concatenate(list(placed(iter(blocks), [Part(0, 10, 0), Part(15, 20, 10), Part(20, None, 25)], 1)))[:, 0]
    assert out[:10].tolist() == ramp[:10, 0].tolist()
    assert out[10:15].tolist() == ramp[15:20, 0].tolist()
    assert not out[15:25].any()
    assert out[25:45].tolist() == ramp[20:40, 0].tolist()
    assert len(out) == 45


def test_cuts_fade():
    ones = np.ones((4800, 1), np.float32)
    out = np.concatenate(list(placed([ones], [Part(0, 2400, 0), Part(2400, None, 2400)], RATE)))[:, 0]
    assert out[2399] < 0.01
    assert out[2400] < 0.01
    assert np.abs(np.diff(out)).max() < 0.01


def test_a_stretch_is_exact_over_a_minute():
    ratio = 1 / (1 - 10 / 60_000)  # ten ms a minute
    sound = np.zeros((60 * RATE, 1), np.float32)
    sound[::RATE] = 1.0
    out = np.concatenate(list(stretched(np.array_split(sound, 100), ratio, 1)))[:, 0]
    places = [round(n * RATE * ratio) for n in range(1, 60)]
    peaks = [int(np.argmax(out[place - 500 : place + 500])) - 500 for place in places]
    assert max(map(abs, peaks)) <= 1
    assert len(out) == pytest.approx(60 * RATE * ratio, abs=2)


def test_a_stretch_can_keep_the_pitch():
    time = np.arange(10 * RATE) / RATE
    sound = np.stack([np.sin(2 * np.pi * 1000 * time)] * 2, 1).astype(np.float32)
    out = np.concatenate(list(stretched_at_pitch(np.array_split(sound, 50), 1.01, RATE, "stereo")))
    assert len(out) == pytest.approx(10.1 * RATE, rel=2e-3)
    spectrum = np.abs(np.fft.rfft(out[RATE : 9 * RATE, 0]))
    assert np.argmax(spectrum) / 8 == pytest.approx(1000, abs=1)


def test_an_unknown_end_is_refused(tmp_path):
    path = made_film(tmp_path / "a.mp4")
    with pytest.raises(UserError, match=r"b\.xyz should end in one of"):
        heard_sound(path, tmp_path / "b.xyz")


def test_an_mxf_keeps_its_last_pictures_and_other_files_their_length(tmp_path):
    """Sound that comes half a second earlier: filled up at its end where the last pictures would be lost without."""
    film = pcm_file(np.ones((1, RATE), np.int16), RATE, "mono", "pcm_s16le", "mov")
    (tmp_path / "a.mov").write_bytes(film)
    with av.open(io.BytesIO(film)) as source, av.open(str(tmp_path / "a.mxf"), "w", format="mxf") as target:
        picture = target.add_stream("mpeg2video", rate=25)
        picture.width = picture.height = 64
        picture.pix_fmt = "yuv420p"
        sound = target.add_stream("pcm_s16le", rate=RATE, layout="mono")
        for frame in source.decode(video=0):
            target.mux(picture.encode(frame.reformat(64, 64, "yuv420p")))
        target.mux(picture.encode(None))
        source.seek(0)
        for frame in source.decode(audio=0):
            target.mux(sound.encode(frame))
        target.mux(sound.encode(None))
    lengths = {}
    for name in ("a.mov", "a.mxf"):
        out = tmp_path / f"out{name[1:]}"
        copied(tmp_path / name, out, [Part(RATE // 2, None, 0)])
        assert picture_packets(out)[0] == picture_packets(tmp_path / name)[0] == 25
        with open_media(out) as media:
            lengths[name] = sum(len(block) for block in SoundStream(media).blocks())
    assert lengths["a.mov"] < 0.6 * RATE
    assert lengths["a.mxf"] == RATE
