"""The recipes that judge a catalogue without Beam: sound, and their tasks together judge every title once."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from divas_jax import check

LAUNCH = Path(__file__).resolve().parents[1] / "launch"
PART, ARRAY, JOB = LAUNCH / "check_part.sh", LAUNCH / "slurm/check.sbatch", LAUNCH / "kubernetes/check.yaml"
DIVAS = """#!/usr/bin/env bash
printf '%s\\n' "$*" >> calls.txt
while [ "$#" -gt 0 ]; do [ "$1" = --csv ] && [ -z "$NO_CSV" ] && touch "$2"; shift; done
exit "$CODE"
"""


@pytest.fixture
def divas(tmp_path):
    """Runs a recipe with a `divas` that ends as told; its exit code and the command lines that `divas` was given."""
    (tmp_path / ".venv/bin").mkdir(parents=True)
    program = tmp_path / ".venv/bin/divas"
    program.write_text(DIVAS)
    program.chmod(0o755)
    (tmp_path / "launch").symlink_to(LAUNCH)

    def run(command, code=0, no_csv="", **more):
        path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
        told = os.environ | {"PATH": path, "CODE": str(code), "NO_CSV": no_csv} | more
        done = subprocess.run([*map(str, command)], cwd=tmp_path, env=told, check=False)
        calls = tmp_path / "calls.txt"
        return done.returncode, calls.read_text().splitlines() if calls.exists() else []

    return run


@pytest.mark.parametrize("script", [PART, ARRAY])
def test_scripts_are_sound_and_can_be_run(script):
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
    assert os.access(script, os.X_OK)


def _parsed(call, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["divas check", *shlex.split(call)[1:]])
    return check._arguments()


@pytest.mark.parametrize(
    ("code", "no_csv", "ended"), [(0, "", 0), (1, "", 0), (3, "", 0), (2, "", 0), (2, "1", 2), (143, "", 143)]
)
def test_a_task_ends_well_once_all_its_titles_have_a_row(divas, monkeypatch, code, no_csv, ended):
    status, (call,) = divas([PART, 3, 7, "titles.txt", "results", "--quick"], code, no_csv)
    assert status == ended
    told = _parsed(call, monkeypatch)
    assert (told.part, told.quick, str(told.list)) == ((3, 7), True, "titles.txt")
    assert [str(each) for each in (told.csv, told.journal, told.out)] == [
        "results/3.csv", "results/3.jsonl", "results/reports/3"
    ]  # fmt: skip


def test_too_few_words_are_refused(divas):
    assert divas([PART, 3, 7]) == (2, [])


def test_the_array_counts_its_tasks(divas, monkeypatch, tmp_path):
    slurm = {"SLURM_ARRAY_TASK_ID": "4", "SLURM_ARRAY_TASK_COUNT": "9", "SLURM_SUBMIT_DIR": str(tmp_path)}
    status, (call,) = divas([ARRAY, "titles.txt", "results"], **slurm)
    assert status == 0
    assert _parsed(call, monkeypatch).part == (4, 9)
    (example,) = re.findall(r"^#   (sbatch .*)", ARRAY.read_text(), re.MULTILINE)
    assert "--array=1-100" in shlex.split(example)
    assert example in (LAUNCH.parent / "docs/catalogues.md").read_text()


def test_the_indices_of_the_job_are_all_parts(divas, monkeypatch, tmp_path):
    yaml = pytest.importorskip("yaml")
    job = yaml.safe_load(JOB.read_text())
    spec, pod = job["spec"], job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    (parts,) = (entry["value"] for entry in container["env"] if entry["name"] == "PARTS")
    assert (spec["completionMode"], spec["completions"]) == ("Indexed", int(parts))
    assert spec["parallelism"] <= spec["completions"]
    assert pod["restartPolicy"] == "Never"  # as backoffLimitPerIndex asks for
    assert container["image"] in (LAUNCH / "kubernetes/Dockerfile").read_text()
    assert f"COPY {PART.relative_to(LAUNCH.parent)} " in (LAUNCH / "kubernetes/Dockerfile").read_text()
    shell = [*container["command"], *(word.replace("/data/", f"{tmp_path}/") for word in container["args"])]
    for index in (0, spec["completions"] - 1):
        status, calls = divas(shell, JOB_COMPLETION_INDEX=str(index), PARTS=parts)
        assert status == 0
        assert _parsed(calls[-1], monkeypatch).part == (index + 1, spec["completions"])
