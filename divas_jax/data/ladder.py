"""The ladder of padded window shapes: which rung a clip's rates go to, and what its padding costs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from divas_jax.clip import Rung
from divas_jax.config import DataConfig, ModelConfig
from divas_jax.rates import WINDOW_SECONDS, frames_in, patches_in


@dataclass(frozen=True)
class Waste:
    """Shares of one rung's tokens that are padding, as its clips draw windows alike.

    A picture window has F x (patches a frame) tokens, so its share needs F only.

    Attributes:
      rung: the padded shape.
      clips: clips that go to it.
      picture: share of the picture tokens that is padding (0 to 1).
      sound: share of the sound tokens that is padding (0 to 1).
    """

    rung: Rung
    clips: int
    picture: float
    sound: float


def ladder_of(model: ModelConfig, data: DataConfig) -> tuple[Rung, ...]:
    """The rungs of a run, in the order of `data.rungs`, as long as the model's windows are."""
    longer = model.window / WINDOW_SECONDS
    return tuple(Rung(ceil(frames * longer), ceil(patches * longer), model.window) for frames, patches in data.rungs)


def window_shape(fps: Fraction, sample_rate: int, window: Fraction) -> Rung:
    """F frames (`fps` in frames/s) and M audio patches (`sample_rate` in Hz) of one `window` (s) (3.1)."""
    return Rung(frames_in(window, fps), patches_in(window, sample_rate), window)


def rung_of(fps: Fraction, sample_rate: int, rungs: Sequence[Rung]) -> int | None:
    """Index of the smallest rung that a window at these rates fits into, or None if none does.

    Args:
      fps: frames/s.
      sample_rate: Hz.
      rungs: the ladder, in any order.
    """
    fitting = [index for index, rung in enumerate(rungs) if rung.fits(window_shape(fps, sample_rate, rung.window))]
    # A frame is many tokens and a sound patch is one, so frames decide first.
    return min(fitting, key=lambda index: tuple(rungs[index]), default=None)


def rung_for_any(
    fps: Fraction, sample_rate: int, rungs: Sequence[Rung], window: Fraction
) -> tuple[int, tuple[Rung, ...]]:
    """Like `rung_of`, on a ladder that grows by one rung for rates outside of it.

    The new rung is the window's own shape, widened to the ladder's frames or
    patches where it is below them, so that similar files share it.

    Args:
      fps: frames/s.
      sample_rate: Hz.
      rungs: the ladder.
      window: how long its windows are (s).

    Returns:
      The index, and the ladder to read it with; old indices stay valid.
    """
    ladder = tuple(rungs)
    index = rung_of(fps, sample_rate, ladder)
    if index is not None:
        return index, ladder
    shape = window_shape(fps, sample_rate, window)
    frames = min((rung.frames for rung in ladder if rung.frames >= shape.frames), default=shape.frames)
    patches = min((rung.patches for rung in ladder if rung.patches >= shape.patches), default=shape.patches)
    return len(ladder), (*ladder, Rung(frames, patches, window))


def padding_waste(rates: Iterable[tuple[Fraction, int]], rungs: Sequence[Rung]) -> tuple[tuple[Waste, ...], int]:
    """What each rung wastes on padding for clips of these rates.

    Args:
      rates: frame rate (frames/s) and sample rate (Hz) of each clip.
      rungs: the ladder.

    Returns:
      One `Waste` a rung, in the ladder's order (shares 0.0 where it has no clip), and
      how many clips fit no rung.
    """
    shapes: list[list[Rung]] = [[] for _ in rungs]
    outside = 0
    for fps, sample_rate in rates:
        index = rung_of(fps, sample_rate, rungs)
        if index is None:
            outside += 1
        else:
            shapes[index].append(window_shape(fps, sample_rate, rungs[index].window))
    return tuple(_waste(rung, shapes_of_rung) for rung, shapes_of_rung in zip(rungs, shapes, strict=True)), outside


def _waste(rung: Rung, shapes: Sequence[Rung]) -> Waste:
    if not shapes:
        return Waste(rung, 0, 0.0, 0.0)
    picture = 1 - sum(shape.frames for shape in shapes) / (rung.frames * len(shapes))
    sound = 1 - sum(shape.patches for shape in shapes) / (rung.patches * len(shapes))
    return Waste(rung, len(shapes), picture, sound)
