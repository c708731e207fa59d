"""What works without the extras, what each command says that needs one, and that `setup.py` lists what is imported."""

import ast
import functools
import os
import re
import runpy
import shutil
import subprocess
import sys
from fractions import Fraction
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import setuptools
from surroundings import QUICK
from tiny_run import write_run

from divas_jax.__main__ import COMMANDS
from divas_jax.extras import LIBRARIES, asked_for
from divas_jax.media.encode import encode_clip
from divas_jax.talkers.example import shifted_talker

ROOT = Path(__file__).resolve().parents[1]

MISSING = f"""
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {sorted(set().union(*LIBRARIES.values()))}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())
"""

NOT_IMPORTED = {
    "array_record": "tensorflow-datasets writes and reads by it",
    "flatbuffers": "jax.export needs it undeclared",
    "importlib_resources": "tensorflow-datasets needs it undeclared",
}
"""What is installed though no module of ours imports it, and why."""


@pytest.fixture(scope="module")
def light(tmp_path_factory):
    """Runs Python as if no extra were installed."""
    folder = tmp_path_factory.mktemp("light")
    (folder / "sitecustomize.py").write_text(MISSING)
    surroundings = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}", "XLA_FLAGS": QUICK, "COLUMNS": "200"}

    def run(*arguments, cwd=folder):
        command = [sys.executable, *map(str, arguments)]
        return subprocess.run(command, cwd=cwd, env=surroundings, capture_output=True, text=True, check=False)

    return run


@pytest.fixture(scope="module")
def talker(tmp_path_factory):
    """A made-up talker whose sound is 120 ms early."""
    file = tmp_path_factory.mktemp("talker") / "talker.mp4"
    encode_clip(shifted_talker(Fraction(120, 1000), 0), file)
    return file


@pytest.mark.parametrize("library", ["cv2", "grain", "matplotlib.figure", "sklearn"])
def test_the_extras_are_really_gone(light, library):
    done = light("-c", f"import {library}")
    assert "ModuleNotFoundError: No module named" in done.stderr


@pytest.mark.slow
def test_a_clip_is_made_and_judged(light, tmp_path):
    made = light("-m", "divas_jax", "predict", "--make-example", "talker.mp4", "--shift-ms", "120", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    judged = light("-m", "divas_jax.predict", "talker.mp4", "--json", "-", cwd=tmp_path)
    assert judged.returncode == 0, judged.stderr
    assert '"offset_ms": ' in judged.stdout
    code = "import divas_jax; print(type(divas_jax.load_model()).__name__, divas_jax.load().offset('talker.mp4').words)"
    told = light("-c", code, cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    assert re.search(r"(Divas|Members) .*sound is", told.stdout)


@pytest.mark.slow
def test_a_run_of_somebody_with_the_extras_is_exported(light, tmp_path):
    write_run(tmp_path / "run")
    done = light("-m", "divas_jax", "export", "--checkpoint", "run", "--out", "model", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert {"weights.safetensors", "stablehlo.json"} <= {file.name for file in (tmp_path / "model").iterdir()}


def test_help_needs_no_extra(light):
    script = """
import importlib, sys
for name in sys.argv[1:]:
    module = importlib.import_module(f"divas_jax.{name}")
    print(module.usage() if name == "train" else module._parser().format_help())
"""
    done = light("-c", script, *COMMANDS)
    assert done.returncode == 0, done.stderr
    assert re.findall(r"^usage: divas (\w+)", done.stdout, re.MULTILINE) == list(COMMANDS)


def test_settings_are_printed_without_extras(light):
    done = light("-m", "divas_jax", "train", "--config", "quickstart", "--print")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        ("score talker.mp4", "title"),
        ("check talker.mp4", "title"),
        ("train --config quickstart --workdir run", "train"),
        ("prepare --source talkers --out data", "train"),
        pytest.param("embed talker.mp4 --out embeddings", "title", marks=pytest.mark.slow),
        pytest.param("repair talker.mp4 --out repaired.mp4", "title", marks=pytest.mark.slow),
        pytest.param("speakers talker.mp4", "title", marks=pytest.mark.slow),
        pytest.param("watch talker.mp4", "title", marks=pytest.mark.slow),
        pytest.param("predict talker.mp4 --plot curve.png", "title", marks=pytest.mark.slow),
        pytest.param("prepare --source media --path . --out data", "t", marks=pytest.mark.slow),  # it needs both
        pytest.param("evaluate --checkpoint run --data data --out table", "train", marks=pytest.mark.slow),
        pytest.param("calibrate --checkpoint run --data data", "train", marks=pytest.mark.slow),
        pytest.param("align . --out manifest.csv", "t", marks=pytest.mark.slow),
        pytest.param("compare objectives --config quickstart --out runs", "train", marks=pytest.mark.slow),
        pytest.param("benchmark", "train", marks=pytest.mark.slow),
        pytest.param("tables --out tables", "t", marks=pytest.mark.slow),
    ],
)
def test_a_command_asks_for_its_extra_in_one_sentence(light, talker, tmp_path, arguments, extra):
    name, *rest = arguments.split()
    shutil.copy(talker, tmp_path)
    for call in ((f"divas_jax.{name}",), ("divas_jax", name)) if name in ("score", "train") else [("divas_jax", name)]:
        done = light("-m", *call, *rest, cwd=tmp_path)
        assert done.returncode == 2, done.stderr
        sentence = rf"error: divas {name} needs pip install 'divas_jax\[{extra}\w*\]' \(No module named '\w+'\)\n"
        assert re.fullmatch(sentence, done.stderr), done.stderr
        assert done.stdout == ""


@pytest.mark.parametrize(
    ("command", "library", "extra"),
    [
        ("score", "cv2", "title"),
        ("train", "cv2.dnn", "title"),
        ("check", "sklearn.linear_model", "title"),
        ("calibrate", "sklearn.linear_model", "train"),
        ("score", "grain", "train"),
        ("check", "apache_beam.io", "beam"),
    ],
)
def test_the_extra_is_one_that_brings_the_library(command, library, extra):
    assert f"divas {command} needs pip install 'divas_jax[{extra}]'" in asked_for(command, library)


@pytest.mark.parametrize("library", ["jax", "divas_jax.gone", ""])
def test_nothing_is_asked_for_what_no_extra_brings(library):
    assert asked_for("score", library) is None


@pytest.fixture
def setup_words(monkeypatch):
    """What `setup.py` tells setuptools."""
    told = {}
    monkeypatch.setattr(setuptools, "setup", lambda **words: told.update(words))
    runpy.run_path(str(ROOT / "setup.py"))
    return told


def _names(requirements):
    return {_plain(re.match(r"[\w.-]+", line)[0]) for line in requirements}


def _plain(name):
    return re.sub(r"[-_.]+", "_", name).lower()


def _brought_by(module):
    """Names of what may be installed to import a module."""
    return {_plain(name) for name in _installed().get(module, [module])}


@functools.cache
def _installed():
    return packages_distributions()


def _imported():
    """Third-party modules that the package imports, wherever in its files."""
    found = set()
    for path in (ROOT / "divas_jax").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names) - {"divas_jax"}


def test_all_that_is_imported_is_listed_and_nothing_else(setup_words):
    extras = setup_words["extras_require"]
    beside = [*extras["beam"], *extras["fast"], *extras["tensorboard"]]
    listed = _names([*setup_words["install_requires"], *extras["all"], *beside])
    imported = _imported()
    assert {module for module in imported if not _brought_by(module) & listed} == set()
    used = set().union(*map(_brought_by, imported)) | NOT_IMPORTED.keys()
    assert listed - used == set()


def test_extras_hold_what_is_said_of_them(setup_words):
    extras = setup_words["extras_require"]
    base = _names(setup_words["install_requires"])
    for extra, libraries in LIBRARIES.items():
        assert set().union(*map(_brought_by, libraries)) == _names(extras[extra])
        assert not base & _names(extras[extra])
    assert _names(extras["all"]) == _names([*extras["title"], *extras["train"]])
    assert set(extras["all"]) <= set(extras["test"])
