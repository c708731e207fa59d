"""The weights inside the package: small, calibrated, without traces, and better than chance on real faces."""

from fractions import Fraction

import numpy as np
import pytest

import divas_jax
from divas_jax.config import EvaluateConfig
from divas_jax.evaluation.protocols import random_offsets
from divas_jax.evaluation.scores import scores
from divas_jax.judging.embedding import Embedder
from divas_jax.loading import RELEASED, load_calibration, load_weights
from divas_jax.preparing.folder import FolderSource
from divas_jax.talkers.example import shifted_talker


def test_they_are_small_and_say_nothing_of_the_machine_that_trained_them():
    sizes = {path.name: path.stat().st_size for path in RELEASED.iterdir()}
    assert set(sizes) == {"weights.safetensors", "config.json", "calibration.json", "MODEL_CARD.md", "LICENSE"}
    assert sum(sizes.values()) < 10e6
    assert "research only" in (RELEASED / "LICENSE").read_text()
    config, _ = load_weights()
    assert config == config.without_folders()


def test_they_are_calibrated_for_the_search_of_predict():
    calibration = load_calibration()
    assert calibration is not None
    judged = divas_jax.load().offset(shifted_talker(Fraction(12, 100)))
    assert abs(judged.offset_ms - 120) < 40  # README's example, of a kind they were not trained on
    assert judged.probability > 0.8
    assert judged.unsure is None


@pytest.mark.real
def test_they_find_real_offsets(corpus):
    """A third of the validation clips, put in sync, two offsets each; chance is about 10 %."""
    clips = FolderSource(corpus / "val", split="val").candidates()
    records = [clip.record() for clip in clips if not clip.excluded][::3]
    trials = random_offsets(Embedder(*load_weights()), records, EvaluateConfig(trials=2))
    found = scores(trials).fine_accuracy["strict"]
    assert found.total == 2 * len(records)
    assert found.interval[0] > 0.6
    assert np.isfinite([trial.confidence for trial in trials]).all()
