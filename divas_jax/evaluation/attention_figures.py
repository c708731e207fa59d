"""Where a model looks and listens, drawn onto frames and along the sound (5.5)."""

import textwrap
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32, UInt8
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, PowerNorm
from matplotlib.figure import Figure
from PIL import Image

from divas_jax.clip import Clip
from divas_jax.config import ViewConfig
from divas_jax.data.view import seen
from divas_jax.evaluation.attention import ClipAttention
from divas_jax.palette import GREY, ORANGE
from divas_jax.rates import SOUND_PATCH
from divas_jax.writing import drawable

COLOURS = "viridis"
"""A colour map whose lightness rises evenly, so that colour-blind people can read it."""

SIDE = 320
"""Height and width at which frames are drawn (pixels)."""

FRAMES = 8
"""Most frames in one strip."""

COLUMNS = 2000
"""Most columns in which sound is drawn."""

PERCENTILE = 99.5
"""Attention up to this percentile of the clip has colours of its own; a few outliers must not darken the rest."""

LABEL = "attention\n(1: spread evenly)"


def draw_frame(
    clip: Clip, attention: ClipAttention, view: ViewConfig, index: int, peak: float
) -> UInt8[np.ndarray, "S S 3"]:
    """What the model sees of one frame, in grey, under the colours of its attention.

    Args:
      clip: gives the frame.
      attention: of the clip.
      view: which square the model sees; drawn with `SIDE` pixels, however many the model has.
      index: of the frame.
      peak: attention with the brightest colour.
    """
    picture = seen(clip.frames[index : index + 1], view, SIDE)[0]
    grey = np.asarray(Image.fromarray(picture).convert("L"), np.float32)[..., None]
    patches = attention.pictures[index]
    if np.isnan(patches).any():  # no window holds this frame
        return np.repeat(grey, 3, axis=-1).astype(np.uint8)
    smooth = Image.fromarray(patches).resize((SIDE, SIDE), Image.Resampling.BILINEAR)  # overshoots nowhere
    heat = np.asarray(_scale(peak)(np.minimum(np.asarray(smooth), peak)), np.float32)[..., None]
    colour = 255 * colormaps[COLOURS](heat[..., 0])[..., :3].astype(np.float32)
    share = 0.35 + 0.35 * heat  # where the model does not look, the picture is better to see
    return ((1 - share) * grey + share * colour).astype(np.uint8)


def peak_of(values: Float[np.ndarray, "..."]) -> float:
    """The attention that gets the brightest colour; what is spread evenly gets at most the middle one."""
    return max(4.0, float(np.nanpercentile(values, PERCENTILE)))


def _scale(peak: float) -> Normalize:
    """Attention to 0..1: by its root, as few places get much and the others would all look alike."""
    return PowerNorm(0.5, 0, peak)


def attention_strip(clip: Clip, attention: ClipAttention, view: ViewConfig) -> Figure:
    """Up to `FRAMES` frames with the attention to their patches, a ring at its centre; the sound above its own."""
    shown = _evenly(len(clip.frames), FRAMES)
    figure = Figure(figsize=(12.5, 4), layout="constrained")
    grid = figure.add_gridspec(3, len(shown), height_ratios=(5, 2.6, 1.3))
    panels = [figure.add_subplot(grid[0, column]) for column in range(len(shown))]
    peak, ring = peak_of(attention.pictures), [[SIDE * place] for place in attention.centre]
    for axes, index in zip(panels, shown, strict=True):
        axes.imshow(draw_frame(clip, attention, view, index, peak))
        axes.plot(*ring, "o", markersize=22, markerfacecolor="none", markeredgecolor=ORANGE, markeredgewidth=1.5)
        axes.set(xticks=[], yticks=[])
        axes.set_xlabel(f"{float(clip.frame_time(index)):.2f} s\nframe {index + 1}", fontsize=9)
    _colour_bar(figure, panels, peak)
    wave = figure.add_subplot(grid[1, :])
    heat = figure.add_subplot(grid[2, :], sharex=wave)
    _draw_sound(wave, heat, clip, attention.sounds)
    wave.plot([float(clip.frame_time(index)) for index in shown], [1.0] * len(shown), "v", color=ORANGE, clip_on=False)
    _colour_bar(figure, [wave, heat], peak_of(attention.sounds))
    which = f"({len(shown)} of {len(clip.frames)} frames)"
    name = drawable(Path(clip.name).name)
    words = textwrap.fill(f"{name}: where the model looks (ring: most in all) and listens {which}", 110)
    figure.suptitle(words, fontsize=11, parse_math=False)
    return figure


def _evenly(count: int, most: int) -> list[int]:
    """Middles of up to `most` equal parts."""
    parts = min(count, most)
    return [(2 * part + 1) * count // (2 * parts) for part in range(parts)]


def _draw_sound(wave: Axes, heat: Axes, clip: Clip, attention: Float32[np.ndarray, " P"]) -> None:
    """Waveform and attention over the clip's time, in at most `COLUMNS` columns of whole patches."""
    patches = -(-len(attention) // COLUMNS)
    padded = np.pad(attention, (0, -len(attention) % patches), constant_values=np.nan)
    values = np.ma.masked_invalid(padded).reshape(-1, patches).mean(axis=1)
    starts = np.arange(len(values)) * patches * SOUND_PATCH
    edges = float(clip.sound_start) + np.append(starts, len(clip.samples)) / clip.sample_rate
    low, high = (edge.reduceat(clip.samples, starts) for edge in (np.minimum, np.maximum))
    loudest = max(float(np.abs(clip.samples).max()), 1e-3)
    wave.fill_between(edges, np.append(low, 0) / loudest, np.append(high, 0) / loudest, step="post", color=GREY, lw=0.5)
    wave.set(ylim=(-1, 1), yticks=[])
    wave.set_ylabel("sound", fontsize=9)
    wave.tick_params(labelbottom=False)
    heat.pcolormesh(edges, [0, 1], values[None], cmap=COLOURS, norm=_scale(peak_of(attention)))
    heat.set(yticks=[], facecolor="white")
    heat.set_xlim(float(min(clip.sound_start, clip.frame_time(0))), float(max(clip.sound_end, clip.picture_end)))
    heat.set_ylabel("attention", fontsize=9, rotation=0, ha="right", va="center")
    heat.set_xlabel("time (s); the triangles are the frames above; no colour where no window listens", fontsize=9)


def _colour_bar(figure: Figure, axes: list[Axes], peak: float) -> None:
    colours = ScalarMappable(_scale(peak), COLOURS)
    bar = figure.colorbar(colours, ax=axes, pad=0.01, fraction=0.02, extend="max")
    bar.set_ticks([0, 1, *([peak / 2] if peak > 3 else []), peak])
    bar.ax.yaxis.set_major_formatter("{x:.2g}")
    bar.set_label(LABEL, fontsize=8)
    bar.ax.tick_params(labelsize=8)
