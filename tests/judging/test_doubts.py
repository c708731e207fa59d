"""What makes an answer doubtful whatever the model says."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from small_files import made_up

from divas_jax.command import check_any_exists
from divas_jax.config import ViewConfig
from divas_jax.errors import UserError
from divas_jax.judging.doubts import shape_doubts


def _clip(height, width):
    return replace(made_up(10, fps=Fraction(25)), frames=np.zeros((10, height, width, 3), np.uint8), name="film.mp4")


def test_whole_pictures_are_no_crops_of_a_face():
    (doubt,) = shape_doubts(_clip(360, 640), ViewConfig())
    assert doubt.startswith("film.mp4: a picture of 640x360 is no crop of a face")
    assert "divas score" in doubt
    assert len(list(shape_doubts(_clip(640, 360), ViewConfig()))) == 1
    assert list(shape_doubts(_clip(100, 110), ViewConfig())) == []
    assert list(shape_doubts(_clip(360, 640), ViewConfig(full_frame=True))) == []


def test_files_are_missed_before_anything_slow_begins(tmp_path):
    missing, there = tmp_path / "gone.mp4", tmp_path / "there.mp4"
    there.write_bytes(b"")
    with pytest.raises(UserError, match=r"gone\.mp4 does not exist"):
        check_any_exists([missing])
    check_any_exists([missing, there])
    check_any_exists([])
    check_any_exists([type(missing)("http://host/film.mp4")])
