"""Compiled functions kept from one command to the next: most of a short command's time is the compiler's."""

import hashlib
import os
import platform
import sys
from pathlib import Path

OFF = "--no-cache"
"""Option of every command: nothing is read or kept."""

MOST_BYTES = 512 * 2**20
"""The folder grows no further: what was used longest ago goes first."""

LEAST_SECONDS = 0.1
"""What compiles faster is not kept."""


def keep_compiled() -> None:
    """Tells JAX, which must not be imported yet, where to keep what it compiles.

    In `$XDG_CACHE_HOME/divas_jax` (or `~/.cache/divas_jax`), by kind of processor: a home folder may be shared by
    machines whose code others cannot run. Whoever has set `JAX_COMPILATION_CACHE_DIR` keeps his own way. Where the
    folder cannot be made, nothing is kept.
    """
    if OFF in sys.argv or "JAX_COMPILATION_CACHE_DIR" in os.environ or "jax" in sys.modules:
        return
    try:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "divas_jax" / processor()
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # RuntimeError: this user has no home, as numbers of users in containers have none
        return
    if os.access(folder, os.W_OK):
        os.environ["JAX_COMPILATION_CACHE_DIR"] = str(folder)
        os.environ.setdefault("JAX_COMPILATION_CACHE_MAX_SIZE", str(MOST_BYTES))
        os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", str(LEAST_SECONDS))


def processor() -> str:
    """A name for this kind of processor: all that it says of itself which a compiler may use."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        features = sorted({line for line in lines if line.startswith(("model name", "flags", "Features"))})
    except OSError:
        features = [platform.processor()]
    return f"{platform.machine()}-{hashlib.sha256(repr(features).encode()).hexdigest()[:12]}"
