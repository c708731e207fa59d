"""What a run has learnt, heads too, as one small file that travels: `python arrays.py FILE.npz RUN`.

Makes a training folder RUN of such a file, in float32, from which `divas train` (train.init_from), `divas export` and
`divas evaluate` go on anywhere. The optimiser begins anew.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from divas_jax.config import Config
from divas_jax.training.checkpoints import Checkpoints
from divas_jax.training.start import Start
from divas_jax.training.state import TrainState, new_state


def write_arrays(path: Path, config: Config, state: TrainState) -> None:
    """Weights and heads as float16, with the config and the step."""
    leaves = jax.tree_util.tree_leaves_with_path({"parameters": state.best_parameters, "heads": state.heads})
    named = {"/".join(str(part.key) for part in path): leaf.astype(np.float16) for path, leaf in leaves}
    np.savez(path, config=json.dumps(config.to_dict()), step=int(state.step), **named)


def read_arrays(path: Path) -> tuple[Config, Start]:
    """The inverse, in float32."""
    with np.load(path) as file:
        values = {name: file[name] for name in file.files}
    config = Config.from_dict(json.loads(str(values.pop("config"))))
    values.pop("step")
    tree: dict = {}
    for name, leaf in values.items():
        *groups, last = name.split("/")
        place = tree
        for group in groups:
            place = place.setdefault(group, {})
        place[last] = leaf.astype(np.float32)
    return config, Start(tree["parameters"], tree.get("heads"))


if __name__ == "__main__":
    config, start = read_arrays(Path(sys.argv[1]))
    config = replace(config, model=replace(config.model, dtype="float32", attention="plain")).without_folders()
    with Checkpoints(Path(sys.argv[2]), 1) as checkpoints:
        checkpoints.save(new_state(config, start.parameters, start.heads), config, None)
