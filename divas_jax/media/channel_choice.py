"""Which channels of a sound are heard: those with the voice, not a mean that drowns it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from divas_jax.errors import UserError

SILENT = 1e-3
"""A channel whose level (root of the mean square) is below this, and far below the loudest one, is silent."""

FAR_BELOW = 0.003
"""A channel whose level is less than this share of the loudest one's (50 dB below it) is left out."""

OPPOSITE, APART, ALIKE = -0.2, 0.3, 0.7
"""Channels that correlate less than the first cancel each other; less than the second, they may say different things;
more than the third, they say the same."""

ENOUGH = 0.7
"""A channel is as good as the best if it has this share of its speech."""

CENTRE = "FC"

PLAIN = {"FL": "left", "FR": "right", "FC": "centre", "LFE": "low-frequency", "SL": "side left", "SR": "side right"}
"""What people call FFmpeg's channels."""

Voiced = Callable[[Float32[np.ndarray, " S"], int], float]
"""Tells of samples at so many Hz in which share of the time somebody speaks, 0 to 1."""


@dataclass(frozen=True)
class Probe:
    """Pieces of one track.

    Attributes:
      names: of its channels, as FFmpeg has them.
      layout: likewise.
      rate: Hz.
      samples: of the pieces, one after the other.
    """

    names: tuple[str, ...]
    layout: str
    rate: int
    samples: Float32[np.ndarray, "S C"]


def chosen_channels(probe: Probe, wanted: str, voiced: Voiced | None) -> tuple[tuple[float, ...], str]:
    """Weights of the channels, empty for their mean, and which these are, as people say it.

    Args:
      probe: pieces of the sound.
      wanted: a channel; empty for none in particular.
      voiced: tells speech from other sound.

    Raises:
      UserError: there is no such channel.
    """
    count = len(probe.names)
    if wanted:
        return _only(probe, [_named(probe, wanted)])
    level = np.sqrt(np.square(probe.samples, dtype=np.float64).mean(0)) if len(probe.samples) else np.zeros(count)
    live = [place for place in range(count) if level[place] >= min(SILENT, 0.3 * level.max()) and level[place] > 0]
    live = [place for place in live if level[place] > FAR_BELOW * level.max()]
    if len(live) < 2:
        return _only(probe, live, "the others are silent") if live and count > 1 else ((), "")
    if len(live) == count == 2 and _correlation(*probe.samples.T) >= ALIKE:
        return (), ""
    if voiced is None:
        centre = [place for place in live if probe.names[place] == CENTRE]
        return (
            _only(probe, centre)
            if centre and count > 2
            else _agreeing_channels(probe, live, "the others cancel it", OPPOSITE)
        )
    shares = np.asarray([voiced(probe.samples[:, place], probe.rate) for place in live])
    enough = max(ENOUGH * float(shares.max()), 1e-9)
    spoken = [place for place, share in zip(live, shares, strict=True) if share >= enough]
    centre = [place for place in spoken if probe.names[place] == CENTRE]
    if centre and count > 2:
        return _only(probe, centre)
    if not spoken:
        return ((), "") if len(live) == count else _agreeing_channels(probe, live, "the others are silent")
    if len(spoken) < len(live):
        return _agreeing_channels(probe, spoken, "nobody speaks in the others")
    return _agreeing_channels(
        probe, spoken, "they say different things" if len(live) == count else "the others are silent"
    )


def _agreeing_channels(
    probe: Probe, places: Sequence[int], why: str, least: float = APART
) -> tuple[tuple[float, ...], str]:
    """The mean of those channels that go with the first of them; the mean of all is what needs no words."""
    first = probe.samples[:, places[0]]
    least = least if len(probe.names) == 2 else OPPOSITE
    agreeing = [
        place for place in places if place == places[0] or _correlation(first, probe.samples[:, place]) >= least
    ]
    return ((), "") if len(agreeing) == len(probe.names) else _only(probe, agreeing, why)


def _correlation(first: Float[np.ndarray, " S"], second: Float[np.ndarray, " S"]) -> float:
    energy = float(np.sqrt((first.astype(np.float64) ** 2).sum() * (second.astype(np.float64) ** 2).sum()))
    return float((first.astype(np.float64) * second).sum() / energy) if energy else 1.0


def _only(probe: Probe, places: Sequence[int], why: str = "") -> tuple[tuple[float, ...], str]:
    """Some channels, with words for them."""
    weights = tuple(1 / len(places) if place in places else 0.0 for place in range(len(probe.names)))
    names = " and ".join(PLAIN.get(probe.names[place], probe.names[place]) for place in places)
    words = f"{names} channel{'s' * (len(places) > 1)} of {probe.layout}"
    return weights, f"{words} ({why})" if why else words


def _named(probe: Probe, wanted: str) -> int:
    if wanted.isdigit() and 1 <= int(wanted) <= len(probe.names):
        return int(wanted) - 1
    names = [name.casefold() for name in probe.names]
    if wanted.casefold() in names:
        return names.index(wanted.casefold())
    raise UserError(f"the sound has no channel {wanted!r}; it has 1 to {len(names)}: {', '.join(probe.names)}")
