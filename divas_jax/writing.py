"""Files that are written whole or not at all."""

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from divas_jax.errors import UserError


def write_whole(target: Path, content: bytes) -> None:
    """Writes a file at once or not at all.

    Raises:
      UserError: the folder is missing or cannot be written.
    """
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        partial.write_bytes(content)
        os.replace(partial, target)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise UserError(f"{target} cannot be written ({error.strerror})") from None


def write_json(target: Path, value: Any) -> None:
    """Writes a value as indented JSON, at once or not at all.

    Raises:
      UserError: as `write_whole`.
    """
    write_whole(target, (json.dumps(value, indent=2) + "\n").encode())
