"""The random-offset protocol as the training loop calls it: weights in, named numbers out."""

from collections.abc import Callable, Mapping

import numpy as np

from divas_jax.clip import Clip
from divas_jax.config import Config
from divas_jax.data.clip_record import ClipRecord, ClipSource, decode_record
from divas_jax.evaluation.protocols import random_offsets
from divas_jax.evaluation.reading import Decode, chosen_evenly
from divas_jax.evaluation.trial import Trial
from divas_jax.judging.embedding import Embedder
from divas_jax.model.shapes import Parameters
from divas_jax.sync.tolerances import TOLERANCES

CACHE_BYTES = 512 << 20
"""Decoded clips kept between two evaluations take at most this much memory (bytes)."""


def evaluator(
    config: Config,
    sets: Mapping[str, ClipSource],
    decode: Decode = decode_record,
    cache_bytes: int = CACHE_BYTES,
) -> Callable[[Parameters], dict[str, float]]:
    """A function from weights to the numbers of section 4.2 on at most `config.evaluate.clips` clips of each set.

    The weights may be NumPy arrays or jax arrays replicated over devices and
    processes; every process computes the same numbers on one of its devices.

    Args:
      config: the run's.
      sets: validation clips, in sync, by the names of their sets; those that are judged are spread evenly.
      decode: from a record to its clip.
      cache_bytes: memory for decoded clips that are kept for the next call.

    Returns:
      See `named_numbers` for the keys, which are of all clips; of several sets also `SET/strict` for each.
    """
    chosen = {name: chosen_evenly(records, config.evaluate.clips) for name, records in sets.items()}
    keep = {name: KeptClips(decode, cache_bytes // len(sets)) for name in sets}

    def evaluate(parameters: Parameters) -> dict[str, float]:
        embedder = Embedder(config, parameters)
        trials = {
            name: random_offsets(embedder, records, config.evaluate, decode=keep[name])
            for name, records in chosen.items()
        }
        numbers = named_numbers([trial for set_trials in trials.values() for trial in set_trials])
        if len(trials) > 1:
            numbers |= {f"{name}/strict": named_numbers(set_trials)["strict"] for name, set_trials in trials.items()}
        return numbers

    return evaluate


def named_numbers(trials: list[Trial]) -> dict[str, float]:
    """What one evaluation says, for logs.

    A trial without an answer (clip too short, file unreadable) counts nowhere but in `judged`.

    Returns:
      `strict`, `undetectable`, `acceptable`: share of answers within the
      tolerance (0 to 1); `mean_abs_ms`: mean absolute error (ms) of the coarse
      answer; `confidence`: mean; `judged`: share of the trials with an answer.
      Without any answer the shares are 0 and the error is NaN.
    """
    answered = [trial for trial in trials if not trial.failure]
    errors = np.asarray([trial.error_ms for trial in answered])
    shares = {tolerance.name: float(tolerance.holds(errors).mean()) if answered else 0.0 for tolerance in TOLERANCES}
    return shares | {
        "mean_abs_ms": float(np.abs(errors).mean()) if answered else float("nan"),
        "confidence": float(np.mean([trial.confidence for trial in answered])) if answered else 0.0,
        "judged": len(answered) / len(trials) if trials else 0.0,
    }


class KeptClips:
    """Decodes records, and keeps the clips while there is room."""

    def __init__(self, decode: Decode, room: int) -> None:
        self._decode, self._room = decode, room
        self._clips: dict[str, Clip] = {}

    def __call__(self, record: ClipRecord) -> Clip:
        """The clip of a record.

        Raises:
          UserError: its media cannot be read.
        """
        if record.name in self._clips:
            return self._clips[record.name]
        clip = self._decode(record)
        size = clip.frames.nbytes + clip.samples.nbytes
        if size <= self._room:
            self._room -= size
            self._clips[record.name] = clip
        return clip
