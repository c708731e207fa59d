"""Exported weights: safetensors and a JSON config, the archive format (and back: from float32 bit for bit)."""

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from divas_jax.config import Config, ModelConfig
from divas_jax.errors import UserError
from divas_jax.model.shapes import Parameters, abstract_parameters

WEIGHTS = "weights.safetensors"
CONFIG = "config.json"
DTYPES = ("float32", "float16")
"""How weights may be stored; in memory they are always float32."""


def write_weights(folder: Path, config: Config, parameters: Parameters, dtype: str = "float32") -> None:
    """Writes `weights.safetensors` and `config.json` into `folder`, each in one move.

    Args:
      folder: made if it is missing.
      config: the whole config of the run.
      parameters: float32.
      dtype: out of `DTYPES`; float16 halves the file and rounds to 11 binary digits.

    Raises:
      UserError: the folder cannot be written, or a weight is too large for the type.
    """
    # safetensors writes the memory of a transposed array as if it were in order
    flat = {name: np.ascontiguousarray(_stored(leaf, name, dtype)) for name, leaf in _flat(parameters).items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f".{WEIGHTS}.partial"
        partial.write_bytes(save(flat))  # safetensors' own writing makes it private to the user
        os.replace(partial, folder / WEIGHTS)
        partial = folder / f".{CONFIG}.partial"
        partial.write_text(json.dumps(config.to_dict(), indent=2) + "\n")
        os.replace(partial, folder / CONFIG)
    except (OSError, SafetensorError) as error:
        for name in (WEIGHTS, CONFIG):
            with contextlib.suppress(OSError):
                (folder / f".{name}.partial").unlink()
        raise UserError(f"cannot write weights to {folder}: {error}") from None


def _stored(leaf: Any, name: str, dtype: str) -> np.ndarray:
    leaf, largest = np.asarray(leaf), np.finfo(dtype).max
    if np.abs(leaf).max(initial=0) > largest:
        raise UserError(f"{name} holds a weight above {largest:g}, too large for {dtype}")
    return leaf.astype(dtype)


def is_export(folder: Path) -> bool:
    """Whether `folder` looks like what `write_weights` made."""
    return (folder / WEIGHTS).is_file()


def read_weights(folder: Path) -> tuple[Config, Parameters]:
    """What `write_weights` wrote, in float32 whatever the file holds.

    Raises:
      UserError: a file is missing or damaged, or the weights do not fit their config.
    """
    try:
        values = json.loads((folder / CONFIG).read_text())
        if not isinstance(values, dict):
            raise ValueError(f"{CONFIG} holds no config")
        config = Config.from_dict(values)
        flat = {name: _widened(leaf) for name, leaf in load_file(folder / WEIGHTS).items()}
    except (OSError, ValueError, SafetensorError) as error:
        raise UserError(f"cannot read weights from {folder}: {error}") from None
    _check_names(config.model, flat, str(folder))  # before nesting: names may clash
    parameters = _nested(flat)
    check_parameters(config.model, parameters, str(folder))
    return config, parameters


def _widened(leaf: np.ndarray) -> np.ndarray:
    return leaf.astype(np.float32) if leaf.dtype == np.float16 else leaf


def check_parameters(model: ModelConfig, parameters: Parameters, where: str) -> None:
    """Refuses weights that are not finite, or not of the model's shapes and types.

    Raises:
      UserError: naming `where` and the first tensor at fault.
    """
    check_shapes(model, parameters, where)
    for name, leaf in _flat(parameters).items():
        if not np.isfinite(np.asarray(leaf, np.float32)).all():
            raise UserError(f"checkpoint {where} holds NaN or infinite values in {name}")


def check_shapes(model: ModelConfig, parameters: Parameters, where: str) -> None:
    """Refuses weights of another shape or type than the model's; the leaves may be abstract.

    Raises:
      UserError: naming `where` and the first tensor at fault.
    """
    wanted, given = _flat(abstract_parameters(model)), _flat(parameters)
    _check_names(model, given, where)
    for name, leaf in given.items():
        if tuple(leaf.shape) != wanted[name].shape:
            raise UserError(
                f"checkpoint {where} is of another shape: {name} is {tuple(leaf.shape)}, "
                f"its config says {wanted[name].shape}"
            )
        if leaf.dtype != wanted[name].dtype:
            raise UserError(f"checkpoint {where}: {name} is {leaf.dtype}, not {wanted[name].dtype}")


def _check_names(model: ModelConfig, flat: Mapping[str, Any], where: str) -> None:
    wanted = _flat(abstract_parameters(model))
    if wanted.keys() != flat.keys():
        odd = sorted(wanted.keys() ^ flat.keys())[0]
        raise UserError(f"checkpoint {where} is of another model: tensor {odd} is {'not ' * (odd in wanted)}there")


def _flat(parameters: Parameters) -> dict[str, Any]:
    return {
        "/".join(str(key.key) for key in path): leaf
        for path, leaf in jax.tree_util.tree_flatten_with_path(parameters)[0]
    }


def _nested(flat: Mapping[str, np.ndarray]) -> Parameters:
    tree: Parameters = {}
    for name, leaf in flat.items():
        *parents, last = name.split("/")
        branch = tree
        for parent in parents:
            branch = branch.setdefault(parent, {})
        branch[last] = leaf
    return tree
