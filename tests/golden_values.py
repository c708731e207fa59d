"""What tests/golden holds: small computations whose outcome must not change unnoticed."""

from fractions import Fraction

import jax
import numpy as np
from jax.sharding import AxisType
from tiny_run import tiny_config, tiny_state

from divas_jax.clip import Clip, Rung, SegmentBatch, stack_rows
from divas_jax.config import Config
from divas_jax.data.windows import loudness_gain, padded_shape, picture_chunks, sound_row
from divas_jax.judging.embedding import Embedder
from divas_jax.sync.predictions import Prediction
from divas_jax.talkers import make_talker
from divas_jax.title.timecodes import Timecodes
from divas_jax.title.timeline import judge_title
from divas_jax.title.verdict_records import verdict_record
from divas_jax.training.mesh import AXIS
from divas_jax.training.step import make_train_step

STEPS = 10
RUNG = Rung(6, 34)
SCENES = (
    (4.2, 1, 0.19), (6.7, 192, 0.14), (8.5, -299, 0.46), (10.6, -17, 0.57), (14.6, -4, 0.74), (25.2, -13, 0.63),
    (29.4, 3, 0.9), (40.8, 6, 0.96), (42.8, -4, 0.65), (53.6, -76, 0.98), (60.8, -75, 0.56), (67.1, -79, 0.99),
    (72.5, -7, 0.77), (80.9, 373, 0.54), (101.2, -5, 0.98), (106.8, 309, 0.79), (111.6, 17, 0.52), (117.3, -1, 0.98),
)  # fmt: skip
"""Middle (s), offset (ms) and trust of the scenes of two made-up minutes, 80 ms late for a while."""


def embeddings() -> dict[str, np.ndarray]:
    """Both encoders on a second of noise, by weights of seed 0; no codec and no drawing is in the way."""
    config, random = tiny_config(), np.random.default_rng(0)
    clip = Clip(
        frames=random.integers(0, 256, (25, 48, 48, 3), np.uint8),
        frame_pts=np.arange(25),
        time_base=Fraction(1, 25),
        samples=(0.1 * random.standard_normal(16_000)).astype(np.float32),
        sample_rate=16_000,
        fps=Fraction(25),
    )
    (found,) = Embedder(config, tiny_state(config).parameters).embed([clip], reach_frames=3)
    return {"pictures": found.pictures, "sounds": found.sounds, "sound_mask": found.sound_mask}


def losses() -> dict[str, np.ndarray]:
    """Loss of an average pair at each of ten steps on one device; four talkers, never encoded."""
    config = tiny_config(
        data={"rungs": ((RUNG.frames, RUNG.patches),), "segments": 4, "windows": 6},
        objective={"name": "offset_matrix"},
        optim={"lr": 1e-3},
    )
    mesh = jax.make_mesh((1,), (AXIS,), axis_types=(AxisType.Auto,), devices=jax.devices()[:1])
    state, step, batch = tiny_state(config), make_train_step(config, mesh), talkers(config)
    found = []
    for _ in range(STEPS):
        state, metrics = step(state, batch, RUNG)
        found.append(float(metrics.loss / metrics.pairs))
    return {"loss": np.asarray(found)}


def talkers(config: Config) -> SegmentBatch:
    """The first windows of one talker a row."""
    rows = []
    for seed in range(config.data.segments):
        clip = make_talker(seed, fps=Fraction(25), sample_rate=16_000, duration=Fraction(1), size=64)
        windows = config.data.windows
        seen = next(picture_chunks(clip, config.view, config.model.size, windows=windows, rung=RUNG))
        heard = sound_row(
            clip,
            [clip.frame_time(frame) for frame in range(windows)],
            window=RUNG.window,
            samples_padded=padded_shape(config.model, config.data, RUNG)[1],
            windows_padded=windows,
            gain=loudness_gain(clip.samples),
        )
        rows.append(SegmentBatch(seen, heard, np.int32(seed)))
    return stack_rows(rows)


def verdict() -> dict:
    """A whole verdict on fixed predictions, as reports print it."""
    scenes = [Prediction(middle - 2, middle + 2, float(ms), 1.0, trust) for middle, ms, trust in SCENES]
    return verdict_record(judge_title(scenes, 0.0, 120.0, 600.0), Timecodes(Fraction(25), drop_frame=False))


ARRAYS = {"embeddings": embeddings, "losses": losses}
"""What is kept as NAME.npz; the verdict is kept as verdict.json."""
