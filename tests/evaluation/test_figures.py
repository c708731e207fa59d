from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from test_scores import trial

from divas_jax.errors import UserError
from divas_jax.evaluation.figures import plot_curve, plot_curves, plot_reliability, reliability
from divas_jax.judging.judge import Judgement


def judgement():
    curve_ms = np.arange(-15.0, 16.0) * 40
    curve = np.where(np.abs(curve_ms) > 500, np.inf, 6 + np.abs(curve_ms - 120) / 100)
    return Judgement("clip.mp4", 120.0, 120.0, 2.0, 40, curve_ms, curve)


def test_pictures_are_written_whole(tmp_path):
    trials = [trial(place, place, confidence=float(place), clip=f"clip{place}") for place in range(8)]
    plot_curve(judgement(), tmp_path / "curve.png")
    plot_curves(trials, tmp_path / "curves.png")
    plot_curves([], tmp_path / "none.png")
    plot_reliability(trials, tmp_path / "reliability.png")
    plot_reliability([], tmp_path / "nothing.png")
    names = {"curve.png", "curves.png", "none.png", "reliability.png", "nothing.png"}
    assert {path.name for path in tmp_path.iterdir()} == names
    for name in names:
        with Image.open(tmp_path / name) as image:
            image.verify()
        with Image.open(tmp_path / name) as image:
            assert len(np.unique(np.asarray(image.convert("L")))) > 2


@pytest.mark.parametrize("name", ["caf\udce9.mp4", r"a $\frac{$ b.mp4"])
def test_names_that_matplotlib_would_choke_on(tmp_path, name):
    plot_curve(replace(judgement(), name=name), tmp_path / "curve.png")
    plot_curves([trial(0, 0, confidence=1.0, clip=name)], tmp_path / "curves.png")
    assert len([*tmp_path.iterdir()]) == 2


def test_a_missing_folder_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match="cannot be written"):
        plot_curve(judgement(), tmp_path / "missing" / "curve.png")


def test_reliability_groups_by_confidence():
    trials = [trial(0, 0 if index >= 30 else 9, confidence=float(index)) for index in range(60)]
    points = reliability(trials[::-1])
    assert [share.total for _, share in points] == [6] * 10
    assert [share.right for _, share in points] == [0] * 5 + [6] * 5
    assert [mean for mean, _ in points] == sorted(mean for mean, _ in points)
