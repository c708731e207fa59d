"""A transport stream of several programmes: picture and sound are of one."""

import io
from fractions import Fraction

import av
import numpy as np
import pytest
from many_programmes import joined
from remux import copied

from divas_jax.errors import UserError
from divas_jax.media.container import open_media
from divas_jax.media.decode import decode_clip
from divas_jax.media.encode import encode_clip
from divas_jax.media.heard_sound import heard_sound
from divas_jax.media.hearing import hearing_of, open_heard
from divas_jax.media.programmes import programmes
from divas_jax.media.tracks import Wish
from divas_jax.talkers import make_talker

NAMES = ("Première", "Second")


@pytest.fixture(scope="module")
def parts():
    """Two streams of other sizes, so that pictures tell which is which."""
    talkers = [
        make_talker(seed, fps=Fraction(25), duration=Fraction(2), size=size) for seed, size in ((3, 64), (5, 96))
    ]
    return [encode_clip(talker, container="mpegts") for talker in talkers]


def width_of(source, wish):
    with open_media(source, wish=wish) as media:
        assert media.sound.id in media.programme.pids
        assert media.picture.id in media.programme.pids
        return media.picture.codec_context.width


@pytest.mark.parametrize("disc", [False, True])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_picture_and_sound_are_of_the_programme_that_is_meant(parts, order, disc):
    file = joined([parts[place] for place in order], (101, 7), NAMES, disc=disc)
    found = programmes(io.BytesIO(file))
    assert [(each.number, each.name, len(each.pids)) for each in found] == [(101, NAMES[0], 2), (7, NAMES[1], 2)]
    widths = [(64, 96)[place] for place in order]
    assert width_of(file, Wish()) == width_of(file, Wish(program=101)) == widths[0]
    assert width_of(file, Wish(program=7)) == widths[1]
    assert hearing_of(file).words == "programme 1 of 2 (Première, number 101)"
    heard = hearing_of(file, Wish(program=7))
    assert heard.words == "programme 2 of 2 (Second, number 7)"
    with open_heard(file, heard) as media:  # what is heard tells what is seen
        assert media.picture.codec_context.width == widths[1]
    alone = decode_clip(parts[order[1]])
    clip = decode_clip(file, hearing=heard, wish=Wish(program=7))
    np.testing.assert_array_equal(clip.samples, alone.samples)
    np.testing.assert_array_equal(clip.frames, alone.frames)


def test_a_programme_without_sound_gives_way(parts):
    silent = copied(parts[0], "mpegts", keep=lambda kind, time: kind == "video", kinds=("video",))
    file = joined([silent, parts[1]], (1, 2), ("Silent", "Spoken"))
    assert width_of(file, Wish()) == 96
    assert hearing_of(file).words == "programme 2 of 2 (Spoken)"
    with pytest.raises(UserError, match="programme 1, has no sound stream"):
        hearing_of(file, Wish(program=1))


def test_a_number_that_is_not_there(parts, tmp_path):
    path = tmp_path / "a.ts"
    path.write_bytes(joined(parts, (101, 7), NAMES))
    with pytest.raises(UserError, match=r"a\.ts has no programme 3; it has 101 \(Première\), 7 \(Second\)"):
        hearing_of(path, Wish(program=3))
    with pytest.raises(UserError, match="has no programme 3; it tells of none"):
        hearing_of(copied(parts[0], "matroska"), Wish(program=3))
    assert hearing_of(parts[0], Wish(program=1)).words == hearing_of(parts[0]).words == ""


def test_several_programmes_are_not_copied(parts, tmp_path):
    path = tmp_path / "a.ts"
    path.write_bytes(joined(parts, (101, 7), NAMES))
    hearing = hearing_of(path, Wish(program=7))
    with pytest.raises(UserError, match=r"holds 2 programmes, which a copy would mix up.*-map 0:p:7 -c copy"):
        heard_sound(path, tmp_path / "b.ts", hearing)
    path.write_bytes(parts[0])
    assert heard_sound(path, tmp_path / "b.ts").number == 0


def test_garbage_has_no_programmes(parts):
    rng = np.random.default_rng(0)
    file = joined(parts, (101, 7), NAMES)[: 188 * 200]
    assert programmes(io.BytesIO(b"")) == programmes(io.BytesIO(b"\x47" * 5000)) == ()
    assert programmes(io.BytesIO(rng.bytes(50_000))) == ()
    assert len(programmes(io.BytesIO(b"noise" * 7 + file))) == 2
    for _ in range(100):
        hurt = bytearray(file[: int(rng.integers(1, len(file)))])
        for place in rng.integers(0, len(hurt), int(rng.integers(1, 2000))):
            hurt[place] = int(rng.integers(0, 256))
        assert len(programmes(io.BytesIO(bytes(hurt)))) <= 2


def test_tables_with_any_content_do_not_raise(monkeypatch):
    """As above, where the checksum lets everything through."""
    monkeypatch.setattr("divas_jax.media.programmes._unharmed", lambda section: True)
    rng = np.random.default_rng(1)
    for _ in range(300):
        pids = rng.choice([0, 0x11, 0x30], 60)
        heads = [b"\x47" + (0x4000 | int(pid)).to_bytes(2, "big") + b"\x10\0" for pid in pids]
        tables = [bytes([{0: 0, 0x11: 0x42, 0x30: 2}[int(pid)]]) + b"\xb0" + rng.bytes(182) for pid in pids]
        programmes(io.BytesIO(b"".join(head + table for head, table in zip(heads, tables, strict=True))))


def test_the_stream_stays_where_it_is(parts):
    stream = io.BytesIO(parts[0])
    stream.seek(77)
    assert [each.number for each in programmes(stream)] == [1]
    assert stream.tell() == 77
    with av.open(io.BytesIO(parts[0])) as container:
        assert {each.id for each in container.streams} == set(programmes(stream)[0].pids)
