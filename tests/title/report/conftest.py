"""A checked title made by hand: a drift of 200 ms over twenty minutes, one scene in four wrong."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from divas_jax.evaluation.judge import Judgement
from divas_jax.title.answer import FileAnswer
from divas_jax.title.checked import Checked, checked
from divas_jax.title.judging import JudgedScene, JudgedTrack
from divas_jax.title.scan import Facts

FPS = Fraction(30000, 1001)
NASTY = '<script>alert(1)<b>a & "b" | c.mp4'
"""A name that would break the page, or a line of an edit decision list."""


def judgement(offset_ms: float) -> Judgement:
    curve_ms = np.arange(-600.0, 601.0, 40.0)
    curve = 2 - np.exp(-(((curve_ms - offset_ms) / 60) ** 2))
    curve[0] = np.inf
    return Judgement("x", offset_ms, offset_ms, 1.0, 40, curve_ms, curve, probability=0.8)


def scene(number: int, offset_ms: float, jpeg: bytes) -> JudgedScene:
    start = Fraction(number * 20)
    box = np.tile(np.float32([0.4, 0.2, 0.1, 0.3]), (2, 1))
    track = JudgedTrack(
        number, start, start + 6, FPS, 80.0, (start, start + 1), box, judgement(offset_ms), thumbnail=jpeg
    )
    return JudgedScene(number, start, start + 6, (track,), 0)


@pytest.fixture(scope="session")
def jpeg(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("face") / "face.jpg"
    Image.fromarray(np.full((128, 128, 3), 128, np.uint8)).save(path)
    return path.read_bytes()


@pytest.fixture(scope="session")
def title(jpeg) -> Checked:
    rng = np.random.default_rng(0)
    scenes = [
        scene(n, -200 * n / 60 + rng.normal(0, 10) if n % 4 else float(rng.uniform(-600, 600)), jpeg) for n in range(60)
    ]
    scenes.append(JudgedScene(60, Fraction(1200), Fraction(1203), (), None))
    facts = Facts(
        pictures=36000, end=Fraction(1203), fps=FPS, sample_rate=48_000, shots=[Fraction(20 * n) for n in range(61)]
    )
    return checked(FileAnswer(Path(NASTY), tuple(scenes), facts=facts))
