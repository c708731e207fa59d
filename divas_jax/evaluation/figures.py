"""Distance curves as Figure 2 of the paper, and what the confidence is worth."""

import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from divas_jax.evaluation.reliability import Reliability
from divas_jax.evaluation.scores import answered
from divas_jax.evaluation.shares import Share, share_of
from divas_jax.evaluation.trial import Trial
from divas_jax.judging.judge import Judgement
from divas_jax.palette import BLUE, GREY, ORANGE
from divas_jax.rates import rate_name
from divas_jax.sync.tolerances import STRICT, in_words
from divas_jax.writing import drawable, write_picture

CURVES = 6
"""Most clips in one picture of curves."""


def plot_curve(judgement: Judgement, path: Path) -> None:
    """One clip's distance curve as a picture (PNG).

    Raises:
      UserError: the file cannot be written.
    """
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    _curve(axes, judgement.curve_ms, judgement.curve, judgement.offset_ms)
    words = textwrap.fill(drawable(f"{judgement.name}: {judgement.words}"), 90)
    axes.set_title(f"{words}\nconfidence {judgement.confidence:.2f}", fontsize=10, parse_math=False)
    write_picture(path, figure)


def plot_curves(trials: Sequence[Trial], path: Path) -> None:
    """Distance curves of up to `CURVES` trials, spread evenly from the most to the least confident (Figure 2).

    Raises:
      UserError: the file cannot be written.
    """
    ranked = sorted(answered(trials), key=lambda trial: -trial.confidence)
    places = np.unique(np.linspace(0, len(ranked) - 1, min(CURVES, len(ranked))).round().astype(int))
    chosen = [ranked[place] for place in places]
    rows = max(1, -(-len(chosen) // 2))
    figure = Figure(figsize=(11, 3.4 * rows), layout="constrained")
    panels = figure.subplots(rows, 2, squeeze=False).ravel()
    for axes, trial in zip(panels, chosen, strict=False):
        _curve(axes, trial.curve_ms, trial.curve, trial.fine_ms, trial.true_ms)
        rate = ("" if trial.constant_rate else "variable, near ") + rate_name(trial.fps)
        axes.set_title(
            f"{drawable(trial.clip)} ({rate} fps, {trial.sample_rate} Hz): {in_words(trial.fine_ms)}\n"
            f"confidence {trial.confidence:.2f}, truth: {in_words(trial.true_ms)}",
            fontsize=9,
            parse_math=False,
        )
    for axes in panels[len(chosen) :]:
        axes.set_axis_off()
    if not chosen:
        figure.text(0.5, 0.5, "no clip gave an answer", ha="center")
    write_picture(path, figure)


def reliability(trials: Sequence[Trial], bins: int = 10) -> list[tuple[float, Share]]:
    """Mean confidence and strict accuracy of equally many trials each, from the least to the most confident."""
    ranked = sorted(answered(trials), key=lambda trial: trial.confidence)
    parts = [part for part in np.array_split(np.arange(len(ranked)), min(bins, max(1, len(ranked) // 5))) if len(part)]
    points = []
    for part in parts:
        some = [ranked[index] for index in part]
        right = STRICT.holds(np.asarray([trial.error_ms for trial in some]))
        mean = float(np.mean([trial.confidence for trial in some]))
        points.append((mean, share_of(right, [trial.clip for trial in some])))
    return points


def plot_reliability(trials: Sequence[Trial], path: Path) -> None:
    """Accuracy within the strict tolerance by quantile of confidence, with 95 % intervals.

    Raises:
      UserError: the file cannot be written.
    """
    points = reliability(trials)
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    if points:
        confidence = np.asarray([mean for mean, _ in points])
        value = np.asarray([share.value for _, share in points])
        low, high = np.asarray([share.interval for _, share in points]).T
        spread = 100 * np.maximum(np.stack([value - low, high - value]), 0)
        axes.errorbar(confidence, 100 * value, spread, fmt="o-", color=BLUE, ecolor=GREY, capsize=3)
    axes.set(xlabel="confidence (median - minimum distance)", ylabel=f"answers within ±{STRICT.early:g} ms (%)")
    axes.set(ylim=(-3, 103), title=f"{len(answered(trials))} answers, in {len(points)} groups of equal size")
    axes.grid(alpha=0.3)
    write_picture(path, figure)


def plot_calibration(measured: Reliability, path: Path) -> None:
    """Share of right answers by stated probability, with 95 % intervals; the diagonal is honest.

    Raises:
      UserError: the file cannot be written.
    """
    figure = Figure(figsize=(5.5, 5.5), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 100], [0, 100], ":", color=GREY, lw=1)
    stated = np.asarray([100 * each.probability for each in measured.bins])
    right = [Share(round(each.right * each.trials), each.trials, effective=each.effective) for each in measured.bins]
    value = np.asarray([100 * share.value for share in right])
    ends = 100 * np.asarray([share.interval for share in right]).reshape(-1, 2).T
    axes.errorbar(stated, value, np.maximum([value - ends[0], ends[1] - value], 0), fmt="o-", color=BLUE, ecolor=GREY)
    for each, x, y in zip(measured.bins, stated, value, strict=True):
        axes.annotate(str(each.trials), (x, y), textcoords="offset points", xytext=(6, -10), fontsize=8, color=GREY)
    axes.set(xlabel=f"stated probability of ±{STRICT.early:g} ms (%)", ylabel="answers that were so (%)")
    axes.set(xlim=(-3, 103), ylim=(-3, 103), title=f"expected calibration error {measured.error:.3f}")
    axes.grid(alpha=0.3)
    write_picture(path, figure)


def _curve(
    axes: Axes,
    offsets_ms: Float[np.ndarray, " O"],
    curve: Float[np.ndarray, " O"],
    predicted_ms: float,
    true_ms: float | None = None,
) -> None:
    """A curve with its minimum, its median (their distance is the confidence), and the truth if it is known."""
    known = np.isfinite(curve)
    lowest, middle = float(curve[known].min()), float(np.median(curve[known]))
    axes.plot(offsets_ms[known], curve[known], "-", marker=".", color=BLUE, lw=1.5)
    if true_ms is not None:
        axes.axvline(true_ms, color=ORANGE, ls="--", lw=1.5, label="true offset")
    axes.plot([predicted_ms], [lowest], "v", color="black", ms=8, label="predicted")
    axes.hlines([lowest, middle], offsets_ms[0], offsets_ms[-1], colors=GREY, linestyles=":", lw=1)
    axes.set(xlabel="← sound late     offset (ms)     sound early →", ylabel="distance of features")
    axes.margins(y=0.15)
    axes.legend(fontsize=8, loc="best", framealpha=0.8)
    axes.grid(alpha=0.3)
