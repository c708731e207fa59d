"""Where titles lie, on a disk or on another file system of Beam's, and under which name the record of each is kept."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from divas_jax.addresses import is_address

_NAME_DIGITS = 32


def address_of(name: str) -> str:
    """A title's address: as it is where it has a scheme, else as an absolute path, the same from every folder."""
    return name if is_address(name) else str(Path(name).absolute())


def title_addresses(names: Iterable[str]) -> list[str]:
    """The addresses of titles in the order in which they are named, each once."""
    return list(dict.fromkeys(map(address_of, names)))


def record_name(address: str) -> str:
    """The name of a title's record: of the address alone, so that every machine and every run finds it again."""
    return f"{short_name(address)}.json"


def short_name(address: str) -> str:
    """The same without its ending: the first hexadecimal digits of the address's SHA-256."""
    return hashlib.sha256(address.encode("utf-8", "surrogateescape")).hexdigest()[:_NAME_DIGITS]
