"""Compiled programs kept from one command to the next, whole: finding them again takes no tracing and no lowering.

JAX's own cache keeps what the compiler made, but knows it only by the program that was traced; tracing a Transformer
takes longer than judging a clip. Programs lie beside that cache, which holds machine code as well: whoever can write
there can run anything, with or without them.
"""

import contextlib
import functools
import hashlib
import os
import pickle
from collections.abc import Callable, Hashable, Iterator
from pathlib import Path
from typing import Any

import jax
from jax.experimental.serialize_executable import deserialize_and_load, serialize

from divas_jax.compiled import processor
from divas_jax.writing import write_whole

FOLDER = "programs"
"""Inside that of JAX's compilation cache."""

MOST_FILES = 100
"""Files in the folder; what was used longest ago goes first."""

_PACKAGE = Path(__file__).resolve().parents[1]

_TRACED = ("clip.py", "config.py", "rates.py", "judging", "model", "sync")
"""Where the code is that becomes part of a program."""


_SETTINGS = ("jax_enable_x64", "jax_default_matmul_precision", "jax_debug_nans")
"""What JAX may be told that makes another program."""


class KeptProgram:
    """As `jax.jit` with constants in front; what one command compiled, the next one loads.

    Where JAX keeps nothing, or programs could be of several devices or processes, it is `jax.jit`.

    Args:
      function: what is computed; its first arguments are constants, the others arrays.
      constants: how many; their `repr` tells all of them.
    """

    def __init__(self, function: Callable[..., Any], constants: int) -> None:
        self._function, self._constants = function, constants
        self._jitted = jax.jit(function, static_argnums=tuple(range(constants)))
        self._renamed = jax.jit(_named(function, f"kept_{function.__name__}"), static_argnums=tuple(range(constants)))
        self._ready: dict[Hashable, Callable[..., Any]] = {}

    def __call__(self, *arguments: Any) -> Any:
        """The function's value."""
        folder = _folder()
        if folder is None:
            return self._jitted(*arguments)
        constants, arrays = arguments[: self._constants], arguments[self._constants :]
        leaves, structure = jax.tree.flatten(arrays)
        key = (constants, structure, tuple((leaf.shape, str(leaf.dtype)) for leaf in leaves))
        if key not in self._ready:
            self._ready[key] = self._program(folder / self._name(key), arguments)
        return self._ready[key](*arrays)

    def _program(self, file: Path, arguments: tuple[Any, ...]) -> Callable[..., Any]:
        """Loaded, or compiled and kept."""
        with contextlib.suppress(Exception):  # missing, damaged, of another version: it is compiled as if it were not
            program = _unpacked(file.read_bytes())
            os.utime(file)
            return program
        with _unseen_by_jax():
            compiled = self._renamed.lower(*arguments).compile()
        with contextlib.suppress(Exception):  # kept where it can be
            packed = pickle.dumps(serialize(compiled))
            jax.block_until_ready(_unpacked(packed)(*arguments[self._constants :]))  # it runs, or is not kept
            file.parent.mkdir(exist_ok=True)
            write_whole(file, packed)
            _forget_oldest(file.parent)
        return compiled

    def _name(self, key: Hashable) -> str:
        identity = repr((self._function.__qualname__, key, _circumstances()))
        return f"{self._function.__name__.strip('_')}-{hashlib.sha256(identity.encode()).hexdigest()[:32]}"


def _named(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The function by another name: to JAX's cache it is another program, so that this one never comes out of it."""

    def named(*arguments: Any) -> Any:
        return function(*arguments)

    named.__name__ = named.__qualname__ = name
    return named


@contextlib.contextmanager
def _unseen_by_jax() -> Iterator[None]:
    """JAX's cache keeps nothing: what it gives back on CPUs cannot be packed again without losing functions."""
    name = "jax_persistent_cache_min_compile_time_secs"
    before = _setting(name)
    jax.config.update(name, float("inf"))
    try:
        yield
    finally:
        jax.config.update(name, before)


def _unpacked(packed: bytes) -> Callable[..., Any]:
    program, inputs, outputs = pickle.loads(packed)
    return deserialize_and_load(program, inputs, outputs, execution_devices=jax.local_devices()[:1])


def _folder() -> Path | None:
    """Where programs are kept; None where none are."""
    cache = _setting("jax_compilation_cache_dir") if _setting("jax_enable_compilation_cache") else None
    single = jax.process_count() == 1 and jax.local_device_count() == 1
    return Path(cache) / FOLDER if cache and single and not _setting("jax_disable_jit") else None


def _setting(name: str) -> Any:
    return getattr(jax.config, name)  # by name: JAX makes these attributes at run time


@functools.cache
def _code() -> str:
    """Stands for the source that programs are traced from."""
    digest = hashlib.sha256()
    for name in _TRACED:
        place = _PACKAGE / name
        for file in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _circumstances() -> tuple[Any, ...]:
    """What else a program hangs on: versions, the machine, and what JAX was told."""
    device = jax.local_devices()[0]
    flags = sorted((name, value) for name, value in os.environ.items() if name.startswith("XLA_"))
    how = [_setting(name) for name in _SETTINGS]
    versions = (jax.__version__, device.client.platform_version)
    return (_code(), versions, device.platform, device.device_kind, processor(), flags, how)


def _forget_oldest(folder: Path) -> None:
    newest_first = sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in newest_first[MOST_FILES:]:
        file.unlink(missing_ok=True)
