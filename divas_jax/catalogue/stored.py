"""Files on any file system of Beam's, written whole or not at all."""

import contextlib
import json
import os
import uuid
from typing import Any

from apache_beam.io.filesystem import BeamIOError, CompressionTypes
from apache_beam.io.filesystems import FileSystems

from divas_jax.addresses import is_address
from divas_jax.errors import UserError

AS_IT_IS = CompressionTypes.UNCOMPRESSED
"""Beam would unpack what is named `.gz`, a title too."""


def check_results(results: str) -> None:
    """Before long work starts: whether records can be kept there. Writes nothing.

    Raises:
      UserError: it is a file, or no file system of Beam's knows the address.
    """
    if not is_address(results) and os.path.exists(results) and not os.path.isdir(results):
        raise UserError(f"--beam {results} is a file, but must be a folder")
    try:
        FileSystems.get_filesystem(results)
    except (ValueError, BeamIOError) as error:
        raise UserError(f"--beam {results}: Beam has no file system for it ({error})") from None


def write_stored(address: str, content: bytes) -> None:
    """Writes a file under another name first, and renames it: nobody reads half of it.

    Raises:
      UserError: it cannot be written.
    """
    partial = f"{address}.{uuid.uuid4().hex}.partial"  # two machines may write the same: Beam may judge a title twice
    try:
        with FileSystems.create(partial, compression_type=AS_IT_IS) as file:
            file.write(content)
        if is_address(address) and FileSystems.exists(address):
            FileSystems.delete([address])  # some file systems rename onto nothing that is there; a disk does, at once
        FileSystems.rename([partial], [address])
    except (OSError, BeamIOError) as error:
        with contextlib.suppress(OSError, BeamIOError):
            FileSystems.delete([partial])
        raise UserError(f"{address} cannot be written ({error})") from None


def exists(address: str) -> bool:
    """Whether a file is there; not where nobody can tell."""
    try:
        return bool(FileSystems.exists(address))
    except (OSError, BeamIOError, ValueError):
        return False


def read_json(address: str) -> dict[str, Any] | None:
    """An object that was stored; None where there is none, or none that can be read."""
    try:
        if not FileSystems.exists(address):
            return None
        with FileSystems.open(address, compression_type=AS_IT_IS) as file:
            value = json.loads(file.read())
    except (OSError, BeamIOError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def json_bytes(value: Any) -> bytes:
    """As `--json` writes it."""
    return (json.dumps(value, indent=2) + "\n").encode()


def stamp_of(address: str) -> list[Any] | None:
    """What tells whether a title is still the same file: its size or checksum, and when it changed (s since 1970).

    None where it cannot be reached.
    """
    try:
        known = FileSystems.get_filesystem(address).metadata(address)
    except (OSError, ValueError, BeamIOError):
        return None
    return [known.size_in_bytes, known.last_updated_in_seconds]
