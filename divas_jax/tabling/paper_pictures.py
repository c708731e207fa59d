"""The paper's Figures 2 to 4 made anew: curves of a speaker and a listener, timelines of titles, attention."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from divas_jax.clip import Clip
from divas_jax.data.clip_record import decode_record
from divas_jax.evaluation.attention import attend
from divas_jax.evaluation.attention_figures import attention_strip
from divas_jax.evaluation.made_title_tables import DENSITY, OUTLIERS
from divas_jax.evaluation.made_titles import MadeTitle, assumed_errors, scene_predictions
from divas_jax.judging.embedding import Embedder
from divas_jax.judging.judge import offsets_of
from divas_jax.palette import BLUE, GREY, ORANGE
from divas_jax.sync.predictions import Prediction
from divas_jax.tabling.bench import Bench
from divas_jax.tabling.datasets import FRAMES, LRS2
from divas_jax.tabling.runs import ON_FRAMES, ON_LRS2
from divas_jax.title.made_title_judge import title_answer
from divas_jax.writing import write_picture

LATE = Fraction(-150, 1000)
"""Offset of the clip in Figure 2 (s; the paper's speaker is late by as much)."""

HOURS = 2
"""Length of the titles in Figure 3."""


def curves_figure(bench: Bench, path: Path) -> None:
    """Figure 2: the curve of somebody who speaks, late by `LATE`, and of the same voice under another face."""
    records = bench.sets.tested(LRS2)
    face, other = decode_record(records[0]), decode_record(records[1])
    stranger = Clip(
        **{**vars(other), "samples": face.samples, "sample_rate": face.sample_rate, "sound_start": face.sound_start}
    )
    figure = Figure(figsize=(10, 3.6), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for axes, clip, who in zip(panels, (face, stranger), ("speaks", "does not speak"), strict=True):
        _curve(axes, bench.runs.divas(ON_LRS2).embedder, clip.shifted(LATE), bench.settings.v_shift, who)
    panels[0].set_ylabel("distance of embeddings")
    write_picture(path, figure)


def _curve(axes: Axes, embedder: Embedder, clip: Clip, reach: int, who: str) -> None:
    offsets = offsets_of(embedder.embed([clip], reach), reach, np.zeros((1, 1), np.int32))
    curve = np.asarray(offsets.curve)[0, 0][::-1]
    frame_ms = float(1000 / clip.fps)
    axes.plot(np.arange(-reach, reach + 1) * frame_ms, curve, "-o", color=BLUE, markersize=3)
    axes.axvline(float(1000 * LATE), color=GREY, linestyle=":", label="true offset")
    axes.set_title(f"Who is seen {who}: confidence {float(offsets.confidence[0, 0]):.2f}", fontsize=10)
    axes.set_xlabel("offset (ms), positive = sound early")
    axes.legend(fontsize=8)


def timelines_figure(path: Path, seed: int = 0) -> None:
    """Figure 3: a title that drifts towards early sound, and one whose sound is 125 ms early throughout."""
    length, rng = 3600.0 * HOURS, np.random.default_rng(seed)
    titles = (
        MadeTitle("drift early", length, lambda times: 150.0 * times / length),
        MadeTitle("constant offset", length, lambda times: 125.0 + 0 * times),
    )
    figure = Figure(figsize=(10, 5.4), layout="constrained")
    for axes, title in zip(figure.subplots(2, 1, sharex=True), titles, strict=True):
        _timeline(axes, title, scene_predictions(title, assumed_errors(seed), DENSITY, OUTLIERS, rng))
    write_picture(path, figure)


def _timeline(axes: Axes, title: MadeTitle, scenes: Sequence[Prediction]) -> None:
    verdict = title_answer(scenes, title.length)
    minutes = np.asarray([scene.time for scene in scenes]) / 60
    sizes = [40 * scene.trust for scene in scenes]
    axes.scatter(minutes, [scene.offset_ms for scene in scenes], s=sizes, color=BLUE, alpha=0.5, label="a scene")
    if verdict.at is not None:
        ends = np.asarray([0.0, title.length])
        axes.plot(ends / 60, [verdict.at(float(end)) for end in ends], color=ORANGE, label=f"verdict: {verdict.kind}")
    axes.set(ylim=(-400, 400), ylabel="offset (ms)", xlabel="minutes into the title")
    axes.set_title(f"Made-up title, truth: {title.kind}", fontsize=10)
    axes.legend(fontsize=8, loc="lower left")


def attention_figure(bench: Bench, path: Path) -> None:
    """Figure 4: where the model of whole pictures looks."""
    embedder, clip = bench.runs.divas(ON_FRAMES).embedder, decode_record(bench.sets.tested(FRAMES)[0])
    write_picture(path, attention_strip(clip, attend(embedder, clip), embedder.config.view))
