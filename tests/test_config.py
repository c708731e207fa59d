"""Settings: the paper's values, exact round trips, and a sentence that names the bad key."""

import dataclasses
import json

import pytest
from ml_collections import ConfigDict

from divas_jax.config import Config, ModelConfig, defaults
from divas_jax.errors import UserError


def test_defaults_are_the_papers():
    config = Config()
    assert (config.model.layers, config.model.heads, config.model.mlp) == (3, 3, 1024)  # 5.1
    assert (config.model.size, config.model.patch) == (96, 16)  # 5.1
    assert config.model.time_aware  # 3.2
    assert (config.objective.name, config.objective.margin, config.objective.negatives) == ("contrastive", 20.0, 0.5)
    assert (config.optim.name, config.optim.lr, config.optim.schedule) == ("adam", 1e-5, "constant")
    assert config.data.segments * config.data.windows == 128  # 5.1
    assert config.evaluate.v_shift == 15  # 5.1


def _changed() -> ConfigDict:
    values = defaults()
    values.model.dim = 96
    values.model.dtype = "bfloat16"
    values.data.path = "clips"
    values.data.rungs = ((6, 25), (12, 75), (24, 75))
    values.data.augment.flip = 0.0
    values.optim.lr = 3e-4
    values.view.full_frame = True
    return values


@pytest.mark.parametrize("values", [defaults(), _changed()], ids=["defaults", "changed"])
def test_round_trip_through_json(values):
    config = Config.from_dict(values)
    read = Config.from_dict(json.loads(json.dumps(config.to_dict())))
    assert read == config
    assert isinstance(read.data.rungs, tuple)
    assert all(isinstance(rung, tuple) for rung in read.data.rungs)
    assert hash(read) == hash(config)


def test_changes_arrive():
    config = Config.from_dict(_changed())
    assert (config.model.dim, config.data.augment.flip, config.optim.lr) == (96, 0.0, 3e-4)
    assert config.data.rungs == ((6, 25), (12, 75), (24, 75))
    assert config.data.augment.blur == Config().data.augment.blur
    assert config != Config()


def test_keys_left_out_keep_their_defaults():
    assert Config.from_dict({}) == Config()
    assert Config.from_dict({"data": {"augment": {"gain": 3}}}).data.augment.gain == 3.0


def test_defaults_are_fresh_each_time():
    first = defaults()
    first.model.dim = 6
    assert defaults().model.dim == 246


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"modle": {}}, "modle"),
        ({"model": {"dims": 96}}, "model.dims"),
        ({"data": {"augment": {"flipp": 0.5}}}, "data.augment.flipp"),
    ],
)
def test_unknown_keys_are_named(values, key):
    with pytest.raises(UserError, match=rf"config key {key} is unknown \(known: "):
        Config.from_dict(values)


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"model": 3}, "model"),
        ({"model": {"dim": "96"}}, "model.dim"),
        ({"model": {"dim": 96.0}}, "model.dim"),
        ({"model": {"dim": True}}, "model.dim"),
        ({"model": {"dim": None}}, "model.dim"),
        ({"model": {"time_aware": 1}}, "model.time_aware"),
        ({"model": {"dtype": "float64"}}, "model.dtype"),
        ({"optim": {"lr": "1e-5"}}, "optim.lr"),
        ({"optim": {"lr": True}}, "optim.lr"),
        ({"objective": {"name": "contrast"}}, "objective.name"),
        ({"data": {"path": 5}}, "data.path"),
        ({"data": {"augment": "off"}}, "data.augment"),
        ({"data": {"rungs": []}}, "data.rungs"),
        ({"data": {"rungs": [[6, 25, 1]]}}, "data.rungs"),
        ({"data": {"rungs": [6, 25]}}, "data.rungs"),
        ({"data": {"rungs": [[0, 25]]}}, "data.rungs"),
    ],
)
def test_wrong_types_are_named(values, key):
    with pytest.raises(UserError, match=rf"config key {key} is .+, (but must be|not) "):
        Config.from_dict(values)


def test_whole_numbers_are_good_rates():
    lr = Config.from_dict({"optim": {"lr": 1}}).optim.lr
    assert lr == 1.0
    assert isinstance(lr, float)


@pytest.mark.parametrize("change", [{"dim": 100}, {"dim": 96, "heads": 5}, {"size": 100}])
def test_shapes_that_cannot_be_are_refused(change):
    with pytest.raises(UserError, match=r"model\.(dim|size) is \d+, but must divide"):
        ModelConfig(**change)


@pytest.mark.parametrize("dim", [246, 594])
def test_widths_of_the_paper_are_possible(dim):
    assert ModelConfig(dim=dim).dim == dim


def test_settings_cannot_be_changed_by_accident():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Config().model.dim = 6
