"""`model.seconds`: windows of another length than the paper's 0.2 s, from training to an exported program."""

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from time_telling import time_clip
from tiny_run import MODEL, tiny_config, tiny_state

from divas_jax.data.ladder import ladder_of
from divas_jax.errors import UserError
from divas_jax.evaluation.lengths import middle
from divas_jax.evaluation.reading import EmbeddedClip
from divas_jax.judging.embedding import Embedder
from divas_jax.model.stablehlo import encoder_programs
from divas_jax.running import train_here
from divas_jax.talkers import TalkerSource
from divas_jax.training.checkpoints import read_checkpoint


def config_of(seconds: float, **groups):
    return tiny_config(model=MODEL | {"seconds": seconds}, **groups)


def embedder_of(seconds: float) -> Embedder:
    config = config_of(seconds)
    return Embedder(config, tiny_state(config).parameters)


@pytest.mark.parametrize("seconds", [0.1, 0.2, 0.4, 0.6])
def test_a_window_sees_and_hears_exactly_so_long(seconds):
    fps, embedder = 25, embedder_of(seconds)
    clip, frames = time_clip(Fraction(fps), Fraction(3, 2), 16000, noise=1), round(seconds * 25 + 1e-9)
    (plain,) = embedder.embed([clip], 0)
    assert (len(plain.pictures), plain.window) == (len(clip.frames) - frames + 1, Fraction(str(seconds)))
    changed = clip.frames.copy()
    changed[20] = 255 - changed[20]
    samples = clip.samples.copy()
    samples[12_800:12_864] *= -1  # at 0.8 s; as loud as before
    (other,) = embedder.embed([replace(clip, frames=changed, samples=samples)], 0)
    moved = np.flatnonzero(np.abs(plain.pictures - other.pictures).max(axis=1) > 1e-6)
    assert moved.tolist() == list(range(20 - frames + 1, 21))
    scale = np.linalg.norm(plain.sounds, axis=1).mean()
    heard = np.flatnonzero(np.linalg.norm(plain.sounds - other.sounds, axis=1) > 1e-5 * scale) / fps
    assert heard.min() == pytest.approx(0.8 - seconds, abs=0.041)  # whole patches of 8 ms, starts of 40 ms
    assert heard.max() == pytest.approx(0.8, abs=0.041)


def test_the_middle_of_a_clip_lasts_as_long_whatever_its_windows():
    (record,) = list(TalkerSource(1, "val", rates=(Fraction(25),), duration=Fraction(3)))
    for seconds, windows in ((0.2, 21), (0.4, 16)):
        clip = time_clip(Fraction(25), Fraction(3), 16000, noise=1)
        (found,) = embedder_of(seconds).embed([clip], 2)
        part = middle(EmbeddedClip(record, found), Fraction(1), 0)
        assert len(part.embeddings.pictures) == windows


def test_a_run_with_longer_windows_learns_and_says_so(tmp_path):
    config = config_of(
        0.4,
        data={"talkers": 4, "segments": 8, "windows": 4, "resident": True, "max_fps": 31.0},
        objective={"name": "offset_curve"},
        targets={"mel": 1.0},
        optim={"lr": 1e-3},
        train={"steps": 3, "log_every": 1},
        evaluate={"clips": 2},
    )
    train_here(config, tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert all(np.isfinite(line["loss"]) for line in lines if "loss" in line)
    assert lines[-1]["judged"] == 1.0
    trained, parameters = read_checkpoint(tmp_path)
    assert trained.model.window == Fraction(2, 5)
    description = encoder_programs(trained.model, ladder_of(trained.model, trained.data), parameters, ["cpu"])[1]
    assert (description["pictures"]["longest"], description["sounds"]["longest"]) == (24, 150)
    assert "frames in 0.4 s: round(0.4 * frame rate)" in json.dumps(description)


@pytest.mark.parametrize("seconds", [0.0, 0.04, 3.0])
def test_windows_of_no_use_are_refused(seconds):
    with pytest.raises(UserError, match=r"model\.seconds is .* but must be from 0\.05 to 2"):
        config_of(seconds)
