"""The help of every command: a sentence, examples that can be typed, and nothing heavy behind it."""

import json
import shlex
import subprocess
import sys

import pytest

from divas_jax.__main__ import COMMANDS

HEAVY = ("jax", "tensorflow", "matplotlib", "sklearn")
OWN_WAY = {"train"}
"""Commands whose flags are absl's."""

WIDEST = 110
SCRIPT = """
import importlib, json, os, shlex, sys
os.environ["COLUMNS"] = "100"
told = {}
for name in sys.argv[1:]:
    module = importlib.import_module(f"divas_jax.{name}")
    text, wrong = module._parser().format_help(), []
    for line in module._EXAMPLES:
        words = shlex.split(line, comments=True)
        try:
            module._parser().parse_args(words[2:])
        except SystemExit:
            wrong.append(line)
    told[name] = {"text": text, "examples": module._EXAMPLES, "wrong": wrong}
print(json.dumps({"told": told, "modules": sorted(set(sys.modules) & set(%r))}))
"""


@pytest.fixture(scope="module")
def said():
    """Of one process for all: each would take a second."""
    names = [name for name in COMMANDS if name not in OWN_WAY]
    command = [sys.executable, "-c", SCRIPT % (HEAVY,), *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in OWN_WAY])
def test_help_is_a_sentence_and_examples(said, name):
    told = said["told"][name]
    usage, sentence, examples, *_ = told["text"].split("\n\n")
    assert usage.startswith(f"usage: divas {name} ")
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert examples.splitlines() == ["examples:", *(f"  {line}" for line in told["examples"])]
    assert all(shlex.split(line, comments=True)[:2] == ["divas", name] for line in told["examples"])
    assert told["wrong"] == []
    assert "\nexit code: 0 " in told["text"]
    assert [line for line in told["text"].splitlines() if len(line) > WIDEST] == []


def test_help_starts_nothing_heavy(said):
    assert said["modules"] == []
