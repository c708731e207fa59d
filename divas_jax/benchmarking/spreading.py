"""The same work spread over more devices, hosts or worker processes of one machine.

A cluster on one machine: fake devices share its cores, and hosts are processes of JAX's own multi-host runtime. So for
these two it is told what spreading costs, not what it gains: at best, time stays as it is.
"""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

from divas_jax.errors import UserError

STEPS = 60
"""Training steps."""

LOGGED = STEPS // 3
"""Steps between two lines of the log; those before the first one compile."""

COUNTED = STEPS - LOGGED
"""Steps whose time counts."""

FILMS = 4
"""Files for the workers."""

_FAKE = "--xla_force_host_platform_device_count"

Work = Callable[[], float]
"""Does it, and says how many seconds count."""


def devices(size: int) -> Work:
    """Training steps of 8 segments on `size` fake devices."""
    return _training([size])


def hosts(size: int) -> Work:
    """Training steps of 8 segments on `size` processes of one device each."""
    return _training([1] * size)


def workers(size: int) -> Work:
    """`divas score` of four files by `size` processes, their start included."""
    folder = _folder()
    for number in range(FILMS):
        made = ["--make-example", str(folder / f"{number}.mp4"), "--seconds", "20"]
        _finish([_start(["divas_jax", "predict", *made, "--seed", str(number)])])

    def work() -> float:
        begin = perf_counter()
        _finish([_start(["divas_jax", "score", str(folder), "--workers", str(size)])])
        return perf_counter() - begin

    work()  # compiles
    return work


def _training(devices_of_hosts: Sequence[int]) -> Work:
    data = _folder() / "data"
    talkers = ["--source", "talkers", "--count", "16", "--val", "1", "--test", "1", "--rates", "25"]
    _finish([_start(["divas_jax", "prepare", *talkers, "--out", str(data)])])
    settings = {"data.path": data, "data.resident": True, "data.segments": 8, "data.rungs": "((5,34),)"}
    settings |= {"train.steps": STEPS, "train.log_every": LOGGED, "train.save_every": 0, "train.evaluate_every": 0}
    run = data.parent / "run"
    words = ["divas_jax.train", "--config", "quickstart", "--workdir", str(run)]
    words += [f"--config.{name}={value}" for name, value in settings.items()]

    def work() -> float:
        with socket.socket() as free:
            free.bind(("localhost", 0))
            coordinator = f"localhost:{free.getsockname()[1]}"
        joined = ["--coordinator", coordinator, "--processes", str(len(devices_of_hosts))]
        together = len(devices_of_hosts) > 1
        started = [
            _start([*words, *(joined if together else []), *(["--process", str(host)] if together else [])], count)
            for host, count in enumerate(devices_of_hosts)
        ]
        _finish(started)
        rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
        return sum(LOGGED / row["steps_per_s"] for row in rows if row["step"] > LOGGED and "loss" in row)

    return work


def _folder() -> Path:
    """One for this process, which goes when it ends."""
    folder = tempfile.TemporaryDirectory(prefix="divas-scaling-")
    _FOLDERS.append(folder)
    return Path(folder.name)


_FOLDERS: list[tempfile.TemporaryDirectory] = []


def _start(words: Sequence[str], fake_devices: int = 1) -> subprocess.Popen:
    flags = re.sub(rf"{_FAKE}=\d+", "", os.environ.get("XLA_FLAGS", ""))
    package = str(Path(__file__).resolve().parents[2])
    paths = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    surroundings = os.environ | {"XLA_FLAGS": f"{flags} {_FAKE}={fake_devices}".strip(), "PYTHONPATH": paths}
    command = [sys.executable, "-m", *words]
    return subprocess.Popen(command, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def _finish(started: Sequence[subprocess.Popen]) -> None:
    """Waits for all.

    Raises:
      UserError: one failed; the message ends with what it said last.
    """
    said = [process.communicate()[0] for process in started]
    for process, words in zip(started, said, strict=True):
        if process.returncode:
            raise UserError(f"{' '.join(_words(process))} failed: {' '.join(words.split()[-40:])}")


def _words(process: subprocess.Popen) -> list[str]:
    """The module that a process runs, and its first argument."""
    return [str(word) for word in process.args][2:4] if isinstance(process.args, list) else []
