"""The sound of a made-up film, scene by scene, moved by each scene's offset and never cut short."""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from jaxtyping import Float, Float32

from divas_jax.rates import nearest
from divas_jax.talkers.articulation import LEAD
from divas_jax.talkers.distractions import distract
from divas_jax.talkers.films.script import Film, FilmFace, FilmScene, OffScreen
from divas_jax.talkers.films.turns import scene_talk
from divas_jax.talkers.talker import Draw, talker_rng
from divas_jax.talkers.voice import make_voice

FADE = 0.01
"""The sound of a scene comes and goes within so long (s)."""

QUIET, LOUD = 14.0, 6.0
"""Peaks of voices are so many dB below full scale."""

Sound = Float32[np.ndarray, " _"]


def film_sound(film: Film) -> Iterator[Sound]:
    """The samples of the film, in order, in blocks of any length; `film.samples` in all.

    What is heard in a scene is heard earlier by its offset. The voices of the first scene are heard
    before it and those of the last one after it, so that moved sound is real sound for `LEAD` s.
    """
    places = [_place(film, number) for number in range(len(film.scenes))]
    waiting: list[tuple[int, Sound]] = []
    written = 0
    for number, (first, last) in enumerate(places):
        waiting.append((first, _scene_sound(film, number, first, last)))
        ready = min([film.samples, *(begin for begin, _ in places[number + 1 :])])
        if ready > written:
            yield _mixed(waiting, written, ready)
            written = ready
        waiting = [(begin, sound) for begin, sound in waiting if begin + len(sound) > written]


def _place(film: Film, number: int) -> tuple[int, int]:
    """First sample of a scene in the film's sound, and the one after its last."""
    offset = film.offset(film.scenes[number])
    start, end = film.starts[number], film.starts[number + 1]
    if number == 0:
        start -= Fraction(LEAD)
    if number == len(film.scenes) - 1:
        end += Fraction(LEAD)
    return nearest((start - offset) * film.sample_rate), nearest((end - offset) * film.sample_rate)


def _scene_sound(film: Film, number: int, first: int, last: int) -> Sound:
    """What samples `first` to `last` of the film get from a scene."""
    scene, rate = film.scenes[number], film.sample_rate
    seconds = scene.frames / film.fps
    start = Fraction(first, rate) + film.offset(scene) - film.starts[number]
    sound = np.zeros(last - first, np.float32)
    heard = tuple(face for face in scene.faces if face.heard)
    voices: tuple[FilmFace | OffScreen, ...] = (*heard, *scene.off_screen)
    for voice in voices:
        if voice.talks:
            rng = talker_rng(voice.seed, Draw.VOICE)
            talk = scene_talk(voice.seed, seconds, voice.talks)
            made = make_voice(talk, len(sound), rate, rng, float(start))
            sound += made * np.float32(10 ** (-rng.uniform(LOUD, QUIET) / 20))
    return _recorded(film, scene, sound) * _fade(len(sound), rate)


def _recorded(film: Film, scene: FilmScene, sound: Sound) -> Sound:
    """The voices as a microphone with a little noise of its own gets them."""
    rng = talker_rng(scene.background, Draw.DISTRACTION)
    noise = 10 ** (-rng.uniform(60, 80) / 20) * rng.standard_normal(len(sound))
    if film.distractions and sound.any():
        sound = distract(sound, film.sample_rate, rng)
    return (sound + noise).astype(np.float32)


def _fade(samples: int, sample_rate: int) -> Float[np.ndarray, " S"]:
    inside = np.minimum(np.arange(samples), np.arange(samples)[::-1]) + 1
    return np.clip(inside / (FADE * sample_rate), 0, 1).astype(np.float32)


def _mixed(waiting: list[tuple[int, Sound]], start: int, end: int) -> Sound:
    """Samples `start` to `end` of the film; what several scenes have there is heard together."""
    block = np.zeros(end - start, np.float32)
    for first, sound in waiting:
        begin, finish = max(first, start), min(first + len(sound), end)
        if begin < finish:
            block[begin - start : finish - start] += sound[begin - first : finish - first]
    return np.clip(block, -1, 1)
