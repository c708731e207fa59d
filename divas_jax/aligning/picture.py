"""Every recording as a line: where its sound could belong as colour, and what was chosen."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from divas_jax.aligning.recordings import Recording
from divas_jax.palette import GREY, ORANGE, WHITE
from divas_jax.writing import write_picture

DEPTH = 12.0
"""Log-likelihoods below the best that are told apart by colour."""

NAMED = 60
"""Most recordings whose names are written beside their lines."""

LONGEST_NAME = 44
"""Characters of them, from their end."""


def plot_recordings(recordings: Sequence[Recording], late_ms: Float[np.ndarray, " G"], path: Path) -> None:
    """Writes a picture (PNG) of all recordings of which anything is known, by source and by lateness.

    Args:
      recordings: what was found.
      late_ms: the grid of latenesses (ms).
      path: of the picture.

    Raises:
      UserError: it cannot be written.
    """
    shown = sorted((each for each in recordings if each.found), key=_order)
    curves = np.stack([each.log_likelihood for each in shown]) if shown else np.zeros((0, len(late_ms)))
    colours = np.repeat(np.clip(1 + curves / DEPTH, 0, 1)[..., None], 3, -1)
    certain = np.asarray([each.told_ms is not None for each in shown], bool)
    figure = Figure(figsize=(9, float(np.clip(1.6 + 0.17 * len(shown), 3, 14))), layout="constrained")
    axes = figure.subplots()
    half = (late_ms[1] - late_ms[0]) / 2
    extent = (late_ms[0] - half, late_ms[-1] + half, max(len(shown), 1) - 0.5, -0.5)
    axes.imshow(_painted(colours, certain), aspect="auto", extent=extent, interpolation="nearest")
    rows = np.arange(len(shown))
    values = np.asarray([each.found.late_ms if each.found else 0.0 for each in shown])
    size = 30 if len(shown) <= NAMED else 8
    axes.scatter(values[certain], rows[certain], s=size, color=ORANGE, edgecolor=WHITE, linewidth=0.5, label="chosen")
    axes.scatter(
        values[~certain], rows[~certain], s=size, color="black", marker="x", linewidth=0.9, label="not sure: no value"
    )
    axes.axvline(0, color=GREY, linewidth=0.8, linestyle=":")
    axes.set_xlabel("sound late by (ms); the darker, the better it fits")
    if len(shown) <= NAMED:
        axes.set_yticks(rows, [_name(each) for each in shown], fontsize=6.5)
    else:
        axes.set_ylabel(f"{len(shown)} recordings, by source and lateness")
        _name_sources(axes, [each.source for each in shown])
    axes.set_title(f"{int(certain.sum())} of {len(recordings)} recordings get a value", fontsize=10, loc="left")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper right", fontsize=8, ncols=2, frameon=False)
    write_picture(path, figure)


def _order(each: Recording) -> tuple[str, bool, float]:
    return each.source, each.told_ms is None, each.found.late_ms if each.found else 0.0


def _painted(fit: Float[np.ndarray, "R G 3"], certain: np.ndarray) -> Float[np.ndarray, "R G 3"]:
    """What fits, from white to blue where a value is given, to grey where none is."""
    blue, grey = np.asarray([0.0, 0.25, 0.55]), np.asarray([0.45, 0.45, 0.45])
    full = np.where(certain[:, None, None], blue, grey)
    return 1 - fit * (1 - full)


def _name(each: Recording) -> str:
    name = each.name
    return name if len(name) <= LONGEST_NAME else "…" + name[-LONGEST_NAME + 1 :]


def _name_sources(axes: Axes, sources: Sequence[str]) -> None:
    """At the right, those that are broad enough to be read."""
    first = 0
    for place in range(1, len(sources) + 1):
        if place < len(sources) and sources[place] == sources[first]:
            continue
        if place - first >= len(sources) / NAMED:
            axes.axhline(place - 0.5, color=GREY, linewidth=0.4)
            middle = (first + place - 1) / 2
            axes.text(1.01, middle, sources[first][:28], transform=axes.get_yaxis_transform(), fontsize=6, va="center")
        first = place
