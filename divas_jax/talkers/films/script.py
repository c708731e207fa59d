"""What happens in a made-up film: scenes, who is seen, who is heard, and how far the sound is from the picture."""

from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from divas_jax.errors import UserError
from divas_jax.faces.crops import LOWERED, MARGIN, Face
from divas_jax.rates import nearest

SMALLEST = 16
"""Side of the smallest square that a talker is painted in (pixels)."""

LARGEST_OFFSET = Fraction(10)
"""Largest made-up offset (s)."""

FIRST_RATE, LAST_RATE = 8_000, 192_000
"""Sample rates (Hz) that files may have."""


FACE_WIDTH = 0.72
"""Width of a painted face in its heights."""


class Stretch(NamedTuple):
    """From `start` to `end` (s)."""

    start: Fraction
    end: Fraction


@dataclass(frozen=True)
class FilmFace:
    """A talker in the picture.

    Attributes:
      seed: of `make_talker`: who it is and what it says.
      left: of the talker's square at the start of the scene (pixels).
      top: likewise.
      side: of the square (pixels); the face box is `1 / MARGIN` of it.
      talks: when the mouth moves (s after the scene's start); otherwise it rests.
      heard: whether its voice is in the sound (a speaker), or not (a listener).
      moves: how fast the square goes to the right and down (pixels/s).
    """

    seed: int
    left: float | int
    top: float | int
    side: int
    talks: tuple[Stretch, ...] = ()
    heard: bool = True
    moves: tuple[float, float] = (0.0, 0.0)

    @property
    def role(self) -> str:
        """`speaker` or `listener`."""
        return "speaker" if self.heard and self.talks else "listener"

    def corner(self, seconds: float) -> tuple[float, float]:
        """Left and top of the square so long after the start of the scene (pixels)."""
        return self.left + self.moves[0] * seconds, self.top + self.moves[1] * seconds

    def box(self, seconds: float) -> Face:
        """The face box, of which `data.crops.face_square` makes the square (pixels).

        The head sways and nods in its square by a few hundredths of it, which the box does not follow.
        """
        left, top = self.corner(seconds)
        height = self.side / MARGIN
        middle = left + self.side / 2, top + self.side / 2 - LOWERED * height
        width = FACE_WIDTH * height
        return Face(middle[0] - width / 2, middle[1] - height / 2, width, height)


@dataclass(frozen=True)
class OffScreen:
    """A voice that no face in the picture speaks.

    Attributes:
      seed: of `make_talker`.
      talks: when it speaks (s after the scene's start).
    """

    seed: int
    talks: tuple[Stretch, ...]


@dataclass(frozen=True)
class FilmScene:
    """What is shown between two cuts.

    Attributes:
      frames: so many pictures.
      background: seed of what is behind the talkers.
      faces: from the back to the front.
      off_screen: voices without a face.
      offset: of its sound (s); positive = early.
    """

    frames: int
    background: int
    faces: tuple[FilmFace, ...] = ()
    off_screen: tuple[OffScreen, ...] = ()
    offset: Fraction = Fraction(0)


@dataclass(frozen=True)
class Film:
    """A whole film; picture i is shown at i / `fps` s.

    Attributes:
      height: of the picture (pixels).
      width: likewise.
      fps: frames/s.
      sample_rate: Hz.
      scenes: one after another, with hard cuts.
      distractions: whether rooms, music, noise and distant voices may be heard in scenes with a voice.
    """

    height: int
    width: int
    fps: Fraction
    sample_rate: int
    scenes: tuple[FilmScene, ...]
    distractions: bool = False

    def __post_init__(self) -> None:
        if self.fps <= 0 or not FIRST_RATE <= self.sample_rate <= LAST_RATE or min(self.height, self.width) < SMALLEST:
            size = f"{self.width}x{self.height} pixels"
            raise UserError(f"a film cannot have {size}, {self.fps} frames/s and {self.sample_rate} Hz")
        if not self.scenes:
            raise UserError("a film has no scenes")
        for number, scene in enumerate(self.scenes):
            self._check(scene, f"scene {number} of a film")

    def _check(self, scene: FilmScene, name: str) -> None:
        seconds = scene.frames / self.fps
        if scene.frames < 1 or abs(scene.offset) > LARGEST_OFFSET:
            raise UserError(f"{name} cannot have {scene.frames} frames and an offset of {float(scene.offset)} s")
        for face in scene.faces:
            corners = [face.corner(when) for when in (0.0, float(seconds))]
            inside = all(0 <= x <= self.width - face.side and 0 <= y <= self.height - face.side for x, y in corners)
            if not inside or face.side < SMALLEST:
                raise UserError(f"{name} has a face of {face.side} pixels that leaves the picture or is too small")
        voices: tuple[FilmFace | OffScreen, ...] = (*scene.faces, *scene.off_screen)
        for voice in voices:
            ends = [Fraction(0), *(end for stretch in voice.talks for end in stretch), seconds]
            if ends != sorted(ends) or any(stretch.start == stretch.end for stretch in voice.talks):
                raise UserError(
                    f"{name} has a talker whose turns are not in order inside the scene's {float(seconds)} s"
                )

    @property
    def frames(self) -> int:
        """Pictures in the film."""
        return sum(scene.frames for scene in self.scenes)

    @property
    def starts(self) -> list[Fraction]:
        """When each scene starts (s), and last the film's end."""
        counted = [0]
        for scene in self.scenes:
            counted.append(counted[-1] + scene.frames)
        return [count / self.fps for count in counted]

    @property
    def samples(self) -> int:
        """Samples in the film's sound: as long as its picture."""
        return int(self.frames / self.fps * self.sample_rate)

    def offset(self, scene: FilmScene) -> Fraction:
        """The offset of a scene as it is made, to the sample (s)."""
        return Fraction(nearest(scene.offset * self.sample_rate), self.sample_rate)
