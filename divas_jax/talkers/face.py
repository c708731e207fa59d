"""Moving pictures of a talker: a painted head that nods, blinks and speaks, seen by a camera."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, UInt8
from PIL import Image
from scipy.ndimage import gaussian_filter1d

from divas_jax.talkers.articulation import Articulation, Tracks
from divas_jax.talkers.eyes import blink_track, paint_eyes
from divas_jax.talkers.mouth import PATCH, jaw_drop, paint_mouths
from divas_jax.talkers.painting import POINTS, point_grid
from divas_jax.talkers.portrait import (
    EYE_APART,
    EYES_AT,
    MOUTH_AT,
    Look,
    paint_head,
    paint_light,
    paint_scene,
)

FINER = (0.9, 1.5)
"""The head is painted this much finer than the picture: little for a soft lens, much for a sharp one."""

_CHUNK = 16
_CENTRE = (64.0, 52.0)
_GREY = 110.0


@dataclass(frozen=True)
class Pose:
    """Where the head is, at T instants.

    Attributes:
      shift: right and down (points).
      turn: clockwise (radians).
      scale: size, about 1.
      lean: perspective towards the right and the bottom (per point).
      lids: how far the eyes are open.
      gaze: where they look (points from the middle).
    """

    shift: Float[np.ndarray, "T 2"]
    turn: Float[np.ndarray, " T"]
    scale: Float[np.ndarray, " T"]
    lean: Float[np.ndarray, "T 2"]
    lids: Float[np.ndarray, " T"]
    gaze: Float[np.ndarray, "T 2"]


def _wander(
    times: Float[np.ndarray, " T"], end: float, columns: int, rng: np.random.Generator
) -> Float[np.ndarray, "T C"]:
    """Smooth random walks of unit deviation, as functions of time up to `end` (s)."""
    grid = np.arange(-1.0, end + 0.05, 0.05)
    walks = gaussian_filter1d(rng.standard_normal((len(grid), columns)), 7, axis=0)
    walks *= np.sqrt(2 * np.sqrt(np.pi) * 7)
    return np.stack([np.interp(times, grid, walk) for walk in walks.T], axis=1)


def draw_pose(times: Float[np.ndarray, " T"], articulation: Articulation, rng: np.random.Generator) -> Pose:
    """Head motion at `times` (s): a restless or a quiet head, which also nods with the voice.

    Other instants of the same talk show the same motion.
    """
    end = float(articulation.grid[-1])
    energy = rng.uniform(0.3, 1.4)
    walk = _wander(times, end, 8, rng) * energy
    nod = np.interp(times, articulation.grid, gaussian_filter1d(articulation.tracks.voicing, 120))
    shift = walk[:, :2] * (1.3, 0.9) + rng.normal(0, 0.7, 2)
    shift[:, 1] += rng.uniform(0, 2.0) * (nod - 0.3)
    jumps = np.round(_wander(times, end, 2, rng) * 0.9) * (0.8, 0.3)
    return Pose(
        shift=np.clip(shift, -4, 4),
        turn=np.radians(np.clip(walk[:, 2] * 2.0 + rng.normal(0, 2.0), -9, 9)),
        scale=1 + 0.012 * walk[:, 3] + rng.uniform(-0.04, 0.04),
        lean=walk[:, 4:6] * 0.0006,
        lids=blink_track(times, rng, end) * rng.uniform(0.75, 1.0),
        gaze=jumps + rng.normal(0, 0.3, 2),
    )


def _placing(pose: Pose, index: int, size: int, head_size: int) -> tuple[float, ...]:
    """Coefficients that take a pixel of the picture to one of the painted head."""
    cos, sin = np.cos(pose.turn[index]), np.sin(pose.turn[index])
    scale = POINTS / size
    to_points = np.diag([scale, scale, 1.0])
    away = np.array([[1, 0, -_CENTRE[0] - pose.shift[index, 0]], [0, 1, -_CENTRE[1] - pose.shift[index, 1]], [0, 0, 1]])
    upright = np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])
    upright[:2] /= pose.scale[index]
    lean = np.array([[1, 0, 0], [0, 1, 0], [*pose.lean[index], 1]])
    back = np.array([[1, 0, _CENTRE[0]], [0, 1, _CENTRE[1]], [0, 0, 1]])
    to_head = np.diag([head_size / POINTS, head_size / POINTS, 1.0])
    matrix = to_head @ back @ lean @ upright @ away @ to_points
    return tuple((matrix / matrix[2, 2]).ravel()[:8])


def _place(upright: UInt8[np.ndarray, "M M 4"], placing: tuple[float, ...], size: int) -> UInt8[np.ndarray, "N N 4"]:
    # RGBX, not RGBA: Pillow would take the colours for unmultiplied and convert there and back
    image = Image.frombuffer("RGBX", upright.shape[:2], upright, "raw", "RGBX", 0, 1)
    return np.asarray(image.transform((size, size), Image.Transform.PERSPECTIVE, placing, Image.Resampling.BILINEAR))


class _Patch:
    """A rectangle of the painted head, given in points."""

    def __init__(self, box: tuple[float, float, float, float], pixels: int, light: Float[np.ndarray, "N N 3"]) -> None:
        left, top, right, bottom = (round(edge * pixels / POINTS) for edge in box)
        x, y = point_grid(pixels)
        self.rows, self.columns = slice(top, bottom), slice(left, right)
        self.x, self.y = x[0, left:right], y[top:bottom, 0]
        self.light = light[self.rows, self.columns]


def _lay_patch(target: Float32[np.ndarray, "P Q 4"], paint: Float32[np.ndarray, "P Q 4"]) -> None:
    showing_through = 1 - paint[..., 3:]
    target[..., :3] *= showing_through
    target[..., :3] += paint[..., :3]


class _Head:
    """A painted head whose mouth and eyes are painted anew for every instant."""

    def __init__(self, look: Look, size: int, rng: np.random.Generator) -> None:
        self.look = look
        self.pixels = round(size * rng.uniform(*FINER))
        self.still = paint_head(look, self.pixels, rng)
        self.still8 = (self.still + 0.5).astype(np.uint8)
        light = paint_light(look, self.pixels)
        self.mouth = _Patch(PATCH, self.pixels, light)
        middle = 64 + look.turn
        eye_boxes = [(x - 6.5, EYES_AT - 5, x + 6.5, EYES_AT + 4) for x in (middle - EYE_APART, middle + EYE_APART)]
        self.eyes = [_Patch(box, self.pixels, light) for box in eye_boxes]
        self.chin = _Patch((0.0, PATCH[1], POINTS, 96.0), self.pixels, light)
        ramp = np.clip((self.chin.y - 60) / 17, 0, 1)
        self.give = ramp**2 * (3 - 2 * ramp)

    def paint(self, tracks: Tracks, pose: Pose, frames: slice) -> list[UInt8[np.ndarray, "N N 4"]]:
        """Heads, upright, for the instants `frames`, as premultiplied RGB and coverage."""
        now = Tracks(*(track[frames] for track in tracks))
        u, v = self.mouth.x - MOUTH_AT[0] - self.look.turn, self.mouth.y - MOUTH_AT[1]
        mouths = paint_mouths(self.look, now, u, v, self.mouth.light)
        eyes = [self._paint_eye(k, pose, frames) for k in (0, 1)]
        drops = jaw_drop(now.opening.astype(np.float32))
        return [self._assemble(float(drops[i]), mouths[i], [eye[i] for eye in eyes]) for i in range(len(drops))]

    def _paint_eye(self, which: int, pose: Pose, frames: slice) -> Float32[np.ndarray, "B P Q 4"]:
        patch = self.eyes[which]
        x = 64 + self.look.turn + (EYE_APART if which else -EYE_APART)
        return paint_eyes(
            self.look, pose.lids[frames], pose.gaze[frames], patch.x - np.float32(x), patch.y - np.float32(EYES_AT),
            patch.light,
        )  # fmt: skip

    def _assemble(
        self, drop: float, mouth: Float32[np.ndarray, "P Q 4"], eyes: list[Float32[np.ndarray, "_ _ 4"]]
    ) -> UInt8[np.ndarray, "N N 4"]:
        canvas = self.still8.copy()
        chin = self._dropped_chin(drop)
        rows = slice(self.mouth.rows.start - self.chin.rows.start, self.mouth.rows.stop - self.chin.rows.start)
        _lay_patch(chin[rows, self.mouth.columns], mouth)
        canvas[self.chin.rows] = np.clip(chin + 0.5, 0, 255).astype(np.uint8)
        for patch, eye in zip(self.eyes, eyes, strict=True):
            lids = self.still[patch.rows, patch.columns].copy()
            _lay_patch(lids, eye)
            canvas[patch.rows, patch.columns] = np.clip(lids + 0.5, 0, 255).astype(np.uint8)
        return canvas

    def _dropped_chin(self, drop: float) -> Float32[np.ndarray, "R N 4"]:
        """The lower face, drawn down by `drop` points at the chin and less above it."""
        source = self.chin.rows.start + np.arange(len(self.give)) - drop * self.give * self.pixels / POINTS
        above = np.floor(source).astype(np.int64)
        share = (source - above).astype(np.float32)[:, None, None]
        return self.still[above] * (1 - share) + self.still[above + 1] * share


def _margin(size: int, rng: np.random.Generator) -> Float32[np.ndarray, "N N 1"] | None:
    """Where the picture is grey because its source was cropped; None for most clips."""
    if rng.random() > 0.2:
        return None
    x, y = point_grid(size)
    left, right, bottom = rng.uniform(-8, 10, 3)
    return ((x > left) & (x < POINTS - right) & (y < POINTS - bottom)).astype(np.float32)[..., None]


class _Camera:
    """Exposure, noise and cropping of one clip."""

    def __init__(self, size: int, count: int, rng: np.random.Generator) -> None:
        self.rng = rng
        strength = rng.uniform(0.3, 4.0)
        self.noise = (strength * rng.standard_normal((2 * size, 2 * size, 3))).astype(np.float32)
        self.gain = (rng.uniform(0.75, 1.1) * (1 + 0.004 * rng.standard_normal(count))).astype(np.float32)
        self.margin = _margin(size, rng)
        self.size = size

    def shoot(self, picture: Float32[np.ndarray, "N N 3"], index: int) -> UInt8[np.ndarray, "N N 3"]:
        top, left = self.rng.integers(0, self.size, 2)
        picture *= self.gain[index]
        picture += self.noise[top : top + self.size, left : left + self.size]
        if self.margin is not None:
            picture += (_GREY - picture) * (1 - self.margin)
        np.clip(picture, 0, 255, out=picture)
        return picture.astype(np.uint8)


def render_face(
    articulation: Articulation,
    look: Look,
    times: Float[np.ndarray, " T"],
    size: int,
    rng: np.random.Generator,
) -> UInt8[np.ndarray, "T N N 3"]:
    """Pictures of the talk at the instants `times` (s), `size` pixels a side, as the corpus crops faces.

    The mouth is at (64, 66) of 128 and about 20 wide when the head is in its
    middle place; everything scales with `size`.
    """
    out = np.empty((len(times), size, size, 3), np.uint8)
    for index, picture in enumerate(face_pictures(articulation, look, times, size, rng)):
        out[index] = picture
    return out


def face_pictures(
    articulation: Articulation,
    look: Look,
    times: Float[np.ndarray, " T"],
    size: int,
    rng: np.random.Generator,
    behind: Float32[np.ndarray, "N N 3"] | None = None,
) -> Iterator[UInt8[np.ndarray, "N N 3"]]:
    """What `render_face` makes, one picture at a time.

    Args:
      articulation: the talk.
      look: whose face.
      times: instants (s).
      size: pixels a side (N).
      rng: decides about everything else.
      behind: what is behind the talker (0..255), who then is nowhere cropped; a background of its own if None.
    """
    scene = paint_scene(look, size, rng, behind)
    head = _Head(look, size, rng)
    pose = draw_pose(times, articulation, rng)
    camera = _Camera(size, len(times), rng)
    if behind is not None:
        camera.margin = None
    tracks = articulation.at(times)
    for first in range(0, len(times), _CHUNK):
        for i, upright in enumerate(head.paint(tracks, pose, slice(first, first + _CHUNK)), start=first):
            layer = _place(upright, _placing(pose, i, size, head.pixels), size)
            open_share = (255 - layer[..., 3:]) * np.float32(1 / 255)
            yield camera.shoot(scene * open_share + layer[..., :3], i)
