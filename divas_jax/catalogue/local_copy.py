"""A title of any file system of Beam's as a file on this machine, while it is judged."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from apache_beam.io.filesystem import BeamIOError
from apache_beam.io.filesystems import FileSystems

from divas_jax.addresses import is_address
from divas_jax.catalogue.stored import AS_IT_IS
from divas_jax.errors import UserError


@contextlib.contextmanager
def local_title(address: str) -> Iterator[Path]:
    """The file itself where it is local, else a copy in a temporary folder (`TMPDIR` says where), gone afterwards.

    Raises:
      UserError: the title cannot be copied.
    """
    if not is_address(address):
        yield Path(address)
        return
    with tempfile.TemporaryDirectory(prefix="divas-title-") as folder:
        copy = Path(folder) / address.rstrip("/").rpartition("/")[2]
        try:
            with FileSystems.open(address, compression_type=AS_IT_IS) as source, copy.open("wb") as target:
                shutil.copyfileobj(source, target)
        except (OSError, ValueError, BeamIOError) as error:
            raise UserError(f"{address} cannot be copied ({error})") from None
        yield copy


def as_at(value: Any, copy: Path, address: str) -> Any:
    """A record of a copy as one of the title: the address stands wherever the copy is named."""
    if isinstance(value, str):
        return value.replace(str(copy), address)
    if isinstance(value, dict):
        return {key: as_at(inner, copy, address) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_at(inner, copy, address) for inner in value]
    return value
