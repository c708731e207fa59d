"""Where in the picture a sound comes from: the part without which picture and sound fit less well (5.5).

Attention says where the picture encoder looks; it does not know the sound, so of two people who move it cannot tell
who is heard. The distance curve does: each part of the picture is greyed out, and what that costs the minimum counts.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from jaxtyping import Float, UInt8

from divas_jax.clip import Clip
from divas_jax.config import ViewConfig
from divas_jax.data.view import GREY, seen
from divas_jax.judging.embedding import Embedder
from divas_jax.judging.judge import Judgement, judge_embeddings

PART = 2
"""Side of what is greyed out at once, in patches; such parts overlap by half."""

AT_ONCE = 8
"""Greyed copies of a clip that are embedded together."""


def sound_map(embedder: Embedder, clip: Clip, reach_frames: int = 15) -> Float[np.ndarray, "R C"]:
    """What each patch adds to the depth of the curve's minimum; the sound comes from where that is most.

    Args:
      embedder: a model's.
      clip: of one scene.
      reach_frames: how far each way offsets are searched (frames).

    Raises:
      UserError: picture and sound share no window.
    """
    model, view = embedder.config.model, embedder.config.view
    whole = Embedder(replace(embedder.config, view=ViewConfig(full_frame=True)), embedder.parameters)
    clip = replace(clip, frames=seen(clip.frames, view, model.size))
    side = model.size // model.patch
    places = [(row, column) for row in range(side - PART + 1) for column in range(side - PART + 1)]
    as_it_is = _judged(whole, [clip], reach_frames)[0]
    best = int(np.argmin(as_it_is.curve))
    lost, count = np.zeros((side, side)), np.zeros((side, side))
    for some in _chunks(places, AT_ONCE):
        copies = [replace(clip, frames=_greyed(clip.frames, place, model.patch)) for place in some]
        for (row, column), judgement in zip(some, _judged(whole, copies, reach_frames), strict=True):
            part = slice(row, row + PART), slice(column, column + PART)
            lost[part] += _depth(as_it_is, best) - _depth(judgement, best)
            count[part] += 1
    return lost / count


def _judged(embedder: Embedder, clips: list[Clip], reach_frames: int) -> list[Judgement]:
    embedded = embedder.embed(clips, reach_frames)
    return [judge_embeddings(clip, each, reach_frames) for clip, each in zip(clips, embedded, strict=True)]


def _depth(judgement: Judgement, place: int) -> float:
    """How far a place of the curve lies below its median."""
    curve = judgement.curve
    return float(np.median(curve[np.isfinite(curve)]) - curve[place])


def _greyed(frames: UInt8[np.ndarray, "T S S 3"], place: tuple[int, int], patch: int) -> UInt8[np.ndarray, "T S S 3"]:
    top, left = place[0] * patch, place[1] * patch
    frames = frames.copy()
    frames[:, top : top + PART * patch, left : left + PART * patch] = GREY
    return frames


def _chunks(places: list[tuple[int, int]], size: int) -> Iterator[list[tuple[int, int]]]:
    for first in range(0, len(places), size):
        yield places[first : first + size]
