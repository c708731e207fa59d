"""A tiny model, and batches in which pixels and samples tell the same story; also a program for tests."""

import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from divas_jax.clip import PictureBatch, SegmentBatch, SoundBatch
from divas_jax.config import Config, DataConfig, ModelConfig, ObjectiveConfig, OptimConfig, TrainConfig

RUNGS = ((5, 25), (10, 25))
FPS = (25, 50)

TOY = Config(
    model=ModelConfig(dim=24, layers=1, heads=3, mlp=32, size=32, patch=16),
    data=DataConfig(rungs=RUNGS, segments=8, windows=6),
    objective=ObjectiveConfig(name="offset_matrix"),
    optim=OptimConfig(lr=3e-3),
    train=TrainConfig(steps=6, log_every=2, evaluate_every=0, save_every=0, keep=2),
)


def toy(**changes) -> Config:
    """`TOY` with keys of its groups changed: toy(train={"steps": 3})."""
    return replace(TOY, **{group: replace(getattr(TOY, group), **values) for group, values in changes.items()})


def toy_batch(step: int, segments: int = 8, windows: int = 6, rung: int = 0) -> SegmentBatch:
    """Batch number `step`: each frame's brightness is the loudness of the sound under it; one window is masked."""
    random = np.random.default_rng([7, step])
    length, fps = RUNGS[rung][0], FPS[rung]
    count, under = windows - 1 + length, 16000 // fps
    story = random.uniform(-1, 1, (segments, count))
    frames = np.broadcast_to((127 + 120 * story)[:, :, None, None, None], (segments, count, 32, 32, 3))
    start = np.broadcast_to(np.arange(windows), (segments, windows)).astype(np.int32)
    mask = np.ones((segments, windows), bool)
    mask[:, -1] = np.arange(segments) % 2 == 0
    pictures = PictureBatch(
        frames.astype(np.uint8),
        np.broadcast_to(np.arange(count) / fps, (segments, count)).astype(np.float32),
        np.ones((segments, count), bool),
        start,
        np.full(segments, length, np.int32),
        mask,
    )
    sounds = SoundBatch(
        np.repeat(story, under, axis=1).astype(np.float32),
        np.full(segments, 16000, np.float32),
        start * under,
        np.zeros((segments, windows), np.float32),
        np.full(segments, 25, np.int32),
        mask,
    )
    return SegmentBatch(pictures, sounds, np.arange(segments, dtype=np.int32))


def toy_stream(step: int, process: int = 0, processes: int = 1, rungs: int = 1, delay: float = 0.0):
    """This process's rows of batches `step`, `step` + 1, … for ever."""
    while True:
        batch = toy_batch(step, rung=step % rungs)
        local = len(batch.pictures.start) // processes
        rows = slice(process * local, (process + 1) * local)
        time.sleep(delay)
        parts = (type(part)(*(leaf[rows] for leaf in part)) for part in batch[:2])
        yield step % rungs, SegmentBatch(*parts, batch.voice[rows])
        step += 1


def leaves_by_name(tree) -> dict[str, np.ndarray]:
    """Every array of a tree, by its path."""
    import jax

    return {jax.tree_util.keystr(path): np.asarray(leaf) for path, leaf in jax.tree_util.tree_leaves_with_path(tree)}


def main(workdir: str, options: str) -> None:
    """Trains in this process; writes the last state beside the checkpoints."""
    given = json.loads(options)
    import jax

    from divas_jax.training.loop import train
    from divas_jax.training.mesh import start_processes
    from divas_jax.training.writers import Writers

    process, processes = given.get("process", 0), given.get("processes", 1)
    if processes > 1:
        start_processes(f"localhost:{given['port']}", processes, process)
    assert jax.device_count() == given["devices"]

    losses = []

    class Announce:
        def write(self, step, values):
            losses.append(values["loss"])
            print("step", step, flush=True)

        def close(self):
            pass

    config = toy(train=given.get("train", {}), objective={"name": "contrastive"}, optim={"ema": 0.9})
    with Writers(Announce()) as writers:
        outcome = train(
            config,
            Path(workdir),
            lambda step: toy_stream(step, process, processes, given.get("rungs", 2), given.get("delay", 0.0)),
            writers,
        )
    np.savez(Path(workdir) / f"state{process}.npz", **leaves_by_name(outcome.state))
    np.save(Path(workdir) / f"losses{process}.npy", losses)
    print("interrupted" if outcome.interrupted else "finished", int(outcome.state.step), flush=True)


if __name__ == "__main__":
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    main(*sys.argv[1:])
