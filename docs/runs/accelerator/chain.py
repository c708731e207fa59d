"""One model on a lent accelerator in a given time, in one process: lips first, then offsets; clips are decoded once.

    python docs/runs/accelerator/chain.py NAME real_mouths --data DATA --runs RUNS --seconds 600 --lips-seconds 200 \
        [--start RUN|FILE.npz] [--config.GROUP.KEY=VALUE ...]

DATA holds train, train2 and generated, as docs/recipe.md prepares them. Runs go to RUNS/lips-NAME and RUNS/NAME; each
stage has the steps that its time allows (`train.minutes`), so the rate runs out when the time does. Without
--lips-seconds only the second stage runs. RUNS/NAME.npz holds what the run has learnt, heads too, as float16.
"""

import argparse
import importlib
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import jax
from arrays import read_arrays, write_arrays

from divas_jax import running
from divas_jax.config import Config
from divas_jax.data.clip_record import JoinedClips
from divas_jax.data.records import open_records
from divas_jax.training.loop import train
from divas_jax.training.start import Start
from divas_jax.training.writers import JsonLines, Writers
from divas_jax.writing import write_json

RESERVE = 15
"""Seconds for writing what was learnt."""


def main() -> None:
    """Runs both stages."""
    begin = time.monotonic()
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("config")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--lips-seconds", type=float, default=0)
    parser.add_argument("--start", default="")
    arguments, rest = parser.parse_known_args()
    second = with_settings(arguments.config, None, arguments.data, rest)
    source = JoinedClips([open_records(Path(folder), "train") for folder in (second.data.path, *second.data.more)])
    clips = running.resident_clips(second, source, lambda sentence: print(f"{arguments.name}: {sentence}", flush=True))
    start = None
    if arguments.start:
        start = (
            read_arrays(Path(arguments.start))[1]
            if arguments.start.endswith(".npz")
            else running.read_start(arguments.start)
        )

    def left(share_until: float) -> float:
        return max(20.0, begin + share_until - time.monotonic())

    def stage(name: str, config: Config, start: Start | None, until: float) -> Start:
        values = config.to_dict()
        values["train"]["minutes"] = left(until) / 60
        config, workdir = Config.from_dict(values), arguments.runs / name
        running.make_workdir(workdir)
        write_json(workdir / "config.json", config.to_dict())
        print(f"{name}: {60 * config.train.minutes:.0f} s", flush=True)
        with Writers(JsonLines(workdir / running.METRICS)) as writers:
            outcome = train(
                config, workdir, lambda step: running.batches(config, clips, step), writers, None, start, clips
            )
        state = jax.device_get(outcome.state)
        write_arrays(arguments.runs / f"{name}.npz", config, state)
        print(f"{name}: {int(state.step)} steps, {begin + until - time.monotonic():.0f} s left", flush=True)
        unused = (start.heads if start else None) or {}  # a stage may leave one alone that the next one takes up again
        return Start(state.best_parameters, {**unused, **(state.heads or {})})

    if arguments.lips_seconds:
        first = with_settings(arguments.config, "lips", arguments.data, rest)
        start = stage(f"lips-{arguments.name}", first, start, arguments.lips_seconds)
    stage(arguments.name, second, start, arguments.seconds - RESERVE)


def with_settings(name: str, argument: str | None, data: Path, rest: list[str]) -> Config:
    """The config by this name, with settings that are given as for `divas train`."""
    values = importlib.import_module(f"configs.{name}").get_config(argument)
    values.data.path, values.data.more = str(data / "train"), (str(data / "train2"), str(data / "generated"))
    values.train.update({"steps": 1_000_000, "log_every": 50, "save_every": 0, "evaluate_every": 0})
    for setting in rest:
        key, text = setting.removeprefix("--config.").split("=", 1)
        only, colon, own = key.partition(":")  # lips:KEY and offsets:KEY go for one of the stages
        if colon and only != ("lips" if argument == "lips" else "offsets"):
            continue
        *groups, last = (own if colon else key).split(".")
        group = values
        for each in groups:
            group = group[each]
        group[last] = text if isinstance(group[last], str) else type(group[last])(json.loads(text))
    return Config.from_dict(values)


if __name__ == "__main__":
    main()
