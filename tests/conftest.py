"""Tests run on 8 fake CPU devices, with array shapes checked at run time."""

import atexit
import os
import shutil
import signal
import tempfile
from pathlib import Path

from surroundings import QUICK

os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {QUICK} --xla_force_host_platform_device_count=8"
os.environ.setdefault("JAX_PLATFORMS", "cpu")

if "JAX_COMPILATION_CACHE_DIR" not in os.environ:  # test processes, and what they start, inherit the first one's
    compiled = tempfile.mkdtemp(prefix="divas-tests-")
    atexit.register(shutil.rmtree, compiled, ignore_errors=True)
    os.environ["JAX_COMPILATION_CACHE_DIR"] = compiled
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0.3"

import pytest
from absl import flags
from jaxtyping import install_import_hook

if not flags.FLAGS.is_parsed():
    flags.FLAGS.mark_as_parsed()  # Grain reads absl flags

_hook = install_import_hook("divas_jax", "beartype.beartype")

# A job in the background starts with Ctrl-C ignored, and what it starts inherits that: the commands under test would.
signal.signal(signal.SIGINT, signal.default_int_handler)

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def real_clips() -> Path:
    """Folder of real media files; skips where it is missing."""
    folder = SHARED / "clips"
    if not folder.is_dir():
        pytest.skip(f"needs the real clips in {folder}")
    return folder


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Folder of the real corpus; skips where it is missing."""
    folder = SHARED / "corpus"
    if not folder.is_dir():
        pytest.skip(f"needs the corpus in {folder}")
    return folder


@pytest.fixture
def oracle(monkeypatch):
    """An embedder whose encoders tell the true time."""
    from time_telling import small_config, tell_picture_time, tell_sound_time

    from divas_jax.judging import embedding

    monkeypatch.setattr(embedding, "_pictures", tell_picture_time)
    monkeypatch.setattr(embedding, "_sounds", tell_sound_time)
    return embedding.Embedder(small_config(), {})


@pytest.fixture(scope="session")
def small_parameters():
    import jax
    from time_telling import small_config

    from divas_jax.model.parameters import initial_parameters

    return initial_parameters(small_config().model, jax.random.key(0))


@pytest.fixture
def random_model(small_parameters):
    """An embedder with a small model of random weights."""
    from time_telling import small_config

    from divas_jax.judging import embedding

    return embedding.Embedder(small_config(), small_parameters)
