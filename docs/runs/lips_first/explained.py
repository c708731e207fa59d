"""What a run's heads explain of lips and sound, on the validation clips of data sets prepared with --lips.

python docs/runs/lips_first/explained.py RUN DATA [DATA…]
"""

import sys
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np

from divas_jax import running
from divas_jax.clip import Rung
from divas_jax.config import AugmentConfig, Config
from divas_jax.data.clip_record import JoinedClips
from divas_jax.data.ladder import ladder_of
from divas_jax.data.records import open_records
from divas_jax.data.resident import ResidentClips, keep_clips
from divas_jax.model.parameters import embed_pictures, embed_sounds
from divas_jax.training.checkpoints import read_state
from divas_jax.training.heads import lip_times, targets_of
from divas_jax.training.mesh import device_mesh, to_devices
from divas_jax.training.rendering import rendered, to_every_device
from divas_jax.training.start import Start

BATCHES = 30
INNER_HEIGHTS, DISTANCES = slice(32, 35), slice(32, 39)
"""Of the 39 numbers: the inner lips' height at three places; those and four more distances."""


class Explained(NamedTuple):
    """Shares of the variance that are explained, and by how many windows that is measured."""

    inner_heights: float
    distances: float
    mel: float
    windows: int


def plain(config: Config) -> Config:
    """The config with pictures and sound as they are, in batches for measuring."""
    nothing = AugmentConfig(**dict.fromkeys(vars(AugmentConfig()), 0.0))
    return replace(config, data=replace(config.data, augment=nothing, segments=32, windows=2, workers=0))


def explained(config: Config, learnt: Start, kept: ResidentClips) -> Explained:
    """Of `plain` windows of clips that were kept with such a config."""
    mesh, arrays = device_mesh(), to_every_device(device_mesh(), kept)
    found: dict[str, tuple[list, list]] = {"lips": ([], []), "mel": ([], [])}

    def look(parameters: dict, draws: object, arrays: object, rung: Rung) -> tuple:
        batch = rendered(draws, arrays, config.model, config.data, rung)
        seen = embed_pictures(config.model, parameters, batch.pictures, rung.frames)
        heard = embed_sounds(config.model, parameters, batch.sounds, rung.patches)
        return targets_of(config.model, arrays.targets, draws, batch), {"lips": seen, "mel": heard}

    look = jax.jit(look, static_argnums=3)
    for number, (index, rows) in enumerate(running.batches(config, kept, 0)):
        if number == BATCHES:
            break
        true, embedded = look(
            learnt.parameters, to_devices(mesh, rows), arrays, ladder_of(config.model, config.data)[index]
        )
        for name, head in learnt.heads.items():
            known = np.asarray(getattr(true, f"{name}_known"))
            said = embedded[name] @ head["kernel"] + head["bias"]
            for values, side in zip((said, getattr(true, name)), found[name], strict=True):
                side.append(np.asarray(values)[known])
    lips = _share(*map(np.concatenate, found["lips"])).reshape(lip_times(config.model), -1)
    mel = _share(*map(np.concatenate, found["mel"])).mean()
    windows = sum(map(len, found["lips"][0]))
    return Explained(lips[:, INNER_HEIGHTS].mean(), lips[:, DISTANCES].mean(), mel, windows)


def _share(said: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Of the variance of each number, whatever constant is added."""
    return 1 - (said - true).var(axis=0) / true.var(axis=0)


def main() -> None:
    """Prints what a run explains."""
    config, state = read_state(Path(sys.argv[1]))
    config = plain(config)
    kept = keep_clips(JoinedClips([open_records(Path(folder), "val") for folder in sys.argv[2:]]), config)
    found = explained(config, Start(state.best_parameters, state.heads), kept)
    print(f"inner lips' height: {found.inner_heights:.1%}, all seven distances: {found.distances:.1%}")
    print(f"log-mel energies: {found.mel:.1%}")
    print(f"{found.windows} windows, step {int(state.step)}")


if __name__ == "__main__":
    main()
