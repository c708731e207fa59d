"""Changes of one's own to pictures and sound while training: one file of anybody's, named in the config.

A change is an object, best a small frozen dataclass, that draws numbers on the host and renders them on the device:

    @dataclass(frozen=True)
    class Vignette:
        most: float = 0.3

        def draw(self, rng):
            return [rng.uniform(0, self.most)]

        def render(self, pictures, numbers):
            side = jnp.linspace(-1, 1, pictures.shape[1])
            return pictures * (1 - numbers[0] * (side[:, None] ** 2 + side**2) / 2)[..., None]

    VIGNETTE = Vignette()

`config.data.picture_changes = ("my_changes:VIGNETTE",)` uses it, where Python finds `my_changes`.
"""

import importlib
from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike

from divas_jax.config import DataConfig
from divas_jax.errors import UserError


@runtime_checkable
class PictureTransform(Protocol):
    """A change to all pictures of a segment alike."""

    def draw(self, rng: np.random.Generator, /) -> ArrayLike:
        """As many numbers each time."""
        ...

    def render(self, pictures: Any, numbers: Any, /) -> Any:
        """Pictures (T S S 3, grey levels from 0 to 255, float32) after the change; traced by JAX."""
        ...


@runtime_checkable
class SoundTransform(Protocol):
    """A change to the sound of a segment; it must not move anything in time."""

    def draw(self, rng: np.random.Generator, /) -> ArrayLike:
        """As many numbers each time."""
        ...

    def render(self, samples: Any, numbers: Any, sample_rate: Any, /) -> Any:
        """Samples (S, root mean square about 1, float32) after the change; traced by JAX."""
        ...


def named_picture_changes(data: DataConfig) -> tuple[PictureTransform, ...]:
    """The objects that `data.picture_changes` names.

    Raises:
      UserError: one cannot be imported, or is no change.
    """
    return tuple(_named(data.picture_changes, "picture_changes", PictureTransform))


def named_sound_changes(data: DataConfig) -> tuple[SoundTransform, ...]:
    """The objects that `data.sound_changes` names.

    Raises:
      UserError: one cannot be imported, or is no change.
    """
    return tuple(_named(data.sound_changes, "sound_changes", SoundTransform))


def _named(names: Sequence[str], key: str, kind: type) -> list[Any]:
    return [_imported(name, key, kind) for name in names]


def _imported(name: str, key: str, kind: type) -> Any:
    module, _, attribute = name.partition(":")
    try:
        change = getattr(importlib.import_module(module), attribute)
    except (ImportError, ValueError, AttributeError) as error:
        raise UserError(f"config key data.{key} names {name}, which cannot be imported ({error})") from None
    if isinstance(change, type) or not isinstance(change, kind):
        raise UserError(f"config key data.{key} names {name}, which is no object with draw and render")
    return change
