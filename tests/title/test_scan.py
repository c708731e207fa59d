"""One pass: shots, scenes, tracks, crops and sound of a film about which everything is known."""

from fractions import Fraction

import av
import numpy as np
import pytest
from coloured_film import COLOURS, CUT, FPS, HEIGHT, SIDE, VOICES, WIDTH, film, find_squares, place

from divas_jax.errors import UserError
from divas_jax.media.decode import decode_clip
from divas_jax.media.encode import encode_clip
from divas_jax.media.tracks import Wish
from divas_jax.title import scenes as scenes_module
from divas_jax.title.scan import Scan
from divas_jax.title.speech import Span
from divas_jax.title.watching import WAIT, FaceWatcher, WholePictures


def _watcher(stages):
    return FaceWatcher(find_squares, stages)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    encode_clip(film(), path, crf=12)
    return path


@pytest.fixture(scope="module")
def scanned(file):
    scan = Scan(file, _watcher)
    return list(scan), scan.facts


def test_shots_and_scenes(scanned):
    scenes, facts = scanned
    assert facts.shots == [0, CUT]
    assert facts.pictures == 200
    assert (facts.start, facts.end) == (0, 200 / FPS)  # the last picture lasts as long as any
    assert [scene.shot for scene in scenes] == [0, 1]
    for scene, (start, end) in zip(scenes, VOICES, strict=True):
        assert scene.start == pytest.approx(start, abs=0.6)
        assert scene.end == pytest.approx(end, abs=0.6)
    assert 3 < facts.spoken < 6.5
    assert set(facts.stages.seconds) == {"decode", "shots", "speech", "faces", "crops"}


def test_tracks_show_their_faces(scanned):
    scenes, _ = scanned
    assert [len(scene.tracks) for scene in scenes] == [2, 1]
    identities = [track.identity for scene in scenes for track in scene.tracks]
    assert len(set(identities)) == 3
    for scene in scenes:
        for track in scene.tracks:
            assert track.start == pytest.approx(scene.start, abs=0.05)
            assert track.end == pytest.approx(scene.end, abs=0.05)
            middle = track.clip.frames[len(track.clip.frames) // 2]
            assert middle.shape == (128, 128, 3)
            colour = min(COLOURS, key=lambda name: np.abs(middle[52].astype(int) - COLOURS[name]).sum(-1).min())
            assert track.height == pytest.approx(SIDE, abs=3)
            for index in range(0, len(track.boxes), 10):
                corner = place(colour, float(track.clip.frame_time(index)))
                left, top = track.boxes[index][0] * WIDTH, track.boxes[index][1] * HEIGHT
                assert (left, top) == pytest.approx(corner, abs=4)


def test_times_and_sound_are_those_of_the_file(scanned, file):
    scenes, _ = scanned
    whole = decode_clip(file)
    for scene in scenes:
        for track in scene.tracks:
            clip = track.clip
            assert clip.fps == FPS
            assert clip.constant_rate
            times = [clip.frame_time(index) for index in range(len(clip.frames))]
            assert times == [round(times[0] * FPS) / FPS + Fraction(k) / FPS for k in range(len(times))]
            first = whole.sample_at(clip.sound_start)
            assert whole.sample_time(first) == clip.sound_start
            np.testing.assert_array_equal(clip.samples, whole.samples[first : first + len(clip.samples)])
            assert clip.sound_start <= max(whole.sound_start, clip.frame_time(0) - scenes_module.AROUND) + Fraction(
                1, 10
            )
            assert clip.sound_end >= min(whole.sound_end, clip.picture_end + scenes_module.AROUND) - Fraction(1, 10)


def test_late_sound_stays_late(tmp_path):
    """What lies between picture and sound is what is being measured: no start of a stream is moved to zero."""
    encode_clip(film(sound_start=Fraction(3, 4)), tmp_path / "late.mp4", crf=20)
    scenes = list(Scan(tmp_path / "late.mp4", _watcher))
    assert scenes[0].start == pytest.approx(VOICES[0][0] + Fraction(3, 4), abs=0.6)
    whole = decode_clip(tmp_path / "late.mp4", size=(16, 16))
    assert whole.sound_start == pytest.approx(Fraction(3, 4), abs=0.07)  # AAC begins with a frame of near-silence
    clip = scenes[0].tracks[0].clip
    first = whole.sample_at(clip.sound_start)
    np.testing.assert_array_equal(clip.samples, whole.samples[first : first + len(clip.samples)])


def test_few_pictures_wait(file):
    """Whatever the length of a film, only the pictures whose faces are still on their way are held."""
    most = 0

    class Counting(FaceWatcher):
        def add(self, picture):
            nonlocal most
            super().add(picture)
            most = max(most, len(self._waiting))

    list(Scan(file, lambda stages: Counting(find_squares, stages)))
    assert 5 < most <= (WAIT + Fraction(2, 5)) * FPS


def test_long_speech_becomes_several_scenes(file, monkeypatch):
    monkeypatch.setattr("divas_jax.title.scan.LONGEST", Fraction(1))
    scenes = list(Scan(file, _watcher))
    assert len(scenes) >= 4
    first = [scene for scene in scenes if scene.shot == 0]
    assert first[0].end == first[1].start
    assert {track.identity for track in first[0].tracks} == {track.identity for track in first[1].tracks}
    assert all(scene.end - scene.start >= scenes_module.SHORTEST for scene in scenes)


def test_whole_pictures(file):
    scenes = list(Scan(file, lambda stages: WholePictures(96, stages)))
    assert [len(scene.tracks) for scene in scenes] == [1, 1]
    for scene in scenes:
        (track,) = scene.tracks
        assert track.clip.frames.shape[1] == 96
        assert (track.start, track.end) == (scene.start, scene.end)
        assert track.boxes.tolist() == [[0, 0, 1, 1]] * len(track.clip.frames)


def test_no_media_is_said_in_a_sentence(tmp_path):
    (tmp_path / "film.mp4").write_bytes(b"no film")
    with pytest.raises(UserError, match=r"film\.mp4 is not a media file"):
        list(Scan(tmp_path / "film.mp4", _watcher))


def with_second_sound(source, target, late):
    """A copy whose sound is there twice, the second one `late` (s) later."""
    with av.open(str(source)) as film, av.open(str(target), "w", format="matroska") as copy:
        picture = copy.add_stream_from_template(film.streams.video[0])
        sounds = [copy.add_stream_from_template(film.streams.audio[0]) for _ in range(2)]
        for sound, language in zip(sounds, ("eng", "fra"), strict=True):
            sound.metadata["language"] = language
        for packet in film.demux():
            if not packet.size:
                continue
            if packet.stream.type == "video":
                packet.stream = picture
                copy.mux(packet)
                continue
            times = packet.pts, packet.dts, packet.time_base, bytes(packet)
            for sound, by in zip(sounds, (Fraction(0), late), strict=True):
                again = av.Packet(times[3])
                again.time_base, again.pts = times[2], times[0] + round(by / times[2])
                again.dts, again.stream = times[1] + round(by / times[2]), sound
                copy.mux(again)


def test_every_sound_is_beside_the_same_pictures(file, tmp_path):
    """Two sound tracks, the second 0.2 s later: one pass, one set of pictures, each sound at its own time."""
    with_second_sound(file, tmp_path / "dubs.mkv", Fraction(1, 5))
    named = Wish(track="1")
    alone = list(Scan(tmp_path / "dubs.mkv", _watcher, wish=named))
    scan = Scan(tmp_path / "dubs.mkv", _watcher, wish=Wish(track="all"))
    scenes = list(scan)
    assert [scene.start for scene in scenes] == [scene.start for scene in alone]
    (other,) = scan.facts.others
    assert 0 < other.spoken <= scan.facts.spoken + 0.5
    for scene in scenes:
        (beside,) = scene.others
        assert [track.identity for track in beside] == [track.identity for track in scene.tracks]
        for own, another in zip(scene.tracks, beside, strict=True):
            assert another.clip.frames is own.clip.frames
            rate, reach = own.clip.sample_rate, own.clip.sample_rate // 2
            middle = own.clip.samples[reach:-reach]
            scores = np.correlate(another.clip.samples, middle, "valid")
            moved = another.clip.sound_start + Fraction(int(scores.argmax()) - reach, rate) - own.clip.sound_start
            assert float(moved) == pytest.approx(0.2, abs=0.002)


def test_a_part_of_a_file_is_seen_as_in_the_whole(file, scanned):
    """From 4.6 to 6 s, inside the second voice: same pictures, same faces, same sound at the same times."""
    span = Span(Fraction(23, 5), Fraction(6))
    scan = Scan(file, _watcher, span=span)
    (part,) = list(scan)
    whole = scanned[0][1]
    assert span.start <= part.start
    assert part.end <= span.end + Fraction(1, 25)
    assert scan.facts.warnings == ()
    (own,), (all_of_it,) = part.tracks, whole.tracks
    offset = round((own.start - all_of_it.start) * 25)
    assert own.clip.frame_time(0) == all_of_it.clip.frame_time(offset)
    near = np.abs(own.clip.frames.astype(int) - all_of_it.clip.frames[offset:][: len(own.clip.frames)].astype(int))
    assert near.mean() < 3  # the way of a face is smoothed over what was seen of it
    rate, start = own.clip.sample_rate, max(own.clip.sound_start, all_of_it.clip.sound_start) + Fraction(1, 10)
    heard = [
        clip.samples[round((start - clip.sound_start) * rate) :][: rate // 2] for clip in (own.clip, all_of_it.clip)
    ]
    np.testing.assert_allclose(heard[0], heard[1], atol=1e-4)
