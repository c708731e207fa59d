"""The endless stream of training batches: a pure function of (seed, step).

Grain deals out clips; a draw cuts a segment out of one at its native rates.
Batches are on one rung each. Of a batch's B rows, process p of P holds rows
p * B/P up to (p + 1) * B/P, whatever the number of workers, so that the
processes' rows side by side are one process's batch.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import grain
import numpy as np
from absl import flags

from divas_jax.clip import Rung, stack_rows
from divas_jax.config import Config
from divas_jax.data.augment import HALVED_FROM
from divas_jax.data.clip_record import ClipRecord, ClipSource, facts_of
from divas_jax.data.draws import Entry
from divas_jax.data.ladder import ladder_of, rung_of, window_shape
from divas_jax.data.resident import outside_rates
from divas_jax.data.streamed import StreamedDraw
from divas_jax.errors import UserError

THREADS = 4
"""Threads that decode where `data.workers` is 0."""

AHEAD = 4
"""Batches that wait for the step."""

ENDLESS = 2**48
"""Rows after which a stream ends: no run gets there, and lengths stay what Python can index (2**63 do not)."""


class Batch(NamedTuple):
    """One training batch.

    Attributes:
      rung: index in `data.rungs` of the shape that it is padded to.
      segments: this process's rows: a `StreamedSegment`, or what other `draws` make.
    """

    rung: int
    segments: Any


RowDraw = Callable[[Entry, np.random.Generator], Any]
"""From an entry and chance to one row of a batch."""

_ENTRY = np.dtype([("clip", np.int64), ("halved", np.bool_)])
"""An `Entry` in an array, whose elements Grain hands out."""


class Entries(NamedTuple):
    """The entries of one rung, repeated by weight.

    Attributes:
      whole: clips that are always whole.
      full_rate: clips that may lose every second frame, with all their frames.
      halved: the clips of `full_rate` without every second frame; they come to a rung for slower clips.
    """

    whole: list[Entry]
    full_rate: list[Entry]
    halved: list[Entry]


class TrainingStream:
    """Iterator of `Batch`; close it, or use it in a `with`.

    Attributes:
      left_out: how many clips are not trained on, by reason.
    """

    def __init__(self, batches: grain.DatasetIterator, left_out: dict[str, int]) -> None:
        self._batches = batches
        self.left_out = left_out

    def __iter__(self) -> "TrainingStream":
        return self

    def __next__(self) -> Batch:
        return next(self._batches)

    def close(self) -> None:
        """Ends threads and worker processes."""
        self._batches.close()

    def __enter__(self) -> "TrainingStream":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def training_stream(
    source: ClipSource,
    config: Config,
    *,
    start_step: int = 0,
    process_index: int = 0,
    process_count: int = 1,
    draws: Callable[[int], RowDraw] | None = None,
) -> TrainingStream:
    """Batches of step `start_step`, `start_step` + 1, … for one of several processes.

    Args:
      source: the training clips.
      config: the run; the batches depend on `data`, `view`, `model.size` and `train.seed`.
      start_step: step of the first batch.
      process_index: this process.
      process_count: processes that share each batch.
      draws: from the index of a rung to what makes its rows; `StreamedDraw` by default.

    Raises:
      UserError: no clip can be trained on, or `data.segments` does not divide by the processes. While
        iterating: a clip cannot be decoded, or is not what its record says.
    """
    if config.data.segments % process_count:
        raise UserError(f"data.segments is {config.data.segments}, but must divide by {process_count} processes")
    ladder, left_out = _entries(source, config)
    rows = config.data.segments // process_count
    halve, seed = config.data.augment.halve_rate, config.train.seed
    batches, weights = [], []
    for rung, entries in enumerate(ladder):
        draw = draws(rung) if draws else StreamedDraw(source, config, rung)
        mixed, weight = _shuffled(entries, halve, _seed(seed, rung, 0))
        if mixed is not None:
            drawn = mixed.map(_entry).random_map(draw, seed=_seed(seed, rung, 1)).batch(rows, batch_fn=Collate(rung))
            batches.append(drawn[process_index::process_count])
            weights.append(weight)
    steps = grain.MapDataset.mix(batches, weights)[start_step:]
    return TrainingStream(iter(_prefetched(steps, config.data.workers)), left_out)


class Collate:
    """From rows to a `Batch` on one rung.

    Args:
      rung: index in `data.rungs`.
    """

    def __init__(self, rung: int) -> None:
        self._rung = rung

    def __call__(self, rows: Sequence[Any]) -> Batch:
        """Stacks rows of equal shapes."""
        return Batch(self._rung, stack_rows(rows))


def _entry(element: np.void) -> Entry:
    return Entry(int(element["clip"]), bool(element["halved"]))


def _entries(source: ClipSource, config: Config) -> tuple[list[Entries], dict[str, int]]:
    """The entries of each rung, and how many clips are left out, by reason."""
    data, rungs = config.data, ladder_of(config.model, config.data)
    ladder = [Entries([], [], []) for _ in rungs]
    left_out: Counter[str] = Counter()
    for index, record in enumerate(facts_of(source)):
        rung = rung_of(record.fps, record.sample_rate, rungs)
        reason = _unfit(record, rung, config)
        if reason or rung is None:
            left_out[reason] += 1
            continue
        weight = max(1, round(record.duration)) if data.draw_by == "second" else 1
        lower = _halved_rung(record, config, rungs)
        if lower is None:
            ladder[rung].whole.extend([Entry(index, False)] * weight)
        else:
            ladder[rung].full_rate.extend([Entry(index, False)] * weight)
            ladder[lower].halved.extend([Entry(index, True)] * weight)
    if len(source) == left_out.total():
        reasons = ", ".join(f"{count} {reason}" for reason, count in left_out.items()) or "there is none"
        raise UserError(f"no clip can be trained on: {reasons}")
    return ladder, dict(left_out)


def _unfit(record: ClipRecord, rung: int | None, config: Config) -> str:
    if rung is None:
        return "outside data.rungs"
    if limit := outside_rates(record, config.data):
        return limit
    window = config.model.window
    # A window starts at a frame: at worst one frame after picture and sound both run.
    if (
        record.duration < window + 2 / record.fps
        or record.n_frames < window_shape(record.fps, record.sample_rate, window).frames
    ):
        return "shorter than a window"
    return ""


def _halved_rung(record: ClipRecord, config: Config, rungs: Sequence[Rung]) -> int | None:
    """The rung of a clip without every second frame; None for clips that always stay whole."""
    fps, data = record.fps / 2, config.data
    long_enough = record.duration >= config.model.window + 2 / fps
    if record.fps < HALVED_FROM or not record.constant_rate or fps < data.min_fps or not long_enough:
        return None
    return rung_of(fps, record.sample_rate, rungs) if data.augment.halve_rate > 0 else None


def _seed(seed: int, *path: int) -> int:
    return int(np.random.SeedSequence((seed % 2**63, *path)).generate_state(1)[0])


def _shuffled(entries: Entries, halve: float, seed: int) -> tuple[grain.MapDataset | None, float]:
    """The endless shuffled entries of one rung and their weight: how many clips they stand for."""
    shares = (1.0, 1 - halve, halve)
    groups, weights = [], []
    for number, (group, share) in enumerate(zip(entries, shares, strict=True)):
        if group and share > 0:
            clips = grain.MapDataset.source(np.asarray(group, _ENTRY))
            groups.append(clips.shuffle(seed=(seed + number) % 2**32).repeat(ENDLESS // max(1, len(clips))))
            weights.append(len(group) * share)
    return (grain.MapDataset.mix(groups, weights) if groups else None), sum(weights, 0.0)


def _prefetched(steps: grain.MapDataset, workers: int) -> grain.IterDataset:
    if not workers:
        return steps.to_iter_dataset(grain.ReadOptions(num_threads=THREADS, prefetch_buffer_size=AHEAD))
    if not flags.FLAGS.is_parsed():
        flags.FLAGS.mark_as_parsed()  # Grain hands absl's flags to its workers
    single = grain.ReadOptions(num_threads=1, prefetch_buffer_size=1)
    options = grain.MultiprocessingOptions(num_workers=workers, per_worker_buffer_size=1)
    return steps.to_iter_dataset(single).mp_prefetch(options)
