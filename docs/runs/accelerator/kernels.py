"""Which kernels a training step spends its time in, by JAX's own profiler: `python docs/runs/accelerator/kernels.py`.

Prints the time of a step and of all its kernels, the kernels by their summed time, and the step's work a second.
"""

import argparse
import collections
import gzip
import json
import sys
import tempfile
import time
from pathlib import Path

import jax
from filelock import FileLock

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from configs import real_faces, real_mouths
from divas_jax.benchmarking.encoders import WINDOWS, example_batch, window_work
from divas_jax.clip import Rung
from divas_jax.config import Config
from divas_jax.training.mesh import device_mesh, to_devices
from divas_jax.training.state import TrainState, new_state
from divas_jax.training.step import make_train_step

RUNG = Rung(6, 75)
STEPS, ROUNDS = 10, 3


def main() -> None:
    """Traces some steps on made-up numbers."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", choices=("faces", "mouths"), default="faces")
    parser.add_argument("--segments", type=int, default=64)
    parser.add_argument("--dim", type=int, help="another width")
    parser.add_argument("--attention", choices=("plain", "fused"), default="plain")
    parser.add_argument("--kernels", type=int, default=40, help="how many are listed; 0: no trace, the time alone")
    arguments = parser.parse_args()
    values = {"faces": real_faces, "mouths": real_mouths}[arguments.config].get_config()
    values.data.segments, values.targets = arguments.segments, Config().to_dict()["targets"]
    values.model.dim, values.model.attention = arguments.dim or values.model.dim, arguments.attention
    config = Config.from_dict(values)
    mesh = device_mesh()
    batch = to_devices(mesh, example_batch(config.data.segments, config.model.size))
    state, take = jax.jit(lambda: new_state(config))(), make_train_step(config, mesh)

    def steps(state: TrainState, count: int) -> TrainState:
        for _ in range(count):
            state, metrics = take(state, batch, RUNG)
        jax.block_until_ready(metrics.loss)
        return state

    state, seconds = steps(state, 3), []
    with FileLock(Path(tempfile.gettempdir()) / "kernels.lock"):  # several compile at once, one is timed
        for _ in range(ROUNDS):
            begin = time.perf_counter()
            state = steps(state, STEPS)
            seconds.append((time.perf_counter() - begin) / STEPS)
    if arguments.kernels:
        with tempfile.TemporaryDirectory() as folder:
            with jax.profiler.trace(folder):
                steps(state, STEPS)
            report(Path(folder), arguments.kernels)
    best = min(seconds)
    work = 3 * config.data.segments * WINDOWS * window_work(config.model, RUNG, skip=True)
    print(
        f"{arguments.config} {config.model.dim} wide, {arguments.attention} attention: {1e3 * best:.2f} ms a step "
        f"(of {ROUNDS} times {STEPS}; the slowest {1e3 * max(seconds):.2f}), "
        f"{config.data.segments * WINDOWS / best:,.0f} windows/s, {work / best / 1e12:.1f} TFLOP/s by work done",
        flush=True,
    )


def report(folder: Path, count: int) -> None:
    """Busy time and kernels out of the profiler's trace."""
    file = next(folder.glob("**/*.trace.json.gz"))
    events = json.loads(gzip.decompress(file.read_bytes()))["traceEvents"]
    names = {event["pid"]: event["args"]["name"] for event in events if event.get("name") == "process_name"}
    threads = {
        (event["pid"], event["tid"]): event["args"]["name"] for event in events if event.get("name") == "thread_name"
    }
    kernels: collections.Counter[str] = collections.Counter()
    for event in events:
        where = names.get(event.get("pid"), ""), threads.get((event.get("pid"), event.get("tid")), "")
        if event.get("ph") == "X" and "GPU" in where[0] and "Stream" in where[1]:
            kernels[event["name"]] += event["dur"] / 1e6 / STEPS
    busy = sum(kernels.values())
    print(f"kernels of a step: {1e3 * busy:.2f} ms")
    for name, spent in kernels.most_common(count):
        print(f"{1e3 * spent:8.3f} ms  {spent / max(busy, 1e-9):6.1%}  {name[:110]}")


if __name__ == "__main__":
    main()
