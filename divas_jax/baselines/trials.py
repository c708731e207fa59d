"""Competitors under the artificial offsets of the paper, as the same `Trial`s that are counted for DiVAS (4.2)."""

from fractions import Fraction
from math import ceil

import numpy as np

from divas_jax.baselines.judges import CLASS_STEPS
from divas_jax.baselines.protocol import STEP, Baseline, answer, found
from divas_jax.clip import Clip
from divas_jax.config import EvaluateConfig
from divas_jax.data.clip_record import ClipRecord, ClipSource, decode_record
from divas_jax.errors import UserError
from divas_jax.evaluation.grid import CLASS_STEP, CLASSES, GridTrial
from divas_jax.evaluation.grid import TOO_SHORT as NO_GRID
from divas_jax.evaluation.protocols import TOO_SHORT, drawn_offset
from divas_jax.evaluation.reading import Decode
from divas_jax.evaluation.trial import Trial, about
from divas_jax.rates import milliseconds


def baseline_trials(
    baseline: Baseline, records: ClipSource, settings: EvaluateConfig, decode: Decode = decode_record
) -> list[Trial]:
    """`evaluation.protocols.random_offsets` for a competitor: the same offsets of the same clips.

    Offsets are whole frames at the clip's own rate; the clip is moved first and converted then, as anybody's clip
    would be. The competitor searches steps of 40 ms, as far as DiVAS searches frames (to the next whole step).

    Args:
      baseline: the competitor.
      records: the clips, in sync.
      settings: `v_shift`, `trials` and `seed` are read.
      decode: from a record to its clip.
    """
    trials = []
    for index in range(len(records)):
        record = records[index]
        clip = _decoded(record, decode)
        for number in range(settings.trials):
            offset = drawn_offset(settings.seed, record.name, number, settings.v_shift) / record.fps
            trials.append(_trial(baseline, record, clip, offset, ceil(settings.v_shift / record.fps / STEP)))
    return trials


def baseline_grid_trials(
    baseline: Baseline, records: ClipSource, settings: EvaluateConfig, decode: Decode = decode_record
) -> list[GridTrial]:
    """`evaluation.grid.class_grid` for a competitor: the same classes of the same clips (Table 5)."""
    trials = []
    for index in range(len(records)):
        record = records[index]
        clip = _decoded(record, decode)
        for number in range(settings.trials):
            true = drawn_offset(settings.seed, f"{record.name}/grid", number, 10)
            trials.append(_grid_trial(baseline, record, clip, true))
    return trials


def _decoded(record: ClipRecord, decode: Decode) -> Clip | str:
    try:
        return decode(record)
    except UserError as error:
        return str(error)


def _trial(baseline: Baseline, record: ClipRecord, clip: Clip | str, offset: Fraction, reach: int) -> Trial:
    known, true_ms = about(record), milliseconds(offset)
    if isinstance(clip, str):
        return Trial(**known, true_ms=true_ms, failure=clip)
    read = answer(baseline, clip.shifted(offset), reach)
    if not np.isfinite(read.curve).any():
        return Trial(**known, true_ms=true_ms, failure=TOO_SHORT)
    step = milliseconds(STEP)
    return Trial(
        **known,
        true_ms=true_ms,
        predicted_ms=int(read.steps) * step,
        fine_ms=float(read.fine_steps) * step,
        confidence=float(read.confidence),
        windows=int(read.windows),
        curve_ms=np.arange(-reach, reach + 1) * step,
        curve=np.asarray(read.curve)[::-1].astype(np.float64),
    )


def _grid_trial(baseline: Baseline, record: ClipRecord, clip: Clip | str, true: int) -> GridTrial:
    if isinstance(clip, str):
        return GridTrial(record.name, true, None, 0, clip)
    read = found(baseline.costs(clip.shifted(true * CLASS_STEP), CLASSES * CLASS_STEPS))
    windows = int(read.windows)
    if not np.isfinite(read.curve).any():
        return GridTrial(record.name, true, None, windows, NO_GRID)
    return GridTrial(record.name, true, int(CLASSES[int(read.best)]), windows)
