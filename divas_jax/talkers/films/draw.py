"""Films at random: every kind of scene that the paper tells of (5.4), shuffled."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from divas_jax.errors import UserError
from divas_jax.faces.crops import MARGIN
from divas_jax.rates import nearest
from divas_jax.talkers.encoded_talkers import MOST_CLIPS, talker_seed
from divas_jax.talkers.films.script import Film, FilmFace, FilmScene, OffScreen, Stretch
from divas_jax.talkers.talker import draw_rates

ALONE, AMONG, SEVERAL, VOICE_OVER, UNHEARD, EMPTY = KINDS = (
    "alone", "among", "several", "voice_over", "unheard", "empty",
)  # fmt: skip
"""Kinds of scenes: one speaker; one among others; several in turn; a voice of nobody in the picture, over faces;
faces without a voice; no faces, with or without a voice."""

DECK = (ALONE,) * 5 + (AMONG,) * 4 + (SEVERAL,) * 3 + (VOICE_OVER,) * 2 + (UNHEARD, EMPTY)
"""Scenes are dealt from this, shuffled, again and again."""

SHORTEST, LONGEST = 2.0, 8.0
"""Of scenes (s)."""

SMALLEST, LARGEST = 100 / 1080, 500 / 1080
"""Heights of faces, in heights of the picture."""

LEAST_PIXELS = 48
"""No face is less high, as far as there is room."""

_MOVING = 0.04


def draw_film(
    seed: int,
    *,
    duration: Fraction = Fraction(60),
    height: int = 1080,
    width: int = 1920,
    fps: Fraction | None = None,
    sample_rate: int | None = None,
    offset: Fraction = Fraction(0),
    offset_spread: Fraction = Fraction(0),
    distractions: bool = False,
    kinds: Sequence[str] = DECK,
    split: str = "test",
) -> Film:
    """A film at random.

    Args:
      seed: the film is a function of the arguments alone.
      duration: s; rounded to whole frames.
      height: of the picture (pixels).
      width: likewise.
      fps: frames/s, drawn from `FRAME_RATES` if None.
      sample_rate: Hz, drawn from `SAMPLE_RATES` if None.
      offset: of the sound (s); positive = early.
      offset_spread: each scene's own offset differs from that by up to so much (s).
      distractions: whether rooms, music, noise and distant voices may be heard with the voices.
      kinds: scenes are dealt from these, out of `KINDS`.
      split: whose talkers are seen and heard; "train", "val" and "test" share none.

    Raises:
      UserError: an argument out of range.
    """
    unknown = sorted(set(kinds) - set(KINDS))
    if seed < 0 or unknown or not kinds:
        raise UserError(f"a film cannot have seed {seed} and scenes {', '.join(unknown or kinds) or 'of no kind'}")
    drawn_fps, drawn_rate = draw_rates(seed)
    fps, sample_rate = fps or drawn_fps, sample_rate or drawn_rate
    if fps <= 0 or duration * fps < 1 or offset_spread < 0:
        raise UserError(f"a film cannot last {float(duration)} s at {fps} frames/s")
    rng = np.random.default_rng([seed, 1000])
    scenes = [
        _Stage(rng, frames / fps, height, width, split).scene(kind, frames, offset + _within(offset_spread, rng))
        for kind, frames in _dealt(kinds, nearest(duration * fps), fps, rng)
    ]
    return Film(height, width, fps, sample_rate, tuple(scenes), distractions)


def _within(spread: Fraction, rng: np.random.Generator) -> Fraction:
    return spread * Fraction(float(rng.uniform(-1, 1)))


def _dealt(kinds: Sequence[str], frames: int, fps: Fraction, rng: np.random.Generator) -> list[tuple[str, int]]:
    """Kinds and lengths (frames) of scenes that fill `frames`; none is shorter than it must be."""
    dealt: list[tuple[str, int]] = []
    deck: list[str] = []
    shortest = nearest(Fraction(SHORTEST) * fps)
    while frames:
        deck = deck or [str(kind) for kind in rng.permutation(list(kinds))]
        length = nearest(Fraction(float(rng.uniform(SHORTEST, LONGEST))) * fps)
        length = frames if frames - length < shortest else length
        dealt.append((deck.pop(), length))
        frames -= length
    return dealt


class _Stage:
    """Where and when the talkers of one scene are seen and heard."""

    def __init__(self, rng: np.random.Generator, seconds: Fraction, height: int, width: int, split: str) -> None:
        self.rng, self.seconds, self.height, self.width, self.split = rng, seconds, height, width, split

    def scene(self, kind: str, frames: int, offset: Fraction) -> FilmScene:
        rng, whole = self.rng, (Stretch(Fraction(0), self.seconds),)
        talks: list[tuple[Stretch, ...]] = []
        if kind in (ALONE, AMONG):
            talks = [self._part() if rng.random() < 0.3 else whole]
        elif kind == SEVERAL:
            talks = self._turns(int(rng.integers(2, 4)))
        others = {ALONE: 0, AMONG: int(rng.integers(1, 4)), SEVERAL: int(rng.integers(0, 2)), EMPTY: 0}
        faces = self._faces(talks, others.get(kind, int(rng.integers(1, 5))))
        voice = kind == VOICE_OVER or (kind == EMPTY and rng.random() < 0.7)
        off_screen = (OffScreen(self._talker(), whole),) if voice else ()
        return FilmScene(frames, int(rng.integers(2**31)), faces, off_screen, offset)

    def _talker(self) -> int:
        return talker_seed(int(self.rng.integers(MOST_CLIPS)), self.split)

    def _part(self) -> tuple[Stretch, ...]:
        """A turn inside the scene, at least half of it."""
        start = self._time(0.0, 0.4)
        return (Stretch(start, start + self.seconds / 2),)

    def _time(self, low: float, high: float) -> Fraction:
        """To the millisecond, between two shares of the scene."""
        return Fraction(round(1000 * float(self.seconds) * self.rng.uniform(low, high)), 1000)

    def _turns(self, speakers: int) -> list[tuple[Stretch, ...]]:
        """One speaks after another, each at least once if there is the time, with pauses or a little overlap."""
        count = max(speakers, int(float(self.seconds) / 1.5))
        edges = [
            Fraction(0),
            *(self._time((n - 0.2) / count, (n + 0.2) / count) for n in range(1, count)),
            self.seconds,
        ]
        turns: list[list[Stretch]] = [[] for _ in range(speakers)]
        for number in range(count):
            gap = Fraction(round(self.rng.uniform(-100, 250)), 1000) if number else Fraction(0)
            start = max(Fraction(0), min(edges[number] + gap, edges[number + 1] - Fraction(1, 100)))
            turns[number % speakers].append(Stretch(start, edges[number + 1]))
        return [tuple(stretches) for stretches in turns]

    def _faces(self, talks: list[tuple[Stretch, ...]], others: int) -> tuple[FilmFace, ...]:
        """Speakers and listeners side by side, in any order; half of the listeners move their mouths."""
        whole = (Stretch(Fraction(0), self.seconds),)
        roles = [(turns_of_speaker, True) for turns_of_speaker in talks]
        roles += [(whole if self.rng.random() < 0.5 else (), False) for _ in range(others)]
        faces = []
        for place, index in enumerate(self.rng.permutation(len(roles))):
            turns, heard = roles[index]
            side, left, top, moves = self._place(place, len(roles))
            faces.append(FilmFace(self._talker(), left, top, side, turns, heard, moves))
        return tuple(faces)

    def _place(self, place: int, count: int) -> tuple[int, float, float, tuple[float, float]]:
        """Side, left, top and movement (pixels, pixels/s) of one of `count` squares side by side."""
        rng, column = self.rng, self.width / count
        room = min(1.1 * column, float(self.height), 0.95 * self.width)
        face = self.height * np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST)))
        side = int(min(room, MARGIN * max(face, LEAST_PIXELS)))
        slack = max(0.0, column - side)
        left = place * column + (column - side) / 2 + rng.uniform(-0.4, 0.4) * slack
        top = rng.uniform(0.15, 1.0) * (self.height - side)
        speed = rng.uniform(-_MOVING, _MOVING, 2) * side * (rng.random() < 0.3)
        ends = np.array([left, top]) + speed * float(self.seconds)
        inside = np.clip(ends, 0, (self.width - side, self.height - side))
        left = float(np.clip(left, 0, self.width - side))
        moves = (inside - (left, top)) / float(self.seconds) * (np.abs(speed) > 0)
        # rounding may leave the picture by a hair: a little less movement does not
        return side, left, float(top), (float(0.999 * moves[0]), float(0.999 * moves[1]))
