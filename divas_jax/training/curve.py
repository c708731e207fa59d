"""A run at a glance: loss and validation accuracy over its steps, out of its metrics."""

import json
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from divas_jax.palette import BLUE, GREEN, GREY, ORANGE
from divas_jax.writing import write_picture

COLOURS = {"loss": GREY, "strict": BLUE, "undetectable": GREEN, "acceptable": ORANGE}


def plot_run(metrics: Path, path: Path) -> None:
    """A picture (PNG) of `metrics`, as `JsonLines` writes it; nothing where it has no numbers yet.

    Raises:
      UserError: the picture cannot be written.
    """
    lines = [json.loads(line) for line in metrics.read_text().splitlines()] if metrics.exists() else []
    curves = {name: {line["step"]: line[name] for line in lines if name in line} for name in COLOURS}
    if not curves["loss"]:
        return
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    _line(axes, curves.pop("loss"), "loss", 1)
    axes.set_xlabel("step")
    axes.set_ylabel("training loss")
    if any(curves.values()):
        right = axes.twinx()
        for name, values in curves.items():
            _line(right, values, name, 100)
        right.set_ylim(0, 100)
        right.set_ylabel("validation accuracy (%)")
        right.legend(loc="best", frameon=False, fontsize=8)
    write_picture(path, figure, dpi=150)


def _line(axes: Axes, values: dict[int, float], name: str, scale: int) -> None:
    steps = sorted(values)
    marker = "" if name == "loss" else "o"
    axes.plot(steps, [scale * values[step] for step in steps], marker=marker, ms=4, color=COLOURS[name], label=name)
