"""A film whose faces are squares of one colour each, so that everything about it is known; its voice is a talker's."""

from fractions import Fraction

import numpy as np

from divas_jax.clip import Clip
from divas_jax.faces.crops import Face
from divas_jax.talkers import make_talker
from divas_jax.title.faces import DetectedFace

HEIGHT, WIDTH, SIDE = 180, 320, 40
FPS, SAMPLE_RATE = Fraction(25), 16000
CUT = Fraction(4)
VOICES = ((Fraction(1), Fraction(3)), (Fraction(9, 2), Fraction(7)))
"""When somebody talks (s)."""

COLOURS = {"red": (230, 20, 20), "blue": (20, 20, 230), "green": (20, 210, 20)}


def place(colour: str, time: float) -> tuple[int, int] | None:
    """Left and top of a square; None while it is not there."""
    if time < CUT:
        return {"red": (20 + round(20 * time), 60), "blue": (230, 80)}.get(colour)
    return (150, 50) if colour == "green" else None


def film(seed: int = 0, sound_start: Fraction = Fraction(0)) -> Clip:
    """8 s with a cut at 4 s: red moves and blue rests before it, green is there after it."""
    frames = np.empty((200, HEIGHT, WIDTH, 3), np.uint8)
    for index, frame in enumerate(frames):
        time = index / float(FPS)
        frame[:] = (60, 60, 60) if time < CUT else (190, 190, 190)
        for colour, values in COLOURS.items():
            corner = place(colour, time)
            if corner:
                frame[corner[1] : corner[1] + SIDE, corner[0] : corner[0] + SIDE] = values
    voice = make_talker(seed, fps=FPS, sample_rate=SAMPLE_RATE, duration=Fraction(8), size=16, distractions=False)
    samples = np.zeros(8 * SAMPLE_RATE, np.float32)
    for start, end in VOICES:
        part = slice(int(start * SAMPLE_RATE), int(end * SAMPLE_RATE))
        samples[part] = voice.samples[part]
    return Clip(frames, np.arange(200), 1 / FPS, samples, SAMPLE_RATE, FPS, sound_start=sound_start, name="film")


def find_squares(picture: np.ndarray) -> list[DetectedFace]:
    """The squares as a face detector would tell them."""
    found = []
    for values in COLOURS.values():
        rows, columns = np.nonzero((np.abs(picture.astype(int) - values) < 60).all(-1))
        if len(rows) > 50:
            box = Face(columns.min(), rows.min(), columns.max() + 1 - columns.min(), rows.max() + 1 - rows.min())
            found.append(DetectedFace(Face(*map(float, box)), 0.9))
    return found
