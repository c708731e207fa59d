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
from functools import partial
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
    return _training(devices=size)


def hosts(size: int) -> Work:
    """Training steps of 8 segments on `size` processes of one device each."""
    return _training(hosts=size)


def workers(size: int) -> Work:
    """`divas score` of four files by `size` processes, their start included."""
    folder = tempfile.TemporaryDirectory(prefix="divas-scaling-")
    for number in range(FILMS):
        made = ["--make-example", f"{folder.name}/{number}.mp4", "--seconds", "20", "--seed", str(number)]
        _run(["divas_jax", "predict", *made])

    def work() -> float:
        begin = perf_counter()
        _run(["divas_jax", "score", folder.name, "--workers", str(size)])  # which keeps the folder, too
        return perf_counter() - begin

    work()  # compiles
    return work


def _training(hosts: int = 1, devices: int = 1) -> Work:
    folder = tempfile.TemporaryDirectory(prefix="divas-scaling-")
    data, run = f"{folder.name}/data", f"{folder.name}/run"
    talkers = ["--source", "talkers", "--count", "16", "--val", "1", "--test", "1", "--rates", "25"]
    _run(["divas_jax", "prepare", *talkers, "--out", data])
    settings = {"data.path": data, "data.resident": True, "data.segments": 8, "data.rungs": "((5,34),)"}
    settings |= {"train.steps": STEPS, "train.log_every": LOGGED, "train.save_every": 0, "train.evaluate_every": 0}
    words = ["divas_jax.train", "--config", "quickstart", "--workdir", run]
    words += [f"--config.{name}={value}" for name, value in settings.items()]

    def work() -> float:
        _run(*([*words, *joined] for joined in _joined(hosts)), fake_devices=devices)
        log = Path(folder.name, "run", "metrics.jsonl").read_text()
        rows = [json.loads(line) for line in log.splitlines()]
        return sum(LOGGED / row["steps_per_s"] for row in rows if row["step"] > LOGGED and "loss" in row)

    return work


def _joined(hosts: int) -> list[list[str]]:
    """What each host is told so that they find each other; nothing where there is one."""
    if hosts == 1:
        return [[]]
    with socket.socket() as free:
        free.bind(("localhost", 0))
        coordinator = f"localhost:{free.getsockname()[1]}"
    all_told = ["--coordinator", coordinator, "--processes", str(hosts)]
    return [[*all_told, "--process", str(host)] for host in range(hosts)]


def _run(*commands: Sequence[str], fake_devices: int = 1) -> None:
    """Runs modules with their arguments beside each other, each on so many fake devices, until all have ended.

    Raises:
      UserError: one failed; the message ends with what it said last.
    """
    flags = re.sub(rf"{_FAKE}=\d+", "", os.environ.get("XLA_FLAGS", ""))
    package = str(Path(__file__).resolve().parents[2])
    paths = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    surroundings = os.environ | {"XLA_FLAGS": f"{flags} {_FAKE}={fake_devices}".strip(), "PYTHONPATH": paths}
    start = partial(subprocess.Popen, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    started = [start([sys.executable, "-m", *words]) for words in commands]
    said = [process.communicate()[0] for process in started]
    for words, process, text in zip(commands, started, said, strict=True):
        if process.returncode:
            raise UserError(f"{' '.join(words[:2])} failed: {' '.join(text.split()[-40:])}")
