"""A scene: a shot's part with speech, and the faces that are seen in it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from jaxtyping import Float64, UInt8

from divas_jax.clip import Clip
from divas_jax.media.picture import PictureTimes, picture_times
from divas_jax.title.sound_ahead import SoundAhead

SHORTEST = Fraction(4, 5)
"""Scenes and faces seen for less (s) are left out: they hold too few windows to compare."""

LONGEST = Fraction(10)
"""Longer speech becomes several scenes (s): memory stays bounded, and a title has many points in time."""

AROUND, BEYOND = Fraction(3, 2), Fraction(9, 10)
"""Sound kept on both sides of a scene (s), so that every offset searched meets real sound; and beyond a wider one."""


@dataclass(frozen=True)
class Track:
    """One face, or the whole picture, through a scene.

    Attributes:
      identity: the same for the same face in a shot; counts from 0 through the file.
      clip: the stored pictures of it (faces/crops.py), with the scene's sound on the file's own timeline.
      boxes: left, top, width and height of the face at each picture, as fractions of the whole picture.
      height: of the face in the file's pictures, at the median (pixels).
    """

    identity: int
    clip: Clip
    boxes: Float64[np.ndarray, "T 4"]
    height: float

    @property
    def start(self) -> Fraction:
        """Time of its first picture (s)."""
        return self.clip.frame_time(0)

    @property
    def end(self) -> Fraction:
        """Time at which its last picture ends (s)."""
        return self.clip.picture_end


@dataclass(frozen=True)
class Scene:
    """A shot's part with speech.

    Attributes:
      shot: number of its shot, from 0.
      start: time of its first picture (s), on the file's timeline.
      end: time at which its last picture ends (s).
      tracks: the faces seen for long enough, in the order in which they appear.
      others: the same faces beside each other sound that was wanted; pictures are shared.
    """

    shot: int
    start: Fraction
    end: Fraction
    tracks: tuple[Track, ...]
    others: tuple[tuple[Track, ...], ...] = ()


@dataclass(frozen=True)
class Seen:
    """Stored pictures of one face, before the scene ends.

    Attributes:
      identity: as in `Track`.
      first: place of the first of them among the scene's pictures.
      pictures: as they are stored.
      boxes: in fractions of the picture, one each.
    """

    identity: int
    first: int
    pictures: list[UInt8[np.ndarray, "H W 3"]]
    boxes: list[tuple[float, ...]]


def make_scene(
    shot: int,
    pts: Sequence[int],
    time_base: Fraction,
    declared: Fraction | None,
    seen: Sequence[Seen],
    sounds: Sequence[SoundAhead],
    lines: int,
    name: str,
    around: Fraction = AROUND,
) -> Scene | None:
    """A scene out of what was collected; None if it is too short.

    Args:
      shot: its number.
      pts: time stamps of its pictures, in units of `time_base`.
      time_base: s.
      declared: frames/s as the container tells.
      seen: the faces.
      sounds: of the file; `around` on both sides of the scene must still be there.
      lines: height of the file's pictures (pixels).
      name: of the file.
      around: sound kept on both sides (s).
    """
    times = picture_times(pts, time_base, declared)
    start = times.start + int(times.pts[0]) * times.time_base
    end = times.start + int(times.pts[-1]) * times.time_base + 1 / times.fps
    if end - start < SHORTEST:
        return None
    first, *others = [_heard(sound, start - around, end + around) for sound in sounds]
    tracks = [_track(face, times, first, lines, name) for face in seen]
    long_enough = [track for track in tracks if track.end - track.start >= SHORTEST]
    long_enough.sort(key=lambda track: (track.start, track.identity))
    beside = (tuple(replace(track, clip=replace(track.clip, **heard)) for track in long_enough) for heard in others)
    return Scene(shot, start, end, tuple(long_enough), tuple(beside))


def _heard(sound: SoundAhead, start: Fraction, end: Fraction) -> dict:
    """What a clip needs to know of its sound."""
    samples, sound_start = sound.between(start, end)
    return {"samples": samples, "sample_rate": sound.sample_rate, "sound_start": sound_start}


def _track(seen: Seen, times: PictureTimes, heard: dict, lines: int, name: str) -> Track:
    boxes = np.asarray(seen.boxes, np.float64)
    clip = Clip(
        frames=np.stack(seen.pictures),
        frame_pts=times.pts[seen.first : seen.first + len(seen.pictures)],
        time_base=times.time_base,
        picture_start=times.start,
        fps=times.fps,
        constant_rate=times.constant_rate,
        name=name,
        **heard,
    )
    return Track(seen.identity, clip, boxes, float(np.median(boxes[:, 3])) * lines)
