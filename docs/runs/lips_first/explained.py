"""What a run's heads explain of lips and sound, on the validation clips of data sets prepared with --lips.

python docs/runs/lips_first/explained.py RUN DATA [DATA…]
"""

import sys
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np

from divas_jax import running
from divas_jax.clip import Rung
from divas_jax.config import AugmentConfig
from divas_jax.data.clip_record import JoinedClips
from divas_jax.data.records import open_records
from divas_jax.data.resident import keep_clips
from divas_jax.model.parameters import embed_pictures, embed_sounds
from divas_jax.training.checkpoints import read_state
from divas_jax.training.heads import LIP_TIMES, targets_of
from divas_jax.training.mesh import device_mesh, to_devices
from divas_jax.training.rendering import rendered, to_every_device

BATCHES = 30
INNER_HEIGHTS, DISTANCES = slice(32, 35), slice(32, 39)
"""Of the 39 numbers: the inner lips' height at three places; those and four more distances."""


def explained(said: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Share of the variance of each number that is explained, whatever constant is added."""
    wrong = (said - true).var(axis=0)
    return 1 - wrong / true.var(axis=0)


config, state = read_state(Path(sys.argv[1]))
plain = AugmentConfig(**dict.fromkeys(vars(AugmentConfig()), 0.0))
config = replace(config, data=replace(config.data, augment=plain, segments=32, windows=2, workers=0))
kept = keep_clips(JoinedClips([open_records(Path(folder), "val") for folder in sys.argv[2:]]), config)
mesh, arrays = device_mesh(), to_every_device(device_mesh(), kept)
found = {"lips": ([], []), "mel": ([], [])}
for number, (index, rows) in enumerate(running.batches(config, kept, 0)):
    if number == BATCHES:
        break
    rung, draws = Rung(*config.data.rungs[index]), to_devices(mesh, rows)
    batch = jax.jit(rendered, static_argnums=(2, 3, 4))(draws, arrays, config.model, config.data, rung)
    true = targets_of(arrays.targets, draws, batch)
    embedded = {
        "lips": embed_pictures(config.model, state.best_parameters, batch.pictures, rung.frames),
        "mel": embed_sounds(config.model, state.best_parameters, batch.sounds, rung.patches),
    }
    for name, head in state.heads.items():
        known = np.asarray(getattr(true, f"{name}_known"))
        said = embedded[name] @ head["kernel"] + head["bias"]
        for values, side in zip((said, getattr(true, name)), found[name], strict=True):
            side.append(np.asarray(values)[known])
lips = explained(*map(np.concatenate, found["lips"])).reshape(LIP_TIMES, -1)
print(f"inner lips' height: {lips[:, INNER_HEIGHTS].mean():.1%}, all seven distances: {lips[:, DISTANCES].mean():.1%}")
print(f"log-mel energies: {explained(*map(np.concatenate, found['mel'])).mean():.1%}")
print(f"{sum(map(len, found['lips'][0]))} windows, step {int(state.step)}")
