"""What is true of a made-up film: cuts, faces, who speaks when, and the offset."""

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil
from typing import Any

from divas_jax.faces.crops import Face
from divas_jax.faces.speaker_labels import SpeakerLabel
from divas_jax.rates import milliseconds, rate_name
from divas_jax.talkers.films.script import Film, FilmFace, FilmScene, Stretch
from divas_jax.talkers.films.turns import scene_talk, spoken


@dataclass(frozen=True)
class FaceTruth:
    """One face in one scene.

    Attributes:
      face: its number in the film.
      role: `speaker` or `listener`.
      talker: seed of the talker.
      start: when it is seen first (s): the scene's start.
      end: when the scene ends (s).
      start_box: face box at the start (pixels).
      end_box: likewise at the end; between them it moves evenly.
      speaking: when it is seen speaking and heard (s, on the picture's timeline); none of a listener.
      mouthing: when its mouth moves with an articulation, heard or not.
    """

    face: int
    role: str
    talker: int
    start: Fraction
    end: Fraction
    start_box: Face
    end_box: Face
    speaking: tuple[Stretch, ...]
    mouthing: tuple[Stretch, ...]

    def box(self, time: Fraction) -> Face:
        """The face box at `time` (s), in pixels."""
        share = float((time - self.start) / (self.end - self.start))
        return Face(*(a + share * (b - a) for a, b in zip(self.start_box, self.end_box, strict=True)))


@dataclass(frozen=True)
class SceneTruth:
    """What is between two cuts.

    Attributes:
      start: time of the first picture (s).
      end: time of the next scene's first picture (s).
      offset: of the sound (s), a whole number of samples; positive = early.
      faces: that are seen.
      off_screen: when somebody out of the picture speaks (s, on the picture's timeline).
    """

    start: Fraction
    end: Fraction
    offset: Fraction
    faces: tuple[FaceTruth, ...]
    off_screen: tuple[Stretch, ...]


@dataclass(frozen=True)
class FilmTruth:
    """Everything that is known of a film.

    Attributes:
      film: how it was made.
      scenes: what is true of each.
    """

    film: Film
    scenes: tuple[SceneTruth, ...]

    def labels(self, file: str) -> list[SpeakerLabel]:
        """The faces as rows of a table of speakers, for `file`."""
        return [
            SpeakerLabel(file, part.start, part.end, str(face.face), self._box(face, part), speaking)
            for scene in self.scenes
            for face in scene.faces
            for whole, speaking in _parts(face)
            for part in (_pieces(whole) if face.start_box != face.end_box else [whole])
        ]

    def _box(self, face: FaceTruth, part: Stretch) -> Face:
        return face.box((part.start + part.end) / 2).scaled(1 / self.film.width, 1 / self.film.height)

    def as_json(self) -> dict[str, Any]:
        """As plain values: times in s on the picture's timeline, offsets in ms, boxes in pixels."""
        film = self.film
        return {
            "height_px": film.height,
            "width_px": film.width,
            "fps": rate_name(film.fps),
            "frames": film.frames,
            "sample_rate_hz": film.sample_rate,
            "scenes": [_scene_json(scene) for scene in self.scenes],
        }


def film_truth(film: Film) -> FilmTruth:
    """What is true of a film, to the frame, to the sample, and of speech to the millisecond."""
    scenes: list[SceneTruth] = []
    count = 0
    for scene, start in zip(film.scenes, film.starts, strict=False):
        faces = tuple(_face(film, scene, face, start, count + number) for number, face in enumerate(scene.faces))
        voices = [_heard(voice.seed, scene.frames / film.fps, voice.talks, start) for voice in scene.off_screen]
        off_screen = tuple(sorted(stretch for voice in voices for stretch in voice))
        scenes.append(SceneTruth(start, start + scene.frames / film.fps, film.offset(scene), faces, off_screen))
        count += len(faces)
    return FilmTruth(film, tuple(scenes))


def _face(film: Film, scene: FilmScene, face: FilmFace, start: Fraction, number: int) -> FaceTruth:
    seconds = scene.frames / film.fps
    mouthing = _heard(face.seed, seconds, face.talks, start)
    speaking = mouthing if face.heard else ()
    boxes = face.box(0.0), face.box(float(seconds))
    return FaceTruth(number, face.role, face.seed, start, start + seconds, *boxes, speaking, mouthing)


def _heard(seed: int, seconds: Fraction, talks: tuple[Stretch, ...], start: Fraction) -> tuple[Stretch, ...]:
    if not talks:
        return ()
    return tuple(Stretch(start + a, start + b) for a, b in spoken(scene_talk(seed, seconds, talks), seconds))


def _parts(face: FaceTruth) -> list[tuple[Stretch, bool]]:
    """The time of a face in stretches of speaking and not speaking."""
    parts: list[tuple[Stretch, bool]] = []
    reached = face.start
    for start, end in face.speaking:
        if start > reached:
            parts.append((Stretch(reached, start), False))
        parts.append((Stretch(start, end), True))
        reached = end
    if reached < face.end:
        parts.append((Stretch(reached, face.end), False))
    return parts


def _pieces(part: Stretch) -> list[Stretch]:
    """A stretch in pieces of a second at most, so that the box in the middle of each is near enough."""
    count = ceil(part.end - part.start)
    edges = [part.start + (part.end - part.start) * n / count for n in range(count + 1)]
    return [Stretch(start, end) for start, end in pairwise(edges)]


def _scene_json(scene: SceneTruth) -> dict[str, Any]:
    return {
        "start_s": _seconds(scene.start),
        "end_s": _seconds(scene.end),
        "offset_ms": milliseconds(scene.offset),
        "off_screen_s": _stretches(scene.off_screen),
        "faces": [
            {
                "face": face.face,
                "role": face.role,
                "talker": face.talker,
                "start_box_px": [round(side, 2) for side in face.start_box],
                "end_box_px": [round(side, 2) for side in face.end_box],
                "speaking_s": _stretches(face.speaking),
                "mouthing_s": _stretches(face.mouthing),
            }
            for face in scene.faces
        ],
    }


def _stretches(stretches: tuple[Stretch, ...]) -> list[list[float]]:
    return [[_seconds(start), _seconds(end)] for start, end in stretches]


def _seconds(time: Fraction) -> float:
    return round(float(time), 6)
