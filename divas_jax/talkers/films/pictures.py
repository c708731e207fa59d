"""The pictures of a made-up film, one at a time: a long film needs no more memory than a short one."""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image
from scipy.ndimage import gaussian_filter

from divas_jax.talkers.face import face_pictures
from divas_jax.talkers.films.script import Film, FilmFace, FilmScene
from divas_jax.talkers.films.turns import scene_talk
from divas_jax.talkers.painting import POINTS, inside, point_grid
from divas_jax.talkers.portrait import draw_look, paint_background
from divas_jax.talkers.talker import Draw, talker_rng

PAINTED = 512
"""Side (pixels) of the largest square that is painted; a larger talker is enlarged, which costs much less."""

_WALL = 512
_SOFT = 7.0


def film_pictures(film: Film) -> Iterator[tuple[Fraction, UInt8[np.ndarray, "H W 3"]]]:
    """Every picture with its time (s), in order."""
    shown = 0
    for scene in film.scenes:
        for picture in scene_pictures(film, scene):
            yield shown / film.fps, picture
            shown += 1


def scene_pictures(film: Film, scene: FilmScene) -> Iterator[UInt8[np.ndarray, "H W 3"]]:
    """The pictures of one scene of the film."""
    wall = paint_wall(scene.background, film.height, film.width)
    squares = [_squares(film, scene, face, wall) for face in scene.faces]
    masks = [Image.fromarray(silhouette(face.side)) for face in scene.faces]
    for index in range(scene.frames):
        picture = wall.copy()
        for face, square, mask in zip(scene.faces, squares, masks, strict=True):
            left, top = face.corner(float(index / film.fps))
            picture.paste(next(square), (round(left), round(top)), mask)
        yield np.array(picture)


def paint_wall(seed: int, height: int, width: int) -> Image.Image:
    """What is behind the talkers of a scene."""
    wall = paint_background(_WALL, np.random.default_rng([seed, _WALL]))
    return _as_image(gaussian_filter(wall, (1, 1, 0))).resize((width, height), Image.Resampling.BICUBIC)


def silhouette(side: int) -> UInt8[np.ndarray, "N N"]:
    """How much of a talker's square is laid over the wall (0..255): head and shoulders, with a soft edge."""
    x, y = point_grid(side)
    head = inside(38 * (1 - np.hypot((x - 64) / 40, (y - 47) / 50)), _SOFT)
    body = inside(y - (94 + 0.011 * (x - 64) ** 2), _SOFT)
    neck = inside(np.minimum(np.minimum(28 - np.abs(x - 64), y - 50), 106 - y), _SOFT)
    edges = inside(np.minimum(np.minimum(x, POINTS - x), np.minimum(y, POINTS - y)) - _SOFT / 2, _SOFT)
    return np.rint(255 * np.maximum(np.maximum(head, neck), body) * edges).astype(np.uint8)


def _squares(film: Film, scene: FilmScene, face: FilmFace, wall: Image.Image) -> Iterator[Image.Image]:
    """A talker's square in every picture of a scene, with the wall behind."""
    size, seconds = min(face.side, PAINTED), scene.frames / film.fps
    talk = scene_talk(face.seed, seconds, face.talks)
    times = np.arange(scene.frames) / float(film.fps)
    look, rng = draw_look(talker_rng(face.seed, Draw.LOOK)), talker_rng(face.seed, Draw.FACE)
    for picture in face_pictures(talk, look, times, size, rng, _behind(face, seconds, wall, size)):
        image = Image.fromarray(picture)
        yield image if size == face.side else image.resize((face.side, face.side), Image.Resampling.BICUBIC)


def _behind(face: FilmFace, seconds: Fraction, wall: Image.Image, size: int) -> Float32[np.ndarray, "N N 3"]:
    """The wall behind a talker, who does not leave the place far."""
    left, top = face.corner(float(seconds) / 2)
    box = (left, top, left + face.side, top + face.side)
    return np.asarray(wall.resize((size, size), Image.Resampling.BILINEAR, box=box), np.float32)


def _as_image(picture: Float32[np.ndarray, "H W 3"]) -> Image.Image:
    return Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
