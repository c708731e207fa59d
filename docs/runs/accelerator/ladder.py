"""What decides, run by run, in one process on a lent accelerator: optimiser, start, objective, positions, view.

    python docs/runs/accelerator/ladder.py PART --data DATA --runs RUNS --seconds 600

Without an accelerator, from the encoders that the first run left on one (800 steps of 64 windows each):

    python docs/runs/accelerator/ladder.py objectives --data DATA --runs RUNS --seconds 20000 --begun RUNS/ladder \
        --scale 1.3334 --segments 4 --dtype float32 --workers 0
    python docs/runs/accelerator/ladder.py windows|faces|positions|folders … --scale 1 … --seeds 0

PART is one of `PARTS`. The small model (`configs/mouth_crops.py`) in bfloat16 on 1,024 windows a step. DATA holds
train, train2, generated, val and val2, all prepared with --lips. Each run is a line of RUNS/ladder.jsonl: what its
heads explain of the lips and the sound of people not trained on, and, once it knows offsets, the share of whole clips
answered within 40 ms (whole frames, as the paper counts). What it has learnt is RUNS/ladder/NAME.npz. It ends when
its time does.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

sys.path += [str(Path(__file__).resolve().parents[3]), str(Path(__file__).resolve().parents[1] / "lips_first")]

import jax
from arrays import read_arrays, write_arrays
from explained import explained, plain
from ml_collections import ConfigDict

from configs import lips_first, mouth_crops
from divas_jax import running
from divas_jax.config import Config, ModelConfig
from divas_jax.data.clip_record import JoinedClips
from divas_jax.data.records import open_records
from divas_jax.data.resident import ResidentClips, keep_clips
from divas_jax.evaluation.reading import within_rates
from divas_jax.evaluation.validation import evaluator
from divas_jax.training.loop import train
from divas_jax.training.start import Start
from divas_jax.training.writers import JsonLines, Writers

FEWER, LIPS_STEPS, STEPS = 600, 1500, 600
FAST = 31.0
"""Frame rates above this are what some runs do not see (frames/s)."""


class Run(NamedTuple):
    """A run of the ladder.

    Attributes:
      name: of the run.
      changes: of the config, by dotted keys.
      start: name of the run that it goes on from; "" for noise.
    """

    name: str
    changes: dict[str, Any]
    start: str = ""


LIPS = {"objective.weight": 0.0, "data.max_fps": FAST}


def optimisers_and_positions() -> Iterator[Run]:
    """Optimiser and start by what lips they learn; then positions, where clips of more frames a second are new."""
    optimisers = {"muon": {}, "adamw": {"optim.name": "adamw", "optim.lr": 1e-3}}
    for optimiser, settings in optimisers.items():
        for start, whiten in (("whitened", True), ("noise", False)):
            changes = LIPS | settings | {"train.whiten": whiten, "train.steps": FEWER}
            yield Run(f"lips-{optimiser}-{start}", changes)
    for name, time_aware in (("aware", True), ("base", False)):
        model = {"model.time_aware": time_aware}
        yield Run(f"lips-{name}", LIPS | model | {"train.whiten": True, "train.steps": LIPS_STEPS})
        yield Run(f"slow-{name}", offsets("offset_curve") | {"data.max_fps": FAST} | model, f"lips-{name}")


def objectives() -> Iterator[Run]:
    """All objectives from the same encoders; then without fast clips, with strangers, by AdamW, and from noise."""
    yield Run("lips", LIPS | {"train.whiten": True, "train.steps": LIPS_STEPS})
    for objective in ("offset_curve", "contrastive", "offset_matrix", "multiway"):
        distance = 0.0 if objective == "contrastive" else 1.0  # its margin is 20
        yield Run(objective, offsets(objective) | {"train.start_distance": distance}, "lips")
    yield Run("unseen", offsets("offset_curve") | {"data.max_fps": FAST}, "lips")
    yield Run("strangers", offsets("offset_curve") | {"objective.strangers": 0.5}, "lips")
    yield Run("adamw", offsets("offset_curve") | {"optim.name": "adamw", "optim.lr": 3e-4}, "lips")
    yield Run("noise", offsets("offset_curve") | {"train.whiten": True})


def contrasts() -> Iterator[Run]:
    """Pictures as they are, and all of one contrast, by what lips they teach."""
    for name, contrast in (("plain", False), ("contrast", True)):
        yield Run(f"lips-{name}", LIPS | {"train.whiten": True, "train.steps": FEWER, "model.contrast": contrast})


def windows() -> Iterator[Run]:
    """Longer windows: encoders that know lips first learn to say as much of each second of them."""
    for seconds in (0.2, 0.4, 0.6):
        yield from after_lips(f"{seconds:g}s", {"model.seconds": seconds})


def faces() -> Iterator[Run]:
    """The whole face at the same scale, which is four times as many patches, instead of the mouth (`windows`: 0.2s)."""
    yield from after_lips("faces", FACES)


def positions() -> Iterator[Run]:
    """Table 2's question on real faces: clips of more frames a second are new to both, in either stage."""
    for name, time_aware in (("aware", True), ("base", False)):
        yield from after_lips(name, {"model.time_aware": time_aware, "data.max_fps": FAST})


def folders() -> Iterator[Run]:
    """What other footage than train adds to offsets; all of it taught lips before (`objectives`)."""
    for name, more in (("train", ()), ("train-train2", ("train2",)), ("all", ("train2", "generated"))):
        yield Run(f"from-{name}", offsets("offset_curve") | {"data.more": more, "train.steps": 2 * FEWER // 3}, "lips")


def after_lips(name: str, changes: dict[str, Any]) -> Iterator[Run]:
    """From the objectives' encoders: lips again, under changes, then offsets."""
    again = {"train.steps": FEWER // 3, "optim.lr": 3e-3}
    yield Run(f"lips-{name}", LIPS | changes | again, "lips")
    yield Run(name, offsets("offset_curve") | changes | {"train.steps": 2 * FEWER // 3}, f"lips-{name}")


FACES = {"model.size": 96, "view.crop": 1.0, "view.centre_y": 0.5}

PARTS = {
    "contrasts": contrasts,
    "optimisers": optimisers_and_positions,
    "objectives": objectives,
    "windows": windows,
    "faces": faces,
    "positions": positions,
    "folders": folders,
}


def offsets(objective: str) -> dict[str, Any]:
    """Changes of a run that learns offsets."""
    return {"objective.name": objective, "train.steps": STEPS, "data.max_fps": 61.0}


def config_of(run: Run, seed: int, arguments: argparse.Namespace) -> Config:
    """The config of a run."""
    values, data = mouth_crops.get_config(), arguments.data
    if not run.changes.get("objective.weight", 1.0):
        values = lips_first.lips_alone(values, segments=2 * arguments.segments)
        values.data.windows, values.data.spacing = 8, 3
    else:
        values.data.segments, values.data.windows = arguments.segments, 16
    values.data.path, values.data.more = str(data / "train"), ("train2", "generated")
    values.data.workers, values.model.dtype = arguments.workers, arguments.dtype
    values.train.update({"seed": seed, "log_every": 100, "save_every": 0, "evaluate_every": 0})
    values.optim.ema = 0.99
    for key, value in run.changes.items():
        *groups, last = key.split(".")
        group: ConfigDict = values
        for each in groups:
            group = group[each]
        group[last] = value
    values.data.more = tuple(str(data / name) for name in values.data.more)
    return Config.from_dict(values)


class Measure:
    """What is known of a run afterwards."""

    def __init__(self, data: Path) -> None:
        self._sets = {name: open_records(data / name, "val") for name in ("val", "val2")}
        self._joined = JoinedClips(list(self._sets.values()))
        self._sets["fast"] = within_rates(self._joined, FAST, 1000.0)
        self._kept: ResidentClips | None = None
        self._evaluators: dict[ModelConfig, Callable[[Any], dict[str, float]]] = {}

    def __call__(self, config: Config, learnt: Start) -> dict[str, float]:
        """Shares, by name."""
        simple = plain(replace(config, data=replace(config.data, max_fps=FAST)))  # clips that all runs may see
        self._kept = self._kept or keep_clips(self._joined, simple)
        numbers = {name: float(value) for name, value in explained(simple, learnt, self._kept)._asdict().items()}
        if config.objective.weight:
            if config.model not in self._evaluators:
                self._evaluators[config.model] = evaluator(config, self._sets, cache_bytes=9 << 30)
            numbers |= self._evaluators[config.model](learnt.parameters)
        return numbers


class Clips:
    """Resident clips of a run's folders and view; those of the run before are let go."""

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._clips: ResidentClips | None = None

    def __call__(self, config: Config) -> ResidentClips:
        """What a run draws from."""
        key = (config.data.more, config.view, config.model.size)
        if self._clips is None or key != self._key:
            self._key, self._clips = key, None
            sources = [open_records(Path(folder), "train") for folder in (config.data.path, *config.data.more)]
            whole = replace(config, data=replace(config.data, max_fps=1000.0))  # each run takes its rates out of it
            self._clips = running.resident_clips(
                whole, JoinedClips(sources), lambda sentence: print(f"ladder: {sentence}", flush=True)
            )
        return self._clips


def parsed() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the steps")
    parser.add_argument("--seeds", type=int, nargs="+", default=(0, 1))
    parser.add_argument("--begun", type=Path, help="folder of NAME-SEED.npz of an earlier call; these do not run again")
    parser.add_argument("--segments", type=int, default=64, help="of 16 windows, in a step")
    parser.add_argument("--dtype", default="bfloat16")
    parser.add_argument("--workers", type=int, default=3)
    return parser.parse_args()


def begun(arguments: argparse.Namespace, name: str) -> Path | None:
    """What a run of an earlier call has learnt, if there was one."""
    file = arguments.begun / f"{name}.npz" if arguments.begun else None
    return file if file and file.exists() else None


def main() -> None:
    """Runs all until the time is over."""
    begin, arguments = time.monotonic(), parsed()
    (arguments.runs / "ladder").mkdir(parents=True, exist_ok=True)
    clips_of, measure, learnt = Clips(), Measure(arguments.data), {}
    for run in PARTS[arguments.part]():
        for seed in arguments.seeds:
            name, before = f"{run.name}-{seed}", f"{run.start}-{seed}"
            learnt |= {each: read_arrays(file)[1] for each in (name, before) if (file := begun(arguments, each))}
            if name in learnt:
                continue
            start = learnt[before] if run.start else None
            left = arguments.seconds - (time.monotonic() - begin)
            if left < 40:
                print("ladder: time is over", flush=True)
                return
            changes = run.changes | {
                "train.minutes": left / 60,
                "train.steps": int(arguments.scale * run.changes["train.steps"]),
            }
            config = config_of(run._replace(changes=changes), seed, arguments)
            clips = clips_of(config)
            with Writers(JsonLines(arguments.runs / "ladder" / f"{name}.jsonl")) as writers:
                outcome = train(
                    config,
                    arguments.runs / "work" / name,
                    partial(running.batches, config, clips),
                    writers,
                    None,
                    start,
                    clips,
                )
            state = jax.device_get(outcome.state)
            learnt[name] = Start(state.best_parameters, state.heads)
            write_arrays(arguments.runs / "ladder" / f"{name}.npz", config, state)
            trained = time.monotonic()
            row = {"run": name, "start": run.start, "steps": int(state.step)} | measure(config, learnt[name])
            with (arguments.runs / "ladder.jsonl").open("a") as file:
                file.write(json.dumps(row) + "\n")
            print(
                f"ladder: {name} after {trained - begin:.0f} s, measured {time.monotonic() - trained:.0f} s", flush=True
            )


if __name__ == "__main__":
    main()
