"""The sounds that a talker can make, and the shape of mouth and throat for each."""

from typing import NamedTuple


class Phone(NamedTuple):
    """Targets of one speech sound; mouth shapes in 0..1, formants in Hz of an average adult.

    Attributes:
      duration: s, at a middling tempo.
      opening: distance of the lips; below 0 they are pressed together.
      width: distance of the mouth's corners.
      rounding: protrusion of the lips.
      teeth: how much the teeth show.
      tongue: how high its tip is.
      f1: first formant (Hz).
      f2: second formant (Hz).
      f3: third formant (Hz).
      voicing: amplitude of the voice.
      breath: amplitude of noise at the glottis.
      hiss: amplitude of noise at the teeth or lips.
      hiss_centre: its middle frequency (Hz).
    """

    duration: float
    opening: float
    width: float
    rounding: float
    teeth: float
    tongue: float
    f1: float
    f2: float
    f3: float
    voicing: float
    breath: float = 0.0
    hiss: float = 0.0
    hiss_centre: float = 4000.0


VOWELS = {
    "a": Phone(0.150, 1.00, 0.50, 0.00, 0.25, 0.0, 760, 1180, 2520, 1.00),
    "ae": Phone(0.150, 0.86, 0.75, 0.00, 0.50, 0.1, 670, 1740, 2450, 0.95),
    "e": Phone(0.125, 0.58, 0.75, 0.00, 0.50, 0.2, 530, 1850, 2500, 0.90),
    "i": Phone(0.130, 0.26, 1.00, 0.00, 0.70, 0.3, 285, 2280, 2980, 0.72),
    "ih": Phone(0.090, 0.36, 0.80, 0.00, 0.60, 0.2, 400, 1980, 2560, 0.78),
    "uh": Phone(0.105, 0.66, 0.50, 0.05, 0.30, 0.0, 620, 1220, 2420, 0.92),
    "schwa": Phone(0.070, 0.40, 0.50, 0.10, 0.35, 0.1, 500, 1460, 2460, 0.75),
    "aw": Phone(0.150, 0.78, 0.25, 0.55, 0.05, 0.0, 590, 880, 2460, 0.95),
    "o": Phone(0.140, 0.52, 0.12, 0.85, 0.00, 0.0, 480, 840, 2400, 0.88),
    "u": Phone(0.130, 0.22, 0.00, 1.00, 0.00, 0.0, 310, 820, 2250, 0.70),
    "er": Phone(0.120, 0.38, 0.35, 0.50, 0.25, 0.3, 480, 1320, 1700, 0.80),
}
"""Vowels by a rough name."""

GLIDES = (("a", "ih"), ("a", "u"), ("e", "i"), ("o", "u"), ("aw", "ih"))
"""Diphthongs: where they begin and end."""

CONSONANTS = {
    "m": Phone(0.085, -0.40, 0.45, 0.15, 0.0, 0.0, 260, 1050, 2250, 0.30),
    "b": Phone(0.080, -0.40, 0.45, 0.15, 0.0, 0.0, 220, 900, 2200, 0.07),
    "p": Phone(0.100, -0.45, 0.45, 0.15, 0.0, 0.0, 300, 950, 2200, 0.00),
    "w": Phone(0.070, 0.10, 0.00, 1.00, 0.0, 0.0, 300, 700, 2200, 0.55),
    "f": Phone(0.105, 0.05, 0.60, 0.00, 1.0, 0.0, 350, 1200, 2300, 0.00, 0.02, 0.16, 5200),
    "v": Phone(0.075, 0.06, 0.60, 0.00, 1.0, 0.0, 300, 1200, 2300, 0.35, 0.00, 0.07, 4800),
    "s": Phone(0.115, 0.14, 0.80, 0.00, 1.0, 0.3, 350, 1700, 2600, 0.00, 0.00, 0.42, 6600),
    "z": Phone(0.080, 0.15, 0.80, 0.00, 1.0, 0.3, 300, 1700, 2600, 0.25, 0.00, 0.22, 6400),
    "sh": Phone(0.115, 0.20, 0.25, 0.80, 0.8, 0.2, 350, 1800, 2500, 0.00, 0.00, 0.42, 3300),
    "th": Phone(0.085, 0.22, 0.60, 0.00, 0.7, 1.0, 350, 1400, 2600, 0.10, 0.00, 0.10, 5600),
    "t": Phone(0.075, 0.20, 0.60, 0.00, 0.6, 0.9, 350, 1750, 2650, 0.00),
    "d": Phone(0.060, 0.22, 0.60, 0.00, 0.5, 0.9, 300, 1700, 2650, 0.06),
    "k": Phone(0.075, 0.30, 0.50, 0.10, 0.2, 0.0, 350, 1900, 2300, 0.00),
    "g": Phone(0.060, 0.30, 0.50, 0.10, 0.2, 0.0, 300, 1900, 2300, 0.06),
    "n": Phone(0.070, 0.22, 0.60, 0.00, 0.5, 0.9, 270, 1450, 2500, 0.33),
    "l": Phone(0.065, 0.40, 0.60, 0.00, 0.4, 1.0, 380, 1150, 2700, 0.55),
    "r": Phone(0.070, 0.25, 0.25, 0.60, 0.2, 0.3, 350, 1150, 1650, 0.55),
    "y": Phone(0.065, 0.18, 0.95, 0.00, 0.6, 0.3, 280, 2250, 2950, 0.55),
    "h": Phone(0.060, 0.50, 0.50, 0.10, 0.3, 0.0, 520, 1500, 2500, 0.00, 0.16),
}
"""Consonants; stops are here only up to their release."""

RELEASES = {
    "p": (0.024, 0.22, 0.20, 1300.0),
    "b": (0.010, 0.04, 0.18, 1100.0),
    "t": (0.026, 0.16, 0.42, 4800.0),
    "d": (0.012, 0.04, 0.32, 4200.0),
    "k": (0.030, 0.18, 0.36, 2100.0),
    "g": (0.014, 0.04, 0.26, 1900.0),
}
"""What follows a stop's closure: duration (s), breath, hiss, hiss centre (Hz)."""

ONSETS = ("m", "b", "p", "w", "f", "v", "s", "z", "sh", "th", "t", "d", "k", "g", "n", "l", "r", "y", "h")
CODAS = ("m", "n", "s", "z", "t", "d", "k", "l", "f", "v", "p", "b")

SILENCE = Phone(0.4, -0.10, 0.45, 0.10, 0.0, 0.0, 480, 1450, 2450, 0.0)
