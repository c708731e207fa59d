"""Real processes: preemption, sudden death, and two hosts."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from surroundings import QUICK
from toy_runs import toy

from divas_jax.training.checkpoints import read_checkpoint

pytestmark = pytest.mark.slow
PROGRAM = Path(__file__).with_name("toy_runs.py")
ROOT = PROGRAM.parents[2]


@pytest.fixture
def start():
    """Starts the toy program; kills what is left of it at the end."""
    running = []

    def begin(workdir, *, devices=1, **options):
        workdir.mkdir(exist_ok=True)
        surroundings = os.environ | {
            "JAX_PLATFORMS": "cpu",
            "XLA_FLAGS": f"{QUICK} --xla_force_host_platform_device_count={devices}",
            "PYTHONPATH": str(ROOT),
        }
        options["devices"] = devices * options.get("processes", 1)
        command = [sys.executable, str(PROGRAM), str(workdir), json.dumps(options)]
        errors = (workdir / f"errors{options.get('process', 0)}.txt").open("w")
        process = subprocess.Popen(command, env=surroundings, stdout=subprocess.PIPE, stderr=errors, text=True)
        running.append(process)
        return process

    yield begin
    for process in running:
        process.kill()
        process.wait()
        process.stdout.close()


def wait_for(process, line):
    for said in process.stdout:
        if said.startswith(line):
            return said
    raise AssertionError(f"the program ended with {process.wait()} before it said {line!r}")


def finish(process):
    said = process.communicate(timeout=100)[0].splitlines()
    return process.returncode, said[-1] if said else ""


def test_sigterm_saves_and_exits_0_and_the_run_goes_on_as_if_nothing_had_been(tmp_path, start):
    train = {"steps": 40, "log_every": 1}
    process = start(tmp_path / "stopped", train=train, delay=0.1)
    wait_for(process, "step 2")
    process.send_signal(signal.SIGTERM)
    code, last = finish(process)
    assert code == 0
    word, step = last.split()
    assert word == "interrupted"
    assert 2 <= int(step) < 40

    train["steps"] = int(step) + 3
    assert finish(start(tmp_path / "stopped", train=train)) == (0, f"finished {train['steps']}")
    assert finish(start(tmp_path / "straight", train=train)) == (0, f"finished {train['steps']}")
    resumed, straight = (np.load(tmp_path / folder / "state0.npz") for folder in ("stopped", "straight"))
    assert set(resumed) == set(straight)
    for name in straight:
        assert resumed[name].tobytes() == straight[name].tobytes(), name


def test_a_killed_run_leaves_a_readable_checkpoint_and_goes_on(tmp_path, start):
    train = {"steps": 1000, "log_every": 1, "save_every": 2}
    steps = []
    for seen in (5, 11):
        process = start(tmp_path, train=train, delay=0.02)
        wait_for(process, f"step {seen}")
        process.kill()
        process.wait()
        _, parameters = read_checkpoint(tmp_path)
        assert np.isfinite(parameters["sound"]["token"]).all()
        steps.append(max(int(path.name) for path in (tmp_path / "checkpoints").iterdir() if path.name.isdigit()))
        assert seen - steps[-1] <= 2 * train["save_every"], "at most the save under way and the steps since"
    train["steps"] = steps[-1] + 2
    assert finish(start(tmp_path, train=train)) == (0, f"finished {train['steps']}")


def hosts(start, folder, count, **options):
    """So many processes of one run."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    return [start(folder, processes=count, process=number, port=port, rungs=1, **options) for number in range(count)]


def test_two_processes_equal_one(tmp_path, start):
    train = {"steps": 2, "log_every": 1, "save_every": 1}
    pair = hosts(start, tmp_path / "two", 2, devices=2, train=train)
    alone = start(tmp_path / "one", devices=4, rungs=1, train=train)
    assert [finish(process) for process in (*pair, alone)] == [(0, "finished 2")] * 3
    first, second, one = (np.load(tmp_path / place) for place in ("two/state0.npz", "two/state1.npz", "one/state0.npz"))
    for name in one:
        assert first[name].tobytes() == second[name].tobytes(), name
        if ".mu" in name:
            np.testing.assert_allclose(first[name], one[name], atol=1e-5 * np.abs(one[name]).max(), err_msg=name)
    assert read_checkpoint(tmp_path / "two")[0] == toy(
        train=train, objective={"name": "contrastive"}, optim={"ema": 0.9}
    )


def test_four_hosts_lose_one_and_two_go_on(tmp_path, start):
    """Each host loads rows of its own; what four have written two read, and the run is that of one process."""
    train = {"steps": 9, "log_every": 1, "save_every": 2}
    four = hosts(start, tmp_path / "lost", 4, devices=1, train=train, delay=0.5)
    wait_for(four[0], "step 5")
    four[2].kill()
    for process in four:  # without one of them no step is taken any more: the scheduler ends the others
        process.kill()
        process.wait()
    saved = read_checkpoint(tmp_path / "lost")[1]
    assert np.isfinite(saved["sound"]["token"]).all(), "one process reads what four wrote"
    two = hosts(start, tmp_path / "lost", 2, devices=2, train=train)
    alone = start(tmp_path / "one", devices=4, rungs=1, train=train)
    assert [finish(process) for process in (*two, alone)] == [(0, "finished 9")] * 3
    first, second, one = (
        np.load(tmp_path / place) for place in ("lost/state0.npz", "lost/state1.npz", "one/state0.npz")
    )
    losses, straight = (np.load(tmp_path / place / "losses0.npy") for place in ("lost", "one"))
    assert 4 <= len(losses) < len(straight) == 9, "it went on, and did not begin anew"
    np.testing.assert_allclose(losses, straight[-len(losses) :], rtol=1e-4)
    for name in one:
        assert first[name].tobytes() == second[name].tobytes(), name
        if ".mu" in name:
            np.testing.assert_allclose(first[name], one[name], atol=1e-3 * np.abs(one[name]).max(), err_msg=name)
