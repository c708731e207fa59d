"""Every model of the tables: trained once, whichever tables want it; a run goes on where it stopped."""

import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import jax
import numpy as np
from jaxtyping import Array
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from divas_jax.baselines.competitors import Competitor, sparse_sync, syncnet, vocalist
from divas_jax.baselines.training import Schooling, new_learner, trained
from divas_jax.command import console
from divas_jax.config import Config, OptimConfig
from divas_jax.judging.embedding import Embedder
from divas_jax.loading import load_weights
from divas_jax.running import train_here
from divas_jax.tabling.contestants import BaselineContestant, Contestant, DivasContestant
from divas_jax.tabling.datasets import FRAMES, LRS2, LRS3, SLOW, TITLES, DataSets
from divas_jax.tabling.effort import Effort
from divas_jax.writing import write_json

ON_LRS2, ON_LRS3, BASE, ON_TITLES, ON_FRAMES = "divas-lrs2", "divas-lrs3", "base-lrs3", "divas-titles", "divas-frames"
SYNCNET, VOCALIST, IASHIN = "syncnet-lrs2", "vocalist-lrs2", "iashin-frames"

NEEDED = {
    1: (SYNCNET, VOCALIST, ON_LRS2),
    2: (BASE, ON_LRS3),
    3: (VOCALIST, ON_LRS2, ON_LRS3, ON_TITLES),
    4: (ON_LRS3, ON_FRAMES),
    5: (IASHIN, ON_FRAMES),
    6: (ON_LRS2, ON_LRS3, ON_TITLES),
}
"""The models of each table."""

LEARNS_FROM = {
    ON_LRS2: LRS2, ON_LRS3: LRS3, BASE: LRS3, ON_TITLES: TITLES, ON_FRAMES: FRAMES,
    SYNCNET: LRS2, VOCALIST: LRS2, IASHIN: FRAMES,
}  # fmt: skip

STEPS = 20_000
"""Of a competitor, where there is no limit of time."""

RATE = 1e-3
"""Competitors' rate of learning (Adam): none of their papers' rates is meant for so few steps."""

_TRIED = 4
"""Steps by which it is found how long one takes; as many for each rung."""

_PLAN = "plan.json"


@dataclass
class Runs:
    """The models, by name.

    Attributes:
      sets: their data.
      folder: of all runs.
      effort: how large they are.
      crops: config of DiVAS on face crops.
      frames: config of DiVAS on whole pictures.
      seconds_each: of learning; None: the steps of the configs.
      seed: of weights and batches.
    """

    sets: DataSets
    folder: Path
    effort: Effort
    crops: Config
    frames: Config
    seconds_each: float | None
    seed: int = 0
    _done: dict[str, Contestant] = field(default_factory=dict)

    def contestant(self, name: str) -> Contestant:
        """A model, trained on first use.

        Raises:
          UserError: its data or its folder cannot be used, or it does not learn.
          KeyboardInterrupt: a signal has stopped it.
        """
        if name not in self._done:
            console.rule(f"{name}: learns from {self.sets.about(LEARNS_FROM[name])}", align="left")
            self._done[name] = self._baseline(name) if name in (SYNCNET, VOCALIST, IASHIN) else self._divas(name)
        return self._done[name]

    def divas(self, name: str) -> DivasContestant:
        """A model that is DiVAS's.

        Raises:
          TypeError: it is a competitor's.
          UserError: as `contestant`.
        """
        contestant = self.contestant(name)
        if not isinstance(contestant, DivasContestant):
            raise TypeError(f"{name} is no run of DiVAS")
        return contestant

    def steps(self, name: str) -> int:
        """Steps that a model has learnt for."""
        return int(json.loads((self.folder / name / _PLAN).read_text())["steps"])

    def config(self, name: str) -> Config:
        """What `divas train` would be given for a run of DiVAS."""
        base = self.frames if name == ON_FRAMES else self.crops
        made = self.sets.is_made(LEARNS_FROM[name])
        data = replace(
            base.data, path=str(self.sets.path(LEARNS_FROM[name])), min_fps=SLOW[0], max_fps=SLOW[1],
            resident=made and self.effort.minutes is not None,
        )  # fmt: skip
        model = replace(base.model, time_aware=name != BASE)
        train = replace(base.train, seed=self.seed, evaluate_every=0, save_every=200)
        return replace(base, data=data, model=model, train=train)

    def competitor(self, name: str) -> Competitor:
        """A competitor at the size of these tables."""
        effort = self.effort
        if name == IASHIN:
            return sparse_sync(effort.width, effort.window, 224 if effort.width == 1 else effort.picture)
        return syncnet(effort.width) if name == SYNCNET else vocalist(effort.width)

    def _divas(self, name: str) -> DivasContestant:
        folder, config = self.folder / name, self.config(name)

        def seconds_each(scratch: Path) -> list[float]:
            short = replace(
                config.train, steps=_TRIED * len(config.data.rungs), log_every=1, save_every=0,
                whiten=False, start_distance=0.0,
            )  # fmt: skip
            _go_on(train_here(replace(config, train=short), scratch, measured=False))
            lines = (scratch / "metrics.jsonl").read_text().splitlines()
            return [1 / json.loads(line)["steps_per_s"] for line in lines]

        steps = self._planned(name, config.train.steps, seconds_each)
        train = replace(config.train, steps=steps)
        _go_on(train_here(replace(config, train=train), folder, measured=False))
        return DivasContestant(folder, Embedder(*load_weights(folder)))

    def _baseline(self, name: str) -> BaselineContestant:
        competitor, records = self.competitor(name), self.sets.learnt(LEARNS_FROM[name])
        optim = OptimConfig(name="adam", lr=RATE, schedule="cosine", warmup=5, clip_norm=1.0)
        schooling = Schooling(optim, _TRIED, self._batch(name), self.seed)
        learner = new_learner(competitor, schooling)

        def seconds_each(scratch: Path) -> list[float]:
            moments: list[float] = []

            def progress(_: int, loss: Array) -> None:
                jax.block_until_ready(loss)
                moments.append(time.perf_counter())

            if trained(competitor, records, schooling, scratch, progress, learner) is None:
                raise KeyboardInterrupt
            return np.diff(moments).tolist()

        schooling = replace(schooling, steps=self._planned(name, STEPS, seconds_each))
        with _bar(name, schooling.steps) as progress:
            model = trained(competitor, records, schooling, self.folder / name, progress, learner)
        if model is None:
            raise KeyboardInterrupt
        return BaselineContestant(competitor.baseline(model))

    def _batch(self, name: str) -> int:
        """Windows in a competitor's step; where minutes count, large networks take more steps of fewer."""
        hurried = self.effort.minutes is not None and name == VOCALIST
        return 16 if hurried or name == IASHIN else 64

    def _planned(self, name: str, usual: int, seconds_each: Callable[[Path], list[float]]) -> int:
        """Steps of a run: found once, by trying how long some take, so that a resumed run has the same.

        Their median counts: those that compile, one for each rung, take long.
        """
        plan = self.folder / name / _PLAN
        if not plan.is_file():
            steps, each = usual, None
            if self.seconds_each is not None:
                scratch = self.folder / f"{name}-probe"
                shutil.rmtree(scratch, ignore_errors=True)
                with _quiet():
                    each = float(np.median(seconds_each(scratch)))
                shutil.rmtree(scratch, ignore_errors=True)
                steps = max(10, round(self.seconds_each / each / 10) * 10)
            plan.parent.mkdir(parents=True, exist_ok=True)
            write_json(plan, {"steps": steps, "seconds_per_step": each})
        return self.steps(name)


def _go_on(signal: int | None) -> None:
    """Unless a signal has ended a run."""
    if signal is not None:
        raise KeyboardInterrupt


@contextmanager
def _quiet() -> Iterator[None]:
    """What a trial run says is nobody's concern."""
    before, console.quiet = console.quiet, True
    try:
        yield
    finally:
        console.quiet = before


@contextmanager
def _bar(name: str, steps: int) -> Iterator[Callable[[int, object], None]]:
    columns: Sequence = (TextColumn(name), BarColumn(), MofNCompleteColumn(), TextColumn("steps, left"))
    with Progress(*columns, TimeRemainingColumn(), console=console) as bar:
        task = bar.add_task(name, total=steps)
        yield lambda done, _: bar.update(task, completed=done)
