"""What tells an address (`gs://…`, `https://…`) from a path."""

import re
from pathlib import Path

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+:/", re.IGNORECASE)


def is_address(name: str | Path) -> bool:
    """Whether a name begins with a scheme; as a path, its "://" has lost a stroke. `C:/` is no scheme."""
    return _SCHEME.match(str(name)) is not None
