"""Configs by name: found from any folder, in a checkout and in what is installed."""

import dataclasses
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from divas_jax import named_configs, train
from divas_jax.config import Config, defaults
from divas_jax.errors import UserError
from divas_jax.named_configs import config_file, config_names
from divas_jax.settings_text import meanings, settings_text

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    """A folder with `configs` of its own, and `sys.modules` as before afterwards."""
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs/quickstart.py").write_text("raise AssertionError('another project')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] == "configs"]:
        monkeypatch.delitem(sys.modules, name)
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "configs"]:
        del sys.modules[name]


def _loaded(name: str) -> Config:
    return Config.from_dict(runpy.run_path(str(config_file(name)))["get_config"]())


def test_every_config_is_found_by_name_and_finds_the_others():
    assert config_names() == sorted(path.stem for path in (ROOT / "configs").glob("*.py"))
    for name in config_names():
        assert isinstance(_loaded(name), Config)
    assert _loaded("mouth_crops").model.dim == 96


def test_a_path_is_a_path(tmp_path):
    assert config_file("configs/quickstart.py") == Path("configs/quickstart.py")
    (tmp_path / "quickstart").write_text("mine")
    assert config_file("quickstart") == Path("quickstart")
    assert "configs" not in sys.modules


def test_an_unknown_name_is_one_sentence_that_lists_those_there_are():
    with pytest.raises(UserError, match=r"no config fase_crops .there are base, face_crops, full_frames, .*quickstart"):
        config_file("fase_crops")
    with pytest.raises(UserError, match=r"^config file nothere.py does not exist$"):
        config_file("nothere.py")


def test_an_installed_package_looks_inside_itself(tmp_path, monkeypatch):
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside/mine.py").write_text("")
    monkeypatch.setattr(named_configs, "_PLACES", (tmp_path / "inside", ROOT / "configs"))
    assert config_names() == ["mine"]
    monkeypatch.setattr(named_configs, "_PLACES", (tmp_path / "nowhere",))
    with pytest.raises(UserError, match="comes without its configs"):
        config_names()


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (["--config", "base:quickstart", "--workdir", "x"], ["--config", "{base}:quickstart", "--workdir", "x"]),
        (["--config=base", "--config.train.steps=3"], ["--config={base}", "--config.train.steps=3"]),
        (["--config"], ["--config"]),
    ],
)
def test_train_takes_names(given, wanted):
    file = str(ROOT / "configs/base.py")
    assert train.with_config_files(given) == [each.format(base=file) for each in wanted]


def _groups(group: object) -> list[type]:
    values = [getattr(group, field.name) for field in dataclasses.fields(group)]
    return [type(group), *(kind for value in values if dataclasses.is_dataclass(value) for kind in _groups(value))]


def test_every_setting_has_a_meaning():
    for group in _groups(Config())[1:]:
        plain = [field.name for field in dataclasses.fields(group) if not dataclasses.is_dataclass(field.type)]
        assert [name for name in plain if not meanings(group).get(name)] == []


def test_settings_are_shown_as_they_are_written():
    lines = settings_text(Config()).splitlines()
    place = lines.index("data.augment.flip = 0.5")
    assert lines[place + 1] == "    chance of a mirrored picture."
    shown = {line.partition(" = ")[0] for line in lines if not line.startswith(" ")}
    assert shown == {key for key, value in _flat(defaults().to_dict())}


def _flat(values: dict, prefix: str = "") -> list[tuple[str, object]]:
    return [
        pair
        for key, value in values.items()
        for pair in (_flat(value, f"{prefix}{key}.") if isinstance(value, dict) else [(prefix + key, value)])
    ]


def test_train_prints_its_settings_and_ends(tmp_path):
    command = [
        sys.executable,
        "-m",
        "divas_jax.train",
        "--config",
        "base:quickstart",
        "--config.optim.lr=0.5",
        "--print",
    ]
    surroundings = {"PYTHONPATH": str(ROOT), "PATH": ""}
    done = subprocess.run(command, cwd=tmp_path, env=surroundings, capture_output=True, text=True, check=True)
    assert "optim.lr = 0.5\n" in done.stdout
    assert "model.time_aware = False\n" in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["configs"]


def test_what_is_built_holds_configs_and_types(tmp_path):
    """As a wheel does, without the package `wheel`, which is not needed otherwise."""
    command = [sys.executable, "setup.py", "-q", "build_py", "--build-lib", str(tmp_path / "lib")]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    built = tmp_path / "lib/divas_jax"
    assert sorted(path.stem for path in (built / "configs").glob("*.py")) == config_names()
    assert (built / "py.typed").is_file()
    assert not (built.parent / "configs").exists()
