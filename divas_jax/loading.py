"""Weights from either kind of folder: a training run or an export."""

from pathlib import Path

from divas_jax.config import Config
from divas_jax.errors import UserError
from divas_jax.evaluation.judge import Judge
from divas_jax.model.parameters import Parameters
from divas_jax.model.weights import is_export, read_weights
from divas_jax.training.checkpoints import has_checkpoint, read_checkpoint


def load_weights(path: str | Path) -> tuple[Config, Parameters]:
    """Config and weights from a training folder or an export.

    Raises:
      UserError: the folder is missing, is neither, or its weights cannot be used.
    """
    folder = Path(path)
    if is_export(folder):
        return read_weights(folder)
    if has_checkpoint(folder):
        return read_checkpoint(folder)
    if not folder.exists():
        raise UserError(f"checkpoint {folder} does not exist")
    raise UserError(f"{folder} is neither a training folder with checkpoints nor an export")


def load_judge(path: str | Path) -> Judge:
    """The model in a folder, ready to tell offsets.

    Raises:
      UserError: as `load_weights`.
    """
    return Judge(*load_weights(path))
