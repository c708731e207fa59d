"""The made-up film of which every odd file is made: some talkers, one after the other, in sync by construction."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import av
import numpy as np
from jaxtyping import Float32, UInt8

from divas_jax.media.container import open_media
from divas_jax.talkers.films import draw_film, write_film
from divas_jax.talkers.films.sound import film_sound

RATE = 48_000
FPS = Fraction(25)
SECONDS = 20
SIZE = (288, 512)
"""Height and width of its pictures."""

SHAPE: dict[str, Any] = {
    "duration": Fraction(SECONDS), "fps": FPS, "height": SIZE[0], "width": SIZE[1], "sample_rate": RATE,
    "kinds": ("alone",),
}  # fmt: skip
SEED, OTHER_SEED = 21, 22

Sound = Float32[np.ndarray, " S"]
Pixels = UInt8[np.ndarray, "H W 3"]


@dataclass(frozen=True)
class MadeFilm:
    """The film, at `path` once `made`."""

    path: Path

    @classmethod
    def made(cls, folder: Path) -> "MadeFilm":
        """Paints the film into a folder, unless it is there (9 s)."""
        path = folder / "film.mkv"
        if not path.with_suffix(".csv").exists():  # the tables are written last
            write_film(path, SEED, **SHAPE)
        return cls(path)

    @cached_property
    def sound(self) -> Sound:
        """Its samples at `RATE`, from the first picture on, `SECONDS` long."""
        return _voices(SEED)

    @cached_property
    def other_voice(self) -> Sound:
        """People who are not in the picture, as long as `sound`."""
        return _voices(OTHER_SEED)

    def pictures(self) -> Iterator[tuple[Fraction, Pixels]]:
        """Its pictures, RGB, each with its time (s) from the first on."""
        with av.open(str(self.path)) as source:
            for index, frame in enumerate(source.decode(video=0)):
                yield index / FPS, frame.to_ndarray(format="rgb24")


def _voices(seed: int) -> Sound:
    return np.concatenate(list(film_sound(draw_film(seed, **SHAPE))))[: SECONDS * RATE].astype(np.float32)


def first_picture(path: Path) -> Fraction:
    """When the first picture that can be decoded is shown (s)."""
    with open_media(path) as media:
        frame = next(frame for frame in media.frames(media.picture) if frame.pts is not None)
        return frame.pts * frame.time_base


def moved(sound: Sound, early_ms: float) -> Sound:
    """The sound so much earlier (ms; negative: later), by whole samples; its length stays."""
    by = round(early_ms * RATE / 1000)
    return np.pad(sound[by:], (0, by)) if by > 0 else np.pad(sound, (-by, 0))[: len(sound)]
