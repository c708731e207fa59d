"""safetensors and JSON, there and back; damaged ones refused by a sentence."""

import json

import jax
import numpy as np
import pytest
from made_segments import TINY
from safetensors.numpy import load_file, save_file

from divas_jax.config import Config
from divas_jax.errors import UserError
from divas_jax.model.parameters import initial_parameters
from divas_jax.model.weights import CONFIG, WEIGHTS, is_export, read_weights, write_weights

RUN = Config(model=TINY)


@pytest.fixture
def parameters():
    return jax.tree.map(np.array, initial_parameters(TINY, jax.random.key(0)))


def rewrite(folder, change):
    """Loads the tensors, lets `change` edit the flat dictionary, writes them again."""
    flat = dict(load_file(folder / WEIGHTS))
    change(flat)
    save_file(flat, folder / WEIGHTS)


def test_weights_round_trip_bit_for_bit(tmp_path, parameters):
    parameters["sound"]["token"][:3] = [-0.0, 1e-45, np.float32(np.pi)]
    parameters["sound"]["common"]["kernel"] = parameters["sound"]["common"]["kernel"].T  # not contiguous
    write_weights(tmp_path / "new" / "folder", RUN, parameters)
    config, back = read_weights(tmp_path / "new" / "folder")
    assert config == RUN
    assert jax.tree.structure(back) == jax.tree.structure(parameters)
    for was, read in zip(jax.tree.leaves(parameters), jax.tree.leaves(back), strict=True):
        assert np.ascontiguousarray(was).tobytes() == np.ascontiguousarray(read).tobytes()
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == [CONFIG, WEIGHTS]
    assert len({path.stat().st_mode for path in (tmp_path / "new" / "folder").iterdir()}) == 1  # none is private


def test_device_arrays_are_written_too(tmp_path):
    weights = initial_parameters(TINY, jax.random.key(3))
    write_weights(tmp_path, RUN, weights)
    np.testing.assert_array_equal(read_weights(tmp_path)[1]["sound"]["token"], weights["sound"]["token"])


def test_half_precision_halves_the_file_and_is_read_as_float32(tmp_path, parameters):
    write_weights(tmp_path / "whole", RUN, parameters)
    write_weights(tmp_path / "half", RUN, parameters, "float16")
    sizes = [(tmp_path / name / WEIGHTS).stat().st_size for name in ("whole", "half")]
    assert sizes[1] < 0.55 * sizes[0]
    assert {leaf.dtype for leaf in load_file(tmp_path / "half" / WEIGHTS).values()} == {np.dtype("float16")}
    for was, read in zip(jax.tree.leaves(parameters), jax.tree.leaves(read_weights(tmp_path / "half")[1]), strict=True):
        assert read.dtype == np.float32
        np.testing.assert_allclose(read, was, rtol=2**-11, atol=2**-25)
    parameters["sound"]["token"][0] = 1e5
    with pytest.raises(UserError, match="sound/token holds a weight above 65504"):
        write_weights(tmp_path / "large", RUN, parameters, "float16")
    assert not (tmp_path / "large").exists()


def test_an_export_is_told_from_other_folders(tmp_path, parameters):
    assert not is_export(tmp_path)
    write_weights(tmp_path, RUN, parameters)
    assert is_export(tmp_path)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda flat: flat["sound/token"].__setitem__(0, np.nan), "NaN or infinite values in sound/token"),
        (lambda flat: flat.pop("sound/token"), "of another model: tensor sound/token is not there"),
        (lambda flat: flat.update(extra=np.zeros(2, np.float32)), "of another model: tensor extra is there"),
        (lambda flat: flat.update({"sound": np.zeros(2, np.float32)}), "of another model: tensor sound is there"),
        (lambda flat: flat.update({"sound/token": np.zeros(48, np.float32)}), r"another shape: sound/token is \(48,\)"),
        (lambda flat: flat.update({"sound/token": np.zeros(24, np.int32)}), "sound/token is int32"),
    ],
    ids=["nan", "missing", "extra", "nested", "shape", "dtype"],
)
def test_unusable_weights_are_refused_by_name(tmp_path, parameters, change, sentence):
    write_weights(tmp_path, RUN, parameters)
    rewrite(tmp_path, change)
    with pytest.raises(UserError, match=sentence) as refused:
        read_weights(tmp_path)
    assert str(tmp_path) in str(refused.value)


def test_damaged_files_are_refused_by_name(tmp_path, parameters):
    write_weights(tmp_path, RUN, parameters)
    (tmp_path / WEIGHTS).write_bytes((tmp_path / WEIGHTS).read_bytes()[:1000])
    with pytest.raises(UserError, match="cannot read weights from"):
        read_weights(tmp_path)

    write_weights(tmp_path, RUN, parameters)
    (tmp_path / CONFIG).write_text(json.dumps([1, 2]))
    with pytest.raises(UserError, match="config"):
        read_weights(tmp_path)


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path, parameters):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write weights to"):
        write_weights(tmp_path / "file" / "folder", RUN, parameters)
