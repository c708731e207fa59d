"""Talkers who take turns: one articulation, at rest outside of its turns, for the face and for the voice."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
from jaxtyping import Bool, Float

from divas_jax.talkers.articulation import GRID, LEAD, Articulation
from divas_jax.talkers.films.script import Stretch
from divas_jax.talkers.phones import SILENCE
from divas_jax.talkers.talker import draw_articulation

RAMP = 0.06
"""A mouth comes out of its rest and goes back to it within so long (s), inside its turn."""

LOUD = 0.05
"""Sum of voice, breath and hiss above which somebody is heard; a vowel has about 0.7."""

BRIDGED = Fraction(1, 2)
"""Shorter pauses (s) between words and sentences do not end a stretch of speech."""

SHORTEST = Fraction(1, 10)
"""Shorter sounds (s) are no speech."""


def scene_talk(seed: int, seconds: Fraction, turns: Sequence[Stretch]) -> Articulation:
    """What a talker does in a scene of `seconds` s.

    A turn that begins with the scene was going on before it, and one that ends with it goes on
    after it: by `LEAD` s.

    Args:
      seed: of the talker.
      seconds: duration of the scene (s).
      turns: when it talks (s after the scene's start); at other times its mouth rests and its voice is silent.
    """
    talk = draw_articulation(seed, seconds)
    gate = _gate(talk.grid, seconds, turns)
    rest = {
        "opening": max(0.0, talk.speaker.rest) * talk.speaker.reach,
        **{name: getattr(SILENCE, name) for name in ("width", "rounding", "teeth", "tongue")},
        **dict.fromkeys(("voicing", "breath", "hiss"), 0.0),
    }
    held = {name: value + gate * (getattr(talk.tracks, name) - value) for name, value in rest.items()}
    return replace(talk, tracks=talk.tracks._replace(**held))


def _gate(times: Float[np.ndarray, " N"], seconds: Fraction, turns: Sequence[Stretch]) -> Float[np.ndarray, " N"]:
    """1 in a turn, 0 outside of it."""
    gate = np.zeros(len(times))
    for start, end in turns:
        begin = float(start) if start > 0 else -np.inf
        finish = float(end) if end < seconds else np.inf
        gate = np.maximum(gate, np.clip(np.minimum(times - begin, finish - times) / RAMP, 0, 1))
    return gate


def spoken(talk: Articulation, seconds: Fraction) -> tuple[Stretch, ...]:
    """When a talk is heard within a scene of `seconds` s (s after the scene's start, to the millisecond)."""
    tracks = talk.tracks
    first = round(LEAD * GRID)
    loud = (tracks.voicing + tracks.breath + tracks.hiss > LOUD)[first : first + int(seconds * GRID) + 1]
    joined: list[Stretch] = []
    for start, end in _runs(loud):
        begin, finish = Fraction(start, GRID), min(Fraction(end, GRID), seconds)
        if joined and begin - joined[-1].end < BRIDGED:
            begin = joined.pop().start
        joined.append(Stretch(begin, finish))
    return tuple(stretch for stretch in joined if stretch.end - stretch.start >= SHORTEST)


def _runs(mask: Bool[np.ndarray, " N"]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]
