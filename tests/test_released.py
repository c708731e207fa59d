"""The weights inside the package: small, calibrated, without traces, and better than chance on real faces."""

import argparse
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import divas_jax
from divas_jax.config import EvaluateConfig
from divas_jax.evaluation.protocols import random_offsets
from divas_jax.evaluation.scores import scores
from divas_jax.judging.embedding import Embedder
from divas_jax.loading import load_calibration, load_weights
from divas_jax.preparing.folder import FolderSource
from divas_jax.released import RELEASED, WHOLE_PICTURES
from divas_jax.talkers.example import shifted_talker
from divas_jax.title_arguments import add_judging_arguments, check_judging_arguments


def test_they_are_small_and_say_nothing_of_the_machine_that_trained_them():
    sizes = {
        path.relative_to(RELEASED).as_posix(): path.stat().st_size for path in RELEASED.rglob("*") if path.is_file()
    }
    model = {"weights.safetensors", "config.json", "calibration.json"}
    assert set(sizes) == {*model, "MODEL_CARD.md", "LICENSE", *(f"{WHOLE_PICTURES.name}/{name}" for name in model)}
    assert sum(sizes.values()) < 16 * 2**20
    assert "research only" in (RELEASED / "LICENSE").read_text()
    for folder in (RELEASED, WHOLE_PICTURES):
        config, _ = load_weights(folder)
        assert config == config.without_folders()


def test_whole_pictures_have_a_model_of_their_own():
    config, _ = load_weights(WHOLE_PICTURES)
    assert config.view.full_frame
    assert load_calibration(WHOLE_PICTURES) is not None
    parser = argparse.ArgumentParser()
    add_judging_arguments(parser)
    for words, folder in (
        ([], None),
        (["--full-frame"], WHOLE_PICTURES),
        (["--full-frame", "--checkpoint", "x"], Path("x")),
    ):
        arguments = parser.parse_args(words)
        check_judging_arguments(arguments)
        assert arguments.checkpoint == folder


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
