"""Weights from either kind of folder, a training run or an export; without a folder, those of the package."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

import jax
import numpy as np

from divas_jax.config import Config
from divas_jax.errors import UserError
from divas_jax.judging.calibration import FILE, Calibration, read_calibration
from divas_jax.judging.embedding import Embedder
from divas_jax.judging.judge import Judge
from divas_jax.model.shapes import Parameters
from divas_jax.model.weights import is_export, read_weights
from divas_jax.released import RELEASED

if TYPE_CHECKING:
    from divas_jax.model import Divas, Members


def load_weights(path: str | Path | None = None) -> tuple[Config, Parameters]:
    """Config and weights from a training folder or an export; the package's own for None.

    Raises:
      UserError: the folder is missing, is neither, or its weights cannot be used.
    """
    folder = weights_folder(path)
    if is_export(folder):
        return read_weights(folder)

    from divas_jax.training.checkpoints import has_checkpoint, read_checkpoint  # late: Orbax starts slowly

    if has_checkpoint(folder):
        return read_checkpoint(folder)
    if not folder.exists():
        raise UserError(f"checkpoint {folder} does not exist")
    raise UserError(f"{folder} is neither a training folder with checkpoints nor an export")


def weights_folder(path: str | Path | None) -> Path:
    """The folder meant: the one named, else that of the package.

    Raises:
      UserError: none is named and the package has none.
    """
    if path is not None:
        return Path(path)
    if not is_export(RELEASED):
        raise UserError(
            "this version of divas_jax comes without trained weights: name a training folder or an export "
            "(on the command line by --checkpoint)"
        )
    return RELEASED


def weights_mark(path: str | Path | None) -> str:
    """Tells weights from others by their content, wherever they lie: machines have other folders, checkpoints change.

    Raises:
      UserError: as `load_weights`.
    """
    folder, digest = weights_folder(path), hashlib.sha256()
    if is_export(folder):  # without reading them: that takes a while
        for file in sorted(file for file in folder.iterdir() if file.is_file()):
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
        return digest.hexdigest()
    config, parameters = load_weights(folder)
    digest.update(f"{config} {fingerprint(parameters)}".encode())
    return digest.hexdigest()


def fingerprint(parameters: Parameters) -> str:
    """What tells weights apart: a training folder may hold others tomorrow."""
    total = 0
    for leaf in jax.tree.leaves(parameters):
        total = crc32(np.ascontiguousarray(leaf).tobytes(), total)
    return f"{total:08x}"


def load_calibration(path: str | Path | None = None) -> Calibration | None:
    """What an export knows of how sure its answers are; None where it holds no calibration.

    A training folder has none: its best checkpoint may change.

    Raises:
      UserError: the file is damaged, or as `weights_folder`.
    """
    folder = weights_folder(path)
    return read_calibration(folder / FILE) if is_export(folder) and (folder / FILE).is_file() else None


def load_module(path: str | Path | None = None) -> "Divas | Members":
    """The weights in a folder as a module of NNX; the package's own for None.

    Raises:
      UserError: as `load_weights`.
    """
    from divas_jax.model.members import model_of  # late: so does Flax

    config, parameters = load_weights(path)
    return model_of(config.model, parameters)


def load_judge(path: str | Path | None = None) -> Judge:
    """The model in a folder, ready to tell offsets; the package's own for None.

    Raises:
      UserError: as `load_weights` and `load_calibration`.
    """
    return Judge(*load_weights(path), load_calibration(path))


def load_embedder(path: str | Path | None = None) -> Embedder:
    """The encoders in a folder, ready to embed clips; the package's own for None.

    Raises:
      UserError: as `load_weights`.
    """
    return Embedder(*load_weights(path))
