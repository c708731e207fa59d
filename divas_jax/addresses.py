"""What tells an address (`gs://…`, `https://…`) from a path."""

import re
from pathlib import Path

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)

_SCHEME_OF_PATH = re.compile(r"[a-z][a-z0-9+.-]+:/", re.IGNORECASE)
"""In a `Path` its "://" has lost a stroke; `C:/` is no scheme."""


def is_address(name: str | Path) -> bool:
    """Whether a name begins with a scheme."""
    scheme = _SCHEME_OF_PATH if isinstance(name, Path) else _SCHEME
    return scheme.match(str(name)) is not None


def as_written(name: Path) -> str:
    """An address that became a `Path`, with the stroke that it has lost."""
    return re.sub(r":/(?!/)", "://", str(name), count=1)
