"""Which track and channels are heard, on small made files: a voice, music, hum, silence, a commentary."""

import io
from fractions import Fraction

import av
import numpy as np
import pytest
from av.stream import Disposition

from divas_jax.errors import UserError
from divas_jax.media.container import open_media
from divas_jax.media.decode import decode_clip
from divas_jax.media.hearing import hearing_of
from divas_jax.media.tracks import Wish
from divas_jax.talkers import make_talker
from divas_jax.title.listening import listen, listen_all

RATE, SECONDS = 16_000, 6


@pytest.fixture(scope="module")
def voices():
    """Two people, about as loud as each other."""
    talkers = [
        make_talker(seed, fps=Fraction(25), sample_rate=RATE, duration=Fraction(SECONDS), size=16, distractions=False)
        for seed in (3, 11)
    ]
    return [0.7 * talker.samples / np.abs(talker.samples).max() for talker in talkers]


def tone(pitch, level=0.3):
    time = np.arange(SECONDS * RATE) / RATE
    return (level * np.sin(2 * np.pi * pitch * time) * (1 + np.sin(np.pi * time)) / 2).astype(np.float32)


def noise(level=0.2, seed=0):
    return (level * np.random.default_rng(seed).standard_normal(SECONDS * RATE)).astype(np.float32)


def written(path, *tracks, cover=False, container="matroska"):
    """A black film with sound tracks, each (layout, channels, marks…)."""
    with av.open(str(path), "w", format=container) as output:
        picture = output.add_stream("mpeg4", rate=25)
        picture.width = picture.height = 32
        sounds = []
        for layout, channels, disposition, names in tracks:
            stream = output.add_stream("pcm_s16le", rate=RATE, layout=layout)
            stream.disposition = disposition
            stream.metadata.update(names)
            sounds.append((stream, np.stack(channels)))
        if cover:
            still = output.add_stream("mjpeg", rate=25)
            still.width, still.height, still.pix_fmt = 320, 240, "yuvj420p"
            still.disposition = Disposition.attached_pic
        for index in range(25 * SECONDS):
            frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), "rgb24")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            output.mux(picture.encode(frame))
        if cover:
            output.mux(still.encode(av.VideoFrame.from_ndarray(np.full((240, 320, 3), 99, np.uint8), "rgb24")))
            output.mux(still.encode(None))
        output.mux(picture.encode(None))
        for stream, channels in sounds:
            values = np.clip(channels.T.reshape(1, -1) * 32767, -32768, 32767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(values), "s16", stream.layout.name)
            frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
            output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
    return path


def one(layout, *channels):
    return layout, channels, Disposition(0), {}


def test_a_voice_in_the_centre_is_not_drowned(tmp_path, voices):
    others = [tone(220), tone(262), noise(0.2), tone(50, 0.5), tone(330)]
    path = written(tmp_path / "a.mkv", one("5.1", others[0], others[1], 0.3 * voices[0], *others[2:]))
    found = listen(path)
    assert found.words == "centre channel of 5.1"
    np.testing.assert_allclose(decode_clip(path, hearing=found).samples, 0.3 * voices[0], atol=1e-3)
    np.testing.assert_array_equal(decode_clip(path).samples, decode_clip(path, hearing=found).samples)


def test_a_silent_centre_is_no_centre(tmp_path, voices):
    silent = 0 * voices[0]
    path = written(tmp_path / "a.mkv", one("5.1", voices[0], voices[0], silent, silent, silent, silent))
    assert listen(path).words == "left and right channels of 5.1 (the others are silent)"


def test_opposite_phase_does_not_cancel(tmp_path, voices):
    path = written(tmp_path / "a.mkv", one("stereo", voices[0], -voices[0]))
    for found in (listen(path), hearing_of(path)):
        assert found.weights == (1.0, 0.0)
    assert np.abs(decode_clip(path).samples).max() > 0.3


def test_usual_stereo_is_averaged_and_needs_no_words(tmp_path, voices):
    path = written(tmp_path / "a.mkv", one("stereo", voices[0] + tone(220, 0.05), voices[0] + tone(262, 0.05)))
    assert (listen(path).weights, listen(path).words) == ((), "")


def test_a_quiet_voice_beside_hum_and_hiss(tmp_path, voices):
    path = written(tmp_path / "a.mkv", one("stereo", 0.3 * voices[0], tone(50, 0.6) + noise(0.1)))
    found = listen(path)
    assert found.words == "left channel of stereo (nobody speaks in the others)"


def test_two_languages_in_two_channels_are_not_mixed(tmp_path, voices):
    path = written(tmp_path / "a.mkv", one("stereo", *voices))
    assert listen(path).words == "left channel of stereo (they say different things)"
    assert listen(path, Wish(channel="2")).weights == (0.0, 1.0)
    assert listen(path, Wish(channel="fr")).weights == (0.0, 1.0)
    with pytest.raises(UserError, match="has no channel 'FC'; it has 1 to 2: FL, FR"):
        listen(path, Wish(channel="FC"))


def test_of_mono_tracks_the_first_that_holds_speech(tmp_path, voices):
    path = written(tmp_path / "a.mkv", one("mono", tone(220)), one("mono", noise(0.1)), one("mono", voices[0]))
    found = listen(path)
    assert found.words == "sound track 3 of 3, the first in which somebody speaks"
    np.testing.assert_allclose(decode_clip(path, hearing=found).samples, voices[0], atol=1e-3)


def test_a_commentary_is_not_what_is_meant(tmp_path, voices):
    aside = ("mono", [voices[1]], Disposition(0), {"title": "Director's Commentary", "language": "eng"})
    main = ("mono", [voices[0]], Disposition(0), {"title": "Original", "language": "fra"})
    described = ("mono", [voices[1]], Disposition.visual_impaired, {"language": "fra"})
    path = written(tmp_path / "a.mkv", aside, described, main)
    assert listen(path).words == "sound track 3 of 3 (fra, Original)"
    assert listen(path, Wish(track="commentary")).words == "sound track 1 of 3 (eng, Director's Commentary)"
    assert listen(path, Wish(track="ENG")).index == 1
    assert listen(path, Wish(track="2")).index == 2
    with pytest.raises(UserError, match=r"has no sound track 'deu'; it has sound track 1 of 3 \(eng, Director's"):
        listen(path, Wish(track="deu"))


def test_the_default_track_comes_first(tmp_path, voices):
    plain = ("mono", [voices[1]], Disposition(0), {"language": "eng"})
    default = ("mono", [voices[0]], Disposition.default, {"language": "fra"})
    assert listen(written(tmp_path / "a.mkv", plain, default)).words == "sound track 2 of 2 (fra)"


def test_a_cover_is_no_picture(tmp_path, voices):
    path = written(tmp_path / "a.mp4", one("mono", voices[0]), cover=True, container="mov")
    with open_media(path) as media:
        assert (media.picture.codec_context.width, media.picture.codec_context.height) == (32, 32)
    with pytest.raises(UserError, match="has no picture track '2'"), open_media(path, wish=Wish(picture="2")):
        pass


def test_the_same_is_heard_in_bytes_and_files(tmp_path, voices):
    path = written(tmp_path / "a.mkv", one("stereo", voices[0], 0 * voices[0]))
    assert hearing_of(path) == hearing_of(path.read_bytes())
    assert hearing_of(io.BytesIO(path.read_bytes()).getvalue()).weights == (1.0, 0.0)


def test_every_sound_of_a_file_is_listened_to_once(tmp_path, voices):
    """The file's own choice first; channels of one sound are no others."""
    path = tmp_path / "dubs.mkv"
    commentary = ("mono", [voices[1]], Disposition.comment, {"language": "fra"})
    written(path, commentary, ("mono", [voices[0]], 0, {"language": "eng"}))
    found, failures = listen_all(path, Wish(track="all"))
    assert [hearing.words for hearing in found] == ["sound track 2 of 2 (eng)", "sound track 1 of 2 (fra)"]
    assert failures == ()
    assert listen_all(path) == ((listen(path),), ())
    written(path, ("mono", [voices[0]], 0, {}), ("mono", [voices[1]], 0, {}))
    assert len(listen_all(path, Wish(track="all"))[0]) == 1


def test_what_is_not_heard_is_told_the_next_to_try_first(tmp_path, voices):
    """Asides last; mono tracks that nothing tells apart are one sound; of `--track all` nothing is left."""
    aside = ("mono", [voices], Disposition(0), {"title": "Commentary", "language": "eng"})
    spoken = [("mono", [voices], Disposition(0), {"language": language}) for language in ("eng", "fra", "deu")]
    path = written(tmp_path / "a.mkv", aside, *spoken)
    assert listen(path).unheard == (3, 4, 1)
    assert listen(path, Wish(track="3")).unheard == (4, 2, 1)
    assert listen(path, Wish(track="4")).unheard == (2, 3, 1)
    assert all(hearing.unheard == () for hearing in listen_all(path, Wish(track="all"))[0])
    assert listen(written(tmp_path / "b.mkv", spoken[0])).unheard == ()
    assert listen(written(tmp_path / "c.mkv", *[("mono", [voices], Disposition(0), {})] * 2)).unheard == ()
