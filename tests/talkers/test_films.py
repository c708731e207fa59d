"""Made-up films: pictures, sound and truth agree, to the frame and to the sample."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from divas_jax.errors import UserError
from divas_jax.faces.crops import face_square
from divas_jax.faces.speaker_labels import SpeakerLabel, read_labels, write_labels
from divas_jax.media.decode import decode_clip
from divas_jax.talkers.films import (
    Film,
    FilmFace,
    FilmScene,
    OffScreen,
    Stretch,
    draw_film,
    film_pictures,
    film_sound,
    film_truth,
    write_film,
)

RATE = 16000
FIRST, SECOND = Stretch(Fraction(0), Fraction(1)), Stretch(Fraction(6, 5), Fraction(2))
WHOLE = Stretch(Fraction(0), Fraction(1))
FACES = (
    FilmFace(3, 10, 20, 120, (FIRST,)),
    FilmFace(5, 180, 30, 128, (SECOND,), moves=(1.0, -1.0)),
)
FILM = Film(
    180, 320, Fraction(25), RATE,
    (
        FilmScene(50, 1, FACES),
        FilmScene(25, 2),
        FilmScene(
            25, 3,
            (FilmFace(7, 4, 40, 96), FilmFace(8, 110, 40, 96, (WHOLE,), heard=False)),
            (OffScreen(9, (WHOLE,)),),
        ),
    ),
)  # fmt: skip
"""Two who speak in turn; nothing; one who rests and one who mouths to the voice of another."""


def moved(offset: Fraction) -> Film:
    return replace(FILM, scenes=tuple(replace(scene, offset=offset) for scene in FILM.scenes))


@pytest.fixture(scope="module")
def pictures():
    return list(film_pictures(FILM))


def sound_of(film):
    return np.concatenate(list(film_sound(film)))


def test_pictures_come_one_at_a_time_at_their_times_with_cuts_between_scenes(pictures):
    assert [time for time, _ in pictures] == [Fraction(n, 25) for n in range(100)]
    assert {(picture.shape, picture.dtype) for _, picture in pictures} == {((180, 320, 3), np.dtype(np.uint8))}
    steps = [np.abs(b[1].astype(int) - a[1]).mean() for a, b in pairwise(pictures)]
    assert sorted(np.argsort(steps)[-2:] + 1) == [50, 75]
    assert sorted(steps)[-2] > 5 * sorted(steps)[-3]
    assert [scene.start for scene in film_truth(FILM).scenes] == [0, 2, 3]


def mouth_motion(pictures, face, scene):
    """How much the mouth changes between pictures of a scene."""
    motion = []
    for (time, one), (_, other) in pairwise(pictures):
        if scene.start <= time and time + Fraction(1, 25) < scene.end:
            square = face_square(face.box(time))
            rows = slice(*(round(square.top + share * square.side) for share in (0.47, 0.62)))
            columns = slice(*(round(square.left + share * square.side) for share in (0.42, 0.58)))
            motion.append(np.abs(one[rows, columns].astype(int) - other[rows, columns]).mean())
    return np.array(motion)


def test_mouths_move_while_they_speak_and_rest_otherwise(pictures):
    first, _, last = film_truth(FILM).scenes
    for face, rests in zip(first.faces, (slice(28, 48), slice(0, 28)), strict=True):
        motion = mouth_motion(pictures, face, first)
        speaks = np.zeros(len(motion), bool)
        for start, end in face.speaking:
            speaks[round(start * 25) : round(end * 25)] = True
        assert not speaks[rests].any()
        assert (
            motion[speaks] > np.quantile(motion[rests], 0.9)
        ).mean() > 0.5  # the noise of the camera is always there
    resting, mouthing = (mouth_motion(pictures, face, last) for face in last.faces)
    assert (mouthing > resting.max()).mean() > 0.5


def test_truth_tells_who_speaks_and_who_only_mouths():
    first, empty, last = film_truth(FILM).scenes
    assert [(face.role, face.face) for scene in (first, last) for face in scene.faces] == [
        ("speaker", 0), ("speaker", 1), ("listener", 2), ("listener", 3),
    ]  # fmt: skip
    for face, turn in zip(first.faces, (FIRST, SECOND), strict=True):
        assert all(turn.start <= start < end <= turn.end for start, end in face.speaking)
        assert sum(end - start for start, end in face.speaking) > 0.6 * (turn.end - turn.start)
    assert empty.faces == empty.off_screen == ()
    assert [bool(face.mouthing) for face in last.faces] == [False, True]
    assert all(face.speaking == () for face in last.faces)
    assert last.off_screen
    assert last.off_screen[0].start >= 3
    square = face_square(first.faces[1].box(Fraction(1)))
    assert (square.left, square.top, square.side) == pytest.approx((181, 29, 128))


def test_voices_are_heard_where_the_truth_has_them_and_nowhere_else():
    truth, sound = film_truth(FILM), sound_of(FILM)
    assert len(sound) == FILM.samples == 4 * RATE
    loud = np.abs(sound).reshape(-1, RATE // 100).max(1) > 0.01
    spoken = np.zeros(len(loud), bool)
    for scene in truth.scenes:
        stretches = [stretch for face in scene.faces for stretch in face.speaking] + list(scene.off_screen)
        for start, end in stretches:
            spoken[max(0, round(start * 100) - 4) : round(end * 100) + 4] = True
    assert not loud[~spoken].any()
    assert loud[spoken].mean() > 0.6


@pytest.mark.parametrize("shift", [Fraction(3217, RATE), Fraction(-4801, RATE)])
def test_an_offset_moves_the_sound_to_the_sample_and_cuts_nothing(shift):
    count = int(shift * RATE)
    even, early = sound_of(FILM), sound_of(moved(shift))
    assert len(even) == len(early)
    both = (even[count:], early[:-count]) if count > 0 else (even[:count], early[-count:])
    np.testing.assert_array_equal(*both)
    edge = early[-count:] if count > 0 else early[:-count]
    assert np.abs(edge).max() > 0.02  # a voice, not silence, comes in where the film ends or begins
    assert film_truth(moved(shift)).scenes[0].offset == shift
    assert film_truth(moved(shift)).scenes[0].faces == film_truth(FILM).scenes[0].faces


def test_scenes_may_have_offsets_of_their_own():
    shift, scenes = Fraction(800, RATE), list(FILM.scenes)
    scenes[2] = replace(scenes[2], offset=shift)
    even, mixed = sound_of(FILM), sound_of(replace(FILM, scenes=tuple(scenes)))
    np.testing.assert_array_equal(even[: 3 * RATE - 800], mixed[: 3 * RATE - 800])
    np.testing.assert_array_equal(even[3 * RATE + 800 :], mixed[3 * RATE : -800])  # before that both scenes are heard


@pytest.mark.parametrize("container", ["mp4", "mkv", "ts"])
def test_a_written_film_has_the_offset_that_it_was_given(tmp_path, container):
    """The decoded sound against the film's own, made without an offset: to the sample."""
    shift = Fraction(2000, RATE)
    truth = write_film(tmp_path / f"film.{container}", moved(shift))
    clip = decode_clip(tmp_path / f"film.{container}")
    assert len(clip.frames) == 100
    even = sound_of(FILM).astype(float)
    start = clip.sample_at(clip.frame_time(0) + 0)
    heard = clip.samples[start : start + 2 * RATE].astype(float)
    scores = [heard @ even[2000 + lag : 2000 + lag + 2 * RATE] for lag in range(-40, 41)]
    allowed = 0 if container == "mp4" else RATE // 1000  # milliseconds, or ticks of 90 kHz
    assert abs(int(np.argmax(scores)) - 40) <= allowed
    assert read_labels(tmp_path / "film.csv") == sorted(
        (label._replace(box=label.box, face=label.face) for label in _rounded(truth.labels(f"film.{container}"))),
        key=lambda label: (label.file, label.face, label.start),
    )
    assert sorted(path.suffix for path in tmp_path.iterdir()) == sorted([".csv", ".json", f".{container}"])


def _rounded(labels: list[SpeakerLabel]) -> list[SpeakerLabel]:
    return [
        label._replace(
            start=Fraction(f"{float(label.start):.6f}"),
            end=Fraction(f"{float(label.end):.6f}"),
            box=type(label.box)(*(float(f"{side:.5f}") for side in label.box)),
        )
        for label in labels
    ]


def test_drawn_films_are_functions_of_their_seed_and_hold_every_kind():
    for height, width, fps in ((1080, 1920, None), (360, 640, Fraction(60000, 1001))):
        films = [draw_film(seed, duration=Fraction(100), height=height, width=width, fps=fps) for seed in (1, 1, 2)]
        assert films[0] == films[1] != films[2]
        assert films[0].frames == round(100 * films[0].fps)
        shown = {(len(scene.faces), len(scene.off_screen)) for film in films for scene in film.scenes}
        assert {faces for faces, _ in shown} == {0, 1, 2, 3, 4}
        assert {voices for _, voices in shown} == {0, 1}
    offsets = {scene.offset for scene in draw_film(1, offset=Fraction(1, 5), offset_spread=Fraction(1, 20)).scenes}
    assert len(offsets) > 3
    assert all(abs(offset - Fraction(1, 5)) <= Fraction(1, 20) for offset in offsets)
    several = film_truth(draw_film(1, duration=Fraction(20), kinds=("several",)))
    assert all(sum(bool(face.speaking) for face in scene.faces) > 1 for scene in several.scenes)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"seed": -1}, "seed"),
        ({"kinds": ("monologue",)}, "monologue"),
        ({"fps": Fraction(-1)}, "frames/s"),
        ({"duration": Fraction(0)}, "last"),
        ({"offset": Fraction(11)}, "offset"),
        ({"sample_rate": 10}, "Hz"),
    ],
)
def test_impossible_films_are_refused_in_one_sentence(wrong, said):
    with pytest.raises(UserError, match=said):
        draw_film(**{"seed": 0, "duration": Fraction(4), **wrong})


def test_faces_outside_and_turns_out_of_order_are_refused():
    for face in (
        replace(FACES[0], left=250),
        replace(FACES[0], moves=(0.0, -15.0)),
        replace(FACES[0], talks=(SECOND, FIRST)),
    ):
        with pytest.raises(UserError, match="scene 0"):
            replace(FILM, scenes=(FilmScene(50, 1, (face,)),))


def test_labels_survive_their_file(tmp_path):
    labels = film_truth(FILM).labels("film.mp4")
    write_labels(tmp_path / "labels.csv", labels)
    assert sorted(label.face for label in read_labels(tmp_path / "labels.csv")) == sorted(
        label.face for label in labels
    )
    assert sum(float(label.end - label.start) for label in labels) == pytest.approx(2 * 2 + 2 * 1)
