"""What one command compiled, the next one reads; unless it is told not to."""

import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from divas_jax.compiled import keep_compiled
from divas_jax.media.encode import encode_clip
from divas_jax.talkers import make_talker


def _kept(tmp_path, folder, *options):
    clip = tmp_path / "talker.mp4"
    if not clip.exists():
        encode_clip(make_talker(1, duration=Fraction(1), fps=Fraction(25), sample_rate=16_000), clip)
    environment = {name: value for name, value in os.environ.items() if name != "JAX_COMPILATION_CACHE_DIR"}
    everything = {
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"
    }  # what is kept must not hang on how busy the machine is
    command = [sys.executable, "-m", "divas_jax.predict", str(clip), *options]
    done = subprocess.run(
        command, env=environment | {"XDG_CACHE_HOME": str(folder), **everything}, capture_output=True, text=True
    )
    assert done.returncode in (0, 1, 3), done.stderr
    kept = [*folder.rglob("*-cache"), *folder.rglob("programs/*")]
    return {str(path): path.stat().st_mtime_ns if path.match("*-cache") else path.stat().st_ino for path in kept}


@pytest.mark.slow
def test_a_second_command_compiles_nothing(tmp_path):
    first = _kept(tmp_path, tmp_path / "cache")
    assert any("pictures" in name for name in first)
    assert _kept(tmp_path, tmp_path / "cache") == first
    assert _kept(tmp_path, tmp_path / "other", "--no-cache") == {}


def test_nobody_is_overruled(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", "elsewhere")
    monkeypatch.delitem(sys.modules, "jax")
    keep_compiled()
    assert os.environ["JAX_COMPILATION_CACHE_DIR"] == "elsewhere"
    assert not (tmp_path / "cache").exists()


def test_a_folder_that_cannot_be_made_is_no_error(monkeypatch, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR")
    monkeypatch.delitem(sys.modules, "jax")
    keep_compiled()
    assert "JAX_COMPILATION_CACHE_DIR" not in os.environ


def test_a_user_without_a_home_is_no_error(monkeypatch):
    def no_home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    for name in ("XDG_CACHE_HOME", "JAX_COMPILATION_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delitem(sys.modules, "jax", raising=False)
    keep_compiled()
    assert "JAX_COMPILATION_CACHE_DIR" not in os.environ
