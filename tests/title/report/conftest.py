"""A checked title made by hand: a drift of 200 ms over twenty minutes, one scene in four wrong."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from made_scenes import FPS, scene
from PIL import Image

from divas_jax.title.checked_title import CheckedTitle, checked
from divas_jax.title.file_answer import FileAnswer
from divas_jax.title.scan import Facts
from divas_jax.title.scene_judging import JudgedScene

NASTY = '<script>alert(1)<b>a & "b" | c.mp4'
"""A name that would break the page, or a line of an edit decision list."""


@pytest.fixture(scope="session")
def jpeg(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("face") / "face.jpg"
    Image.fromarray(np.full((128, 128, 3), 128, np.uint8)).save(path)
    return path.read_bytes()


@pytest.fixture(scope="session")
def title(jpeg) -> CheckedTitle:
    rng = np.random.default_rng(0)
    scenes = [
        scene(n, -200 * n / 60 + rng.normal(0, 10) if n % 4 else float(rng.uniform(-600, 600)), jpeg) for n in range(60)
    ]
    scenes.append(JudgedScene(60, Fraction(1200), Fraction(1203), (), None))
    facts = Facts(
        pictures=36000, end=Fraction(1203), fps=FPS, sample_rate=48_000, shots=[Fraction(20 * n) for n in range(61)]
    )
    return checked(FileAnswer(Path(NASTY), tuple(scenes), facts=facts))
