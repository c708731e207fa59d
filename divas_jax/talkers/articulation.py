"""What a made-up speaker does with mouth and throat, as continuous functions of time.

One `Articulation` drives both the voice and the face, so that sound and
picture agree exactly: whatever is asked of it is asked at an instant.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter1d

from divas_jax.talkers.phones import CODAS, CONSONANTS, GLIDES, ONSETS, RELEASES, SILENCE, VOWELS, Phone

GRID = 1000
"""Instants a second at which tracks are kept; between them they are linear."""

LEAD = 1.0
"""Speech before time 0 and after the end (s): a clip begins in mid-speech."""

_LABIAL = ("m", "b", "p")


@dataclass(frozen=True)
class Speaker:
    """How one made-up person speaks.

    Attributes:
      tract: factor on all formants (short vocal tract: above 1).
      pitch: middle of the voice (Hz).
      liveliness: width of the pitch movements, in octaves.
      tempo: factor on the speed of speech.
      reach: how far the mouth opens, 1 = middling.
      laziness: width (s) of the smoothing of lips and formants (co-articulation).
      breathiness: noise mixed into the voice.
      roughness: irregularity of the glottal cycles, relative.
      tilt: 0 (bright) … 1 (dull) voice.
      hesitation: probability of a pause after a word.
      rest: opening of the resting mouth, below 0 for closed lips.
    """

    tract: float
    pitch: float
    liveliness: float
    tempo: float
    reach: float
    laziness: float
    breathiness: float
    roughness: float
    tilt: float
    hesitation: float
    rest: float


def draw_speaker(rng: np.random.Generator) -> Speaker:
    """A speaker: men, women and children, quick and slow, clear and mumbling."""
    high = rng.random() < 0.5
    return Speaker(
        tract=rng.uniform(1.06, 1.26) if high else rng.uniform(0.92, 1.06),
        pitch=rng.uniform(165, 270) if high else rng.uniform(85, 150),
        liveliness=rng.uniform(0.12, 0.4),
        tempo=rng.uniform(0.95, 1.6),
        reach=rng.uniform(0.7, 1.25),
        laziness=rng.uniform(0.014, 0.024),
        breathiness=rng.uniform(0.01, 0.07),
        roughness=rng.uniform(0.005, 0.02),
        tilt=rng.uniform(0.0, 0.8),
        hesitation=rng.uniform(0.08, 0.25),
        rest=rng.choice([-0.2, -0.1, 0.06]),
    )


class Tracks(NamedTuple):
    """Everything that moves, at N instants: mouth in 0..1, frequencies in Hz (see `Phone`)."""

    opening: Float[np.ndarray, " N"]
    width: Float[np.ndarray, " N"]
    rounding: Float[np.ndarray, " N"]
    teeth: Float[np.ndarray, " N"]
    tongue: Float[np.ndarray, " N"]
    f1: Float[np.ndarray, " N"]
    f2: Float[np.ndarray, " N"]
    f3: Float[np.ndarray, " N"]
    voicing: Float[np.ndarray, " N"]
    breath: Float[np.ndarray, " N"]
    hiss: Float[np.ndarray, " N"]
    hiss_centre: Float[np.ndarray, " N"]
    pitch: Float[np.ndarray, " N"]


@dataclass(frozen=True)
class Articulation:
    """The tracks of one talk, to be read at any instants.

    Attributes:
      speaker: who speaks.
      grid: times (s) of the kept instants.
      tracks: values at those times.
    """

    speaker: Speaker
    grid: Float[np.ndarray, " N"]
    tracks: Tracks

    def at(self, times: Float[np.ndarray, " T"]) -> Tracks:
        """Tracks at `times` (s); outside the talk they stay at its ends' values."""
        return Tracks(*(np.interp(times, self.grid, track) for track in self.tracks))


class _Step(NamedTuple):
    phone: Phone
    duration: float
    stress: float
    pitch: float  # octaves above the speaker's middle


def _release(closure: Phone, name: str, after: Phone) -> Phone:
    _, breath, hiss, centre = RELEASES[name]
    opening = max(0.1, 0.5 * after.opening)
    return after._replace(opening=opening, voicing=0.25 * closure.voicing, breath=breath, hiss=hiss, hiss_centre=centre)


def _consonant(name: str, after: Phone, stress: float, speed: float, rng: np.random.Generator) -> list[_Step]:
    phone = CONSONANTS[name]
    shortest = 0.07 if name in _LABIAL else 0.03
    steps = [_Step(phone, max(shortest, phone.duration * rng.lognormal(0, 0.18) / speed), stress, 0.0)]
    if name in RELEASES:
        steps.append(_Step(_release(phone, name, after), RELEASES[name][0], stress, 0.0))
    return steps


def _syllable(speaker: Speaker, stress: float, rng: np.random.Generator) -> list[_Step]:
    speed = speaker.tempo * rng.lognormal(0, 0.15)
    names = list(rng.choice(GLIDES)) if rng.random() < 0.2 else [rng.choice(list(VOWELS))]
    vowels = [VOWELS[name] for name in names]
    steps: list[_Step] = []
    if rng.random() < 0.88:
        lips = rng.random() < 0.3
        steps += _consonant(rng.choice(_LABIAL if lips else ONSETS), vowels[0], stress, speed, rng)
    share = 1.0 if len(vowels) == 1 else 0.65
    for vowel in vowels:
        length = vowel.duration * share * rng.lognormal(0, 0.25) * (0.75 + 0.35 * stress) / speed
        steps.append(_Step(vowel, max(0.035, length), stress, 0.0))
    if rng.random() < 0.35:
        steps += _consonant(rng.choice(CODAS), VOWELS["schwa"], stress, speed, rng)
    return steps


def _phrase(speaker: Speaker, rng: np.random.Generator) -> list[_Step]:
    """Syllables on one breath: pitch falls along it, stressed syllables rise above, a pause ends it."""
    count = int(rng.integers(3, 14))
    steps: list[_Step] = []
    for place in range(count):
        stress = float(np.clip(rng.normal(0.95, 0.25), 0.5, 1.5))
        accent = (0.45 - 0.9 * place / count) + rng.normal(0, 0.5) + (stress - 0.95)
        steps += [step._replace(pitch=accent * speaker.liveliness) for step in _syllable(speaker, stress, rng)]
        if rng.random() < speaker.hesitation:
            steps.append(_pause(speaker, rng.uniform(0.06, 0.2), steps[-1].phone))
    steps.append(_pause(speaker, rng.uniform(0.15, 0.6), SILENCE))
    return steps


def _pause(speaker: Speaker, duration: float, before: Phone) -> _Step:
    """A short pause keeps half of the mouth's shape, a long one rests; some are breathed through."""
    held = 0.4 if duration < 0.2 else 0.0
    opening = held * max(0.0, before.opening) + (1 - held) * speaker.rest
    return _Step(SILENCE._replace(opening=opening), duration, 1.0, 0.0)


def _steps(speaker: Speaker, seconds: float, rng: np.random.Generator) -> list[_Step]:
    steps: list[_Step] = []
    total = 0.0
    while total < seconds:
        phrase = _phrase(speaker, rng)
        steps += phrase
        total += sum(step.duration for step in phrase)
    return steps


_SHAPES = ("opening", "width", "rounding", "teeth", "tongue")
_QUICK = {"voicing": 0.006, "breath": 0.006, "hiss": 0.006, "hiss_centre": 0.01, "pitch": 0.035, "teeth": 0.02}


def make_articulation(speaker: Speaker, duration: float, rng: np.random.Generator) -> Articulation:
    """A talk of `duration` s (and a second more at both ends).

    Targets are steps, smoothed symmetrically: neighbours colour each other
    and no articulator lags behind another.
    """
    steps = _steps(speaker, duration + 2 * LEAD, rng)
    ends = np.cumsum([step.duration for step in steps])
    grid = np.arange(round((duration + 2 * LEAD) * GRID) + 1) / GRID
    owner = np.minimum(np.searchsorted(ends, grid, side="right"), len(steps) - 1)
    values = {name: np.array([getattr(step.phone, name) for step in steps], float)[owner] for name in Phone._fields[1:]}
    values["pitch"] = np.array([step.pitch for step in steps])[owner]
    stress = np.array([step.stress for step in steps])[owner]
    values["opening"] = np.where(values["opening"] > 0, values["opening"] * stress, values["opening"])
    values["voicing"] = values["voicing"] * stress
    smooth = {
        name: gaussian_filter1d(track, _QUICK.get(name, speaker.laziness) * GRID) for name, track in values.items()
    }
    return Articulation(speaker, grid - LEAD, _physics(smooth, speaker, rng))


def _wobble(count: int, width: float, rng: np.random.Generator) -> Float[np.ndarray, " N"]:
    """Smooth noise of unit deviation, `width` s wide: nobody holds a mouth still."""
    spread = width * GRID
    return gaussian_filter1d(rng.normal(0, 1, count), spread) * np.sqrt(2 * np.sqrt(np.pi) * spread)


def _physics(smooth: dict[str, np.ndarray], speaker: Speaker, rng: np.random.Generator) -> Tracks:
    """What the mouth does to the voice: a wide mouth is loud and raises F1, closed lips shut it off."""
    count = len(smooth["opening"])
    opening = np.clip(smooth["opening"] * np.exp(0.16 * _wobble(count, 0.03, rng)), 0.0, 1.6)
    for name in _SHAPES[1:]:
        smooth[name] = np.clip(smooth[name] + 0.06 * _wobble(count, 0.05, rng), 0, 1.2)
    loud = 0.18 + 0.82 * np.clip(opening, 0, 1.3) ** 0.7
    smooth["pitch"] = speaker.pitch * 2 ** smooth["pitch"] * (1 + speaker.roughness * _wobble(count, 0.004, rng))
    smooth["voicing"] = np.maximum(0, smooth["voicing"] * loud)
    smooth["f1"] = smooth["f1"] * speaker.tract * (0.9 + 0.15 * np.clip(opening, 0, 1.2))
    smooth["f2"] = smooth["f2"] * speaker.tract * (1 - 0.06 * smooth["rounding"])
    smooth["f3"] = smooth["f3"] * speaker.tract
    smooth["opening"] = opening * speaker.reach
    return Tracks(**{name: smooth[name] for name in Tracks._fields})
