"""A sound comes from the part of the picture that goes with it."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from divas_jax.clip import Clip
from divas_jax.config import Config, ModelConfig, ViewConfig
from divas_jax.evaluation import localisation
from divas_jax.evaluation.localisation import sound_map
from divas_jax.judging.embedding import ClipEmbeddings, Embedder

FRAMES, PATCH, SIDE = 60, 16, 5
LOUD = np.random.default_rng(0).integers(0, 220, FRAMES).astype(np.uint8)


class BrightEmbedder(Embedder):
    """Embeds a picture as how bright it is, a sound as `LOUD`."""

    def __init__(self, config, parameters):
        self.config, self.parameters = config, parameters

    def embed(self, clips, reach_frames, fineness=1):
        return [self._embedded(clip, reach_frames) for clip in clips]

    def _embedded(self, clip, reach):
        level = (clip.frames.astype(np.float32) - 110).mean((1, 2, 3)) * SIDE**2 + 110
        around = np.concatenate([np.zeros(reach), LOUD, np.zeros(reach)])
        return ClipEmbeddings(
            pictures=level[:, None].astype(np.float32) / 50,
            sounds=around[:, None].astype(np.float32) / 50,
            sound_mask=np.ones(len(around), bool),
            aligned=np.arange(FRAMES, dtype=np.int32) + reach,
            lag=Fraction(0),
            step=Fraction(1, 25),
            steps_per_frame=1,
        )


@pytest.mark.parametrize(("row", "column"), [(0, 0), (3, 1), (2, 4)])
def test_the_part_that_goes_with_the_sound_counts_most(monkeypatch, row, column):
    monkeypatch.setattr(localisation, "Embedder", BrightEmbedder)
    frames = np.full((FRAMES, SIDE * PATCH, SIDE * PATCH, 3), 110, np.uint8)
    frames[:, row * PATCH : (row + 1) * PATCH, column * PATCH : (column + 1) * PATCH] = LOUD[:, None, None, None]
    clip = Clip(
        frames=frames, frame_pts=np.arange(FRAMES), time_base=Fraction(1, 25), fps=Fraction(25),
        samples=np.zeros(16_000 * 3, np.float32), sample_rate=16_000,
    )  # fmt: skip
    config = replace(Config(), model=ModelConfig(size=SIDE * PATCH), view=ViewConfig(full_frame=True))
    found = sound_map(BrightEmbedder(config, {}), clip)
    assert found.shape == (SIDE, SIDE)
    assert found[row, column] == found.max() > 0.5
    assert np.abs(found[np.hypot(*np.indices(found.shape) - [[[row]], [[column]]]) > 2]).max() < 0.01
