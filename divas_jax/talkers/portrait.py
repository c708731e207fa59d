"""How one made-up person looks when still: background, clothes and head, painted once for a clip."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32
from scipy.ndimage import gaussian_filter

from divas_jax.talkers.painting import POINTS, blob, cloudy, inside, lay, point_grid

EYES_AT = 43.5
"""Height (points from the top) of the eyes."""

EYE_APART = 10.3
"""Distance (points) of each eye from the middle of the face."""

MOUTH_AT = (64.0, 66.0)
"""Centre of the mouth (points): (48, 50) of the central 96x96, SyncNet's usual crop."""

Colour = Float[np.ndarray, " 3"]

_SKINS = ((246, 212, 188), (233, 190, 160), (214, 166, 132), (184, 132, 98), (146, 98, 68), (104, 68, 48), (74, 48, 36))
_HAIRS = ((30, 24, 22), (52, 36, 28), (88, 58, 38), (134, 96, 58), (188, 154, 100), (150, 146, 142), (120, 50, 28))


@dataclass(frozen=True)
class Look:
    """A face and its surroundings; sizes in points, colours in 0..255.

    Attributes:
      skin: colour of the skin.
      lips: colour of the lips.
      hair: colour of hair, brows and beard.
      iris: colour of the eyes.
      clothes: colour of the clothes.
      light: direction to the light: right, up, towards the viewer.
      light_colour: colour of the light, about 1.
      ambient: share of light from everywhere.
      cheek: half width of the face.
      jaw: shape of the jaw, 1.5 pointed … 3 square.
      turn: how far the features sit from the middle (a head half turned).
      hairline: height of the hairline.
      hair_volume: thickness of the hair on top.
      long_hair: whether it falls to the shoulders.
      beard: 0 … 1.
      moustache: 0 … 1.
      glasses: whether the talker wears them.
      mouth_width: width of the mouth at rest.
      lip_upper: thickness of the upper lip.
      lip_lower: thickness of the lower lip.
      smile: lift of the corners.
      skew: how much further one corner opens.
    """

    skin: Colour
    lips: Colour
    hair: Colour
    iris: Colour
    clothes: Colour
    light: Float[np.ndarray, " 3"]
    light_colour: Colour
    ambient: float
    cheek: float
    jaw: float
    turn: float
    hairline: float
    hair_volume: float
    long_hair: bool
    beard: float
    moustache: float
    glasses: bool
    mouth_width: float
    lip_upper: float
    lip_lower: float
    smile: float
    skew: float


def draw_look(rng: np.random.Generator) -> Look:
    """A look at random: any skin, hair and light."""
    skin = _mix(_SKINS, rng) * rng.uniform(0.92, 1.05)
    made_up = rng.random() < 0.3
    lips = skin * (0.86, 0.62, 0.62) if not made_up else 0.35 * skin + rng.uniform((90, 5, 15), (150, 50, 70))
    long_hair = bool(rng.random() < 0.42)
    bearded = not long_hair and not made_up and rng.random() < 0.45
    light = np.array([rng.normal(0, 0.5), rng.uniform(0.1, 0.8), 1.0])
    return Look(
        skin=skin,
        lips=lips,
        hair=_mix(_HAIRS, rng) * rng.uniform(0.7, 1.1),
        iris=rng.uniform((30, 25, 20), (110, 110, 110)),
        clothes=rng.uniform(10, 235, 3) * rng.uniform(0.3, 1.0),
        light=light / np.linalg.norm(light),
        light_colour=1 + rng.normal(0, 0.06, 3),
        ambient=rng.uniform(0.35, 0.75),
        cheek=rng.uniform(20.5, 24.5),
        jaw=rng.uniform(2.0, 3.4),
        turn=float(np.clip(rng.normal(0, 0.8), -2, 2)),
        hairline=rng.uniform(20, 29),
        hair_volume=0.3 if rng.random() < 0.08 else rng.uniform(2.5, 8),
        long_hair=long_hair,
        beard=rng.uniform(0.3, 1.0) if bearded and rng.random() < 0.6 else 0.0,
        moustache=rng.uniform(0.3, 1.0) if bearded else 0.0,
        glasses=bool(rng.random() < 0.2),
        mouth_width=rng.uniform(17.5, 21.5),
        lip_upper=rng.uniform(1.3, 2.6),
        lip_lower=rng.uniform(1.9, 3.4),
        smile=rng.normal(0.2, 0.5),
        skew=rng.normal(0, 0.06),
    )


def _mix(colours: tuple[tuple[int, int, int], ...], rng: np.random.Generator) -> Colour:
    place = rng.uniform(0, len(colours) - 1)
    first = int(place)
    pair = np.array(colours[first : first + 2], float)
    return pair[0] + (pair[-1] - pair[0]) * (place - first)


def _half_width(look: Look, y: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Half width of the face at height y: an ellipse above the cheeks, a jaw below."""
    above = np.sqrt(np.clip(1 - ((48 - y) / 33) ** 2, 0, 1))
    below = np.clip(1 - np.clip((y - 48) / 36, 0, 1) ** look.jaw, 0, 1) ** 0.62
    return look.cheek * np.where(y < 48, above, below)


def paint_scene(
    look: Look, pixels: int, rng: np.random.Generator, behind: Float32[np.ndarray, "N N 3"] | None = None
) -> Float32[np.ndarray, "N N 3"]:
    """Everything behind the head: background (`behind` where it is given), hair behind the neck, neck and clothes."""
    x, y = point_grid(pixels)
    canvas = paint_background(pixels, rng) if behind is None else behind.copy()
    dx = np.abs(x - 64)
    strands = 1 + 0.16 * cloudy(rng, pixels, 2.5, 8)[..., None]
    if look.long_hair:
        fall = (
            inside(look.cheek + look.hair_volume + 2 + 0.02 * (y - 40) - dx) * inside(y - 52, 14) * inside(118 - y, 6)
        )
        lay(canvas, look.hair * strands * 0.8, fall)
    neck = inside(0.6 * look.cheek + 0.002 * (y - 85) ** 2 - dx) * inside(y - 60)
    shadow = 0.72 - 0.2 * blob(x - 64, y - 84, 12, 6)
    lay(canvas, look.skin * look.light_colour * shadow[..., None] * (look.ambient + 0.4), neck)
    _clothe(canvas, look, pixels, rng)
    blur = rng.uniform(0, 1.0) * pixels / POINTS
    return gaussian_filter(np.clip(canvas, 0, 255), (blur, blur, 0))


def paint_background(pixels: int, rng: np.random.Generator) -> Float32[np.ndarray, "N N 3"]:
    """A wall in two colours with blurred things on it, 0..255 and a little beyond."""
    x, y = point_grid(pixels)
    here, there = rng.uniform(5, 240, (2, 3)) * rng.uniform(0.3, 1.0, (2, 1))
    angle = rng.uniform(0, 2 * np.pi)
    ramp = np.clip(0.5 + (np.cos(angle) * (x - 64) + np.sin(angle) * (y - 64)) / 160, 0, 1)[..., None]
    canvas = (here + (there - here) * ramp).astype(np.float32)
    for _ in range(rng.integers(0, 6)):
        place = rng.uniform(0, 128, 2)
        wide, high = rng.uniform(3, 30, 2)
        if rng.random() < 0.5:
            shape = blob(x - place[0], y - place[1], wide, high)
        else:
            soft = rng.uniform(0.7, 6)
            shape = inside(wide - np.abs(x - place[0]), soft) * inside(high - np.abs(y - place[1]), soft)
        lay(canvas, rng.uniform(0, 255, 3), shape * rng.uniform(0.2, 0.9))
    canvas += (rng.uniform(0, 9) * cloudy(rng, pixels, rng.uniform(2, 14)))[..., None]
    return canvas


def _clothe(canvas: Float[np.ndarray, "N N 3"], look: Look, pixels: int, rng: np.random.Generator) -> None:
    x, y = point_grid(pixels)
    dx = np.abs(x - 64)
    body = inside(y - (97 + 0.011 * dx**2 - 0.00004 * dx**3 * (dx < 60)), 1.2) * np.ones_like(x)
    folds = 1 + 0.1 * cloudy(rng, pixels, 9, 2)[..., None]
    cloth = look.clothes * folds * (0.6 + 0.4 * look.ambient)
    if rng.random() < 0.3:
        cloth = cloth + 30 * np.clip(3 * cloudy(rng, pixels, rng.uniform(2, 6)), -1, 1)[..., None]
    opening = rng.uniform(0.3, 0.9)
    collar = inside((112 + 10 * opening - y) * 0.55 * opening - dx + 2)
    lay(canvas, cloth, body * (1 - collar))
    if rng.random() < 0.4:
        shirt = rng.uniform(120, 245, 3) * folds
        lay(canvas, shirt, body * inside((124 - y) * 0.6 - dx) * inside(y - 98 + 0.2 * dx))
        lay(canvas, rng.uniform(0, 200, 3), inside(2.2 + 0.05 * (y - 100) - dx) * inside(y - 100))


def paint_light(look: Look, pixels: int) -> Float32[np.ndarray, "N N 3"]:
    """How much light falls on each place of the head, taken for an egg."""
    x, y = point_grid(pixels)
    right, up = (x - 64) / (look.cheek + 3), -(y - 50) / 40
    towards = np.sqrt(np.clip(1 - right**2 - up**2, 0.02, 1))
    lit = np.clip(right * look.light[0] + up * look.light[1] + towards * look.light[2], 0, 1)
    return ((look.ambient + (1.15 - look.ambient) * lit)[..., None] * look.light_colour).astype(np.float32)


def paint_head(look: Look, pixels: int, rng: np.random.Generator) -> Float32[np.ndarray, "N N 4"]:
    """The head without eyes and mouth, premultiplied RGB and coverage, all in 0..255."""
    x, y = point_grid(pixels)
    width = _half_width(look, y)
    skin = np.broadcast_to(np.asarray(look.skin, np.float32), (pixels, pixels, 3)).copy()
    skin *= 1 + 0.025 * cloudy(rng, pixels, 4)[..., None] + 0.03 * cloudy(rng, pixels, 24)[..., None]
    _model_features(skin, look, pixels)
    face = inside(width - np.abs(x - 64)) * inside(y - 15) * inside(83.9 - y)
    ears = inside(1 - np.hypot((np.abs(x - 64) - look.cheek) / 2.6, (y - 48) / 6), 0.25) * (not look.long_hair)
    _grow_beard(skin, look, pixels, rng)
    lay(skin, look.hair * 0.9, _brows(look, pixels, rng))
    coverage = np.maximum(face, ears)
    hair = _hair_cap(look, pixels, rng)
    lay(skin, look.hair * (1 + 0.13 * cloudy(rng, pixels, 2.2, 6)[..., None]), hair)
    coverage = np.maximum(coverage, hair)
    skin *= paint_light(look, pixels)
    if look.glasses:
        lay(skin, rng.uniform(10, 70, 3), 0.85 * _glasses(look, pixels))
    head = np.concatenate([np.clip(skin, 0, 255), np.full((pixels, pixels, 1), 255, np.float32)], axis=2)
    return (head * coverage[..., None]).astype(np.float32)


def _model_features(skin: Float[np.ndarray, "N N 3"], look: Look, pixels: int) -> None:
    """Nose, eye sockets, cheeks and folds: lights and shadows on the skin."""
    x, y = point_grid(pixels)
    dx = x - 64 - look.turn
    side = np.sign(look.light[0]) or 1.0
    down_nose = inside(y - 44, 8) * inside(58 - y, 4)
    tone = 0.14 * blob(dx, y - 55, 2.0, 3.5) + 0.07 * np.exp(-0.5 * (dx / 1.4) ** 2) * down_nose
    tone -= 0.16 * np.exp(-0.5 * ((dx + side * 3.6) / 1.6) ** 2) * down_nose
    tone -= 0.30 * blob(np.abs(dx) - 2.1, y - 58.6, 1.1, 0.8) + 0.16 * blob(dx, y - 59.6, 3.6, 0.9)
    tone -= 0.20 * blob(np.abs(dx) - EYE_APART, y - EYES_AT + 2, 5.5, 3) + 0.06 * blob(
        np.abs(dx) - EYE_APART, y - EYES_AT - 4.5, 4, 1.2
    )
    tone += 0.05 * blob(np.abs(dx) - 13, y - 54, 4, 4) + 0.06 * blob(dx, y - 78, 5, 2.5) + 0.04 * blob(dx, y - 32, 9, 5)
    fold = np.abs(dx) - 5.5 - 0.42 * (y - 57)
    tone -= 0.10 * np.exp(-0.5 * (fold / 0.9) ** 2) * inside(y - 58, 4) * inside(67 - y, 5)
    tone -= 0.07 * np.exp(-0.5 * ((np.abs(dx) - 0.0) / 0.8) ** 2) * inside(y - 60, 1) * inside(63 - y, 1)
    skin *= 1 + tone[..., None]
    blush = 0.25 * blob(np.abs(dx) - 12.5, y - 55.5, 4.5, 4)
    skin += blush[..., None] * np.array([10, -10, -8], np.float32)


def _grow_beard(skin: Float[np.ndarray, "N N 3"], look: Look, pixels: int, rng: np.random.Generator) -> None:
    x, y = point_grid(pixels)
    dx = x - 64 - look.turn
    stubble = np.clip(0.85 + 0.15 * cloudy(rng, pixels, 1.6), 0, 1)
    moustache = blob(dx, y - 61.2, 7, 1.1)
    ring = inside(y - 58 - 0.012 * (24 - np.abs(dx)).clip(0, 40) ** 2, 3) * (1 - blob(dx, y - 66.5, 9, 3.2))
    lay(skin, look.hair, np.clip(look.moustache * moustache * 1.1, 0, 0.92) * stubble)
    lay(skin, look.hair, np.clip(look.beard * ring, 0, 0.92) * stubble)


def _brows(look: Look, pixels: int, rng: np.random.Generator) -> Float[np.ndarray, "N N"]:
    x, y = point_grid(pixels)
    away = np.abs(x - 64 - look.turn) - EYE_APART
    height = EYES_AT - rng.uniform(6, 7.6) + rng.uniform(0.015, 0.045) * away**2
    thick = rng.uniform(0.8, 1.5)
    return rng.uniform(0.6, 0.95) * inside(thick - np.abs(y - height), 1.3) * inside(6.4 - np.abs(away), 2)


def _hair_cap(look: Look, pixels: int, rng: np.random.Generator) -> Float[np.ndarray, "N N"]:
    """Hair on top and at the sides, with a hairline that is nowhere straight."""
    x, y = point_grid(pixels)
    if look.hair_volume < 1:
        return np.zeros((pixels, pixels), np.float32)
    parting = rng.uniform(-10, 10)
    wavy = 1.2 * cloudy(rng, pixels, 6)
    outer = 1 - np.hypot((x - 64) / (look.cheek + look.hair_volume), (y - 46) / (34 + look.hair_volume))
    inner_width = look.cheek - 1.5 if look.long_hair else look.cheek - 0.5
    top = look.hairline + 0.10 * np.abs(x - 64 - parting) + wavy
    open_face = inside(inner_width - np.abs(x - 64) - 0.25 * np.clip(40 - y, 0, 40)) * inside(y - top, 1.5)
    lower = inside((64 if look.long_hair else 46) - y, 5)
    open_face = open_face * inside(_half_width(look, y) - 1.2 - np.abs(x - 64))
    return inside(outer * 30, 1.2) * (1 - open_face) * lower


def _glasses(look: Look, pixels: int) -> Float[np.ndarray, "N N"]:
    x, y = point_grid(pixels)
    away = np.abs(x - 64 - look.turn)
    rim = np.hypot((away - EYE_APART) / 7.2, (y - EYES_AT - 0.5) / 5.2)
    bridge = inside(0.6 - np.abs(y - EYES_AT + 0.5)) * (inside(EYE_APART - 7 - away) + inside(away - EYE_APART - 7))
    return np.clip(inside(0.10 - np.abs(rim - 1), 0.1) + bridge, 0, 1) * inside(look.cheek + 1 - away)
