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

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from configs import real_faces, real_mouths
from divas_jax.benchmarking.encoders import WINDOWS, example_batch, window_work
from divas_jax.clip import Rung
from divas_jax.config import Config
from divas_jax.training.mesh import device_mesh, to_devices
from divas_jax.training.state import TrainState, new_state
from divas_jax.training.step import make_train_step

RUNG = Rung(6, 75)
STEPS = 10


def main() -> None:
    """Traces some steps on made-up numbers."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", choices=("faces", "mouths"), default="faces")
    parser.add_argument("--segments", type=int, default=64)
    arguments = parser.parse_args()
    values = {"faces": real_faces, "mouths": real_mouths}[arguments.config].get_config()
    values.data.segments, values.targets = arguments.segments, Config().to_dict()["targets"]
    config = Config.from_dict(values)
    mesh = device_mesh()
    batch = to_devices(mesh, example_batch(config.data.segments, config.model.size))
    state, take = jax.jit(lambda: new_state(config))(), make_train_step(config, mesh)

    def steps(state: TrainState, count: int) -> TrainState:
        for _ in range(count):
            state, metrics = take(state, batch, RUNG)
        jax.block_until_ready(metrics.loss)
        return state

    state = steps(state, 3)
    begin = time.perf_counter()
    state = steps(state, STEPS)
    seconds = (time.perf_counter() - begin) / STEPS
    with tempfile.TemporaryDirectory() as folder:
        with jax.profiler.trace(folder):
            steps(state, STEPS)
        report(Path(folder), seconds)
    work = 3 * config.data.segments * WINDOWS * window_work(config.model, RUNG, skip=True)
    print(
        f"{config.data.segments * WINDOWS / seconds:,.0f} windows/s, {work / seconds / 1e12:.1f} TFLOP/s by work done"
    )


def report(folder: Path, seconds: float) -> None:
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
    print(f"a step takes {1e3 * seconds:.2f} ms; kernels {1e3 * busy:.2f} ms")
    for name, spent in kernels.most_common(40):
        print(f"{1e3 * spent:8.3f} ms  {spent / max(busy, 1e-9):6.1%}  {name[:110]}")


if __name__ == "__main__":
    main()
