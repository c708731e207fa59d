"""Programs that are kept: the next command neither traces nor compiles them, and a damaged one is no error."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from divas_jax.judging import programs
from divas_jax.judging.programs import FOLDER, MOST_FILES, KeptProgram

traced = []


def _scaled(factor, values):
    traced.append(factor)
    return {"scaled": factor * values["of"], "sum": jnp.sum(values["of"])}


ONES = {"of": np.ones(3, np.float32)}


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """Where programs are kept, whatever devices the tests run on."""
    monkeypatch.setattr(programs, "_folder", lambda: tmp_path / FOLDER)
    traced.clear()
    jax.clear_caches()  # a command begins without what another traced
    return tmp_path / FOLDER


def test_the_next_command_traces_nothing(folder):
    first = KeptProgram(_scaled, 1)(3.0, ONES)
    jax.clear_caches()
    second = KeptProgram(_scaled, 1)(3.0, ONES)
    assert traced == [3.0]
    assert len(list(folder.iterdir())) == 1
    jax.tree.map(np.testing.assert_array_equal, first, second)


def test_other_constants_and_shapes_are_other_programs(folder):
    program = KeptProgram(_scaled, 1)
    assert program(2.0, ONES)["sum"] == 3
    assert program(4.0, ONES)["scaled"][0] == 4
    assert program(4.0, {"of": np.ones(5, np.float32)})["sum"] == 5
    assert traced == [2.0, 4.0, 4.0]


def test_a_damaged_program_is_compiled_again(folder):
    KeptProgram(_scaled, 1)(3.0, ONES)
    (file,) = folder.iterdir()
    file.write_bytes(b"damaged")
    jax.clear_caches()
    assert KeptProgram(_scaled, 1)(3.0, ONES)["sum"] == 3
    assert traced == [3.0, 3.0]


def test_the_folder_grows_no_further(folder):
    folder.mkdir()
    for number in range(MOST_FILES + 5):
        (folder / f"old-{number}").write_bytes(b"")
    KeptProgram(_scaled, 1)(3.0, ONES)
    assert len(list(folder.iterdir())) == MOST_FILES


def test_without_a_cache_nothing_is_kept(folder, monkeypatch):
    monkeypatch.setattr(programs, "_folder", lambda: None)
    assert KeptProgram(_scaled, 1)(3.0, ONES)["sum"] == 3
    assert not folder.exists()
