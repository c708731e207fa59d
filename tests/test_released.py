"""The weights inside the package: small, calibrated, without traces, and better than chance on real faces."""

from fractions import Fraction

import numpy as np

import divas_jax
from divas_jax.config import EvaluateConfig
from divas_jax.data.folder import FolderSource
from divas_jax.data.talkers.example import shifted_talker
from divas_jax.evaluation.embedding import Embedder
from divas_jax.evaluation.protocols import random_offsets
from divas_jax.evaluation.scores import scores
from divas_jax.loading import RELEASED, load_calibration, load_weights


def test_they_are_small_and_say_nothing_of_the_machine_that_trained_them():
    sizes = {path.name: path.stat().st_size for path in RELEASED.iterdir()}
    assert set(sizes) == {"weights.safetensors", "config.json", "calibration.json"}
    assert sum(sizes.values()) < 10e6
    config, _ = load_weights()
    assert config == config.without_folders()


def test_they_are_calibrated_for_the_search_of_predict():
    calibration = load_calibration()
    assert calibration is not None
    judged = divas_jax.load().offset(shifted_talker(Fraction(0)))
    assert 0 <= judged.probability <= 1
    assert judged.words


def test_they_find_real_offsets_more_often_than_chance(corpus):
    """Half of the validation clips, two offsets each; chance is about 22 %."""
    records = [clip.record() for clip in FolderSource(corpus).candidates() if clip.split == "val"][::2]
    trials = random_offsets(Embedder(*load_weights()), records, EvaluateConfig(trials=2))
    found = scores(trials).accuracy["acceptable"]
    assert found.total == 2 * len(records)
    assert found.interval[0] > 1.3 * found.chance
    assert np.isfinite([trial.confidence for trial in trials]).all()
