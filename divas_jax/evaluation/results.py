"""Several protocols on one reading of the clips, and how fast it went."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from divas_jax.config import EvaluateConfig
from divas_jax.data.clip_record import ClipSource, decode_record
from divas_jax.evaluation.grid import GRID_REACH, GridTrial, grid_trials
from divas_jax.evaluation.lengths import length_trials
from divas_jax.evaluation.protocol_names import GRID, IN_SYNC, LENGTHS, OFFSETS, USUAL
from divas_jax.evaluation.protocols import in_sync_trials, offset_trials
from divas_jax.evaluation.reading import Decode, EmbeddedClip, Progress, embedded_groups
from divas_jax.evaluation.sanity import Check
from divas_jax.evaluation.trial import Trial
from divas_jax.judging.embedding import Embedder

UNTRAINED = "lengths_untrained"
"""The trials of `LENGTHS` by the same model before training, where they were asked for."""

PROTOCOLS: dict[str, Callable[[Sequence[EmbeddedClip], EvaluateConfig], list[Trial] | list[GridTrial]]] = {
    OFFSETS: offset_trials,
    LENGTHS: length_trials,
    IN_SYNC: in_sync_trials,
    GRID: grid_trials,
}
"""Every protocol by the name that the command line and the report use."""


@dataclass
class Results:
    """What `measure` found.

    Attributes:
      trials: by protocol.
      checks: of `sanity.sanity`, if it ran.
      clips: clips read.
      windows: picture windows embedded (each clip's sound has about as many).
      seconds: that it took: reading, decoding, compiling, embedding, comparing.
    """

    trials: dict[str, list] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)
    clips: int = 0
    windows: int = 0
    seconds: float = 0.0


def measure(
    embedder: Embedder,
    sets: Mapping[str, ClipSource],
    settings: EvaluateConfig,
    names: Sequence[str] = USUAL,
    progress: Progress | None = None,
    decode: Decode = decode_record,
) -> Results:
    """Runs the named protocols; every clip is decoded and embedded once for all of them.

    Args:
      embedder: the model.
      sets: the clips, in sync, by the names of their data sets, which the trials tell.
      settings: `v_shift`, `trials` and `seed` are read.
      names: out of `PROTOCOLS`.
      progress: told after each group of clips.
      decode: from a record to its clip.
    """
    results = Results({name: [] for name in names})

    def done(clips: int, windows: int) -> None:
        results.clips += clips
        results.windows += windows
        if progress:
            progress(clips, windows)

    began = time.perf_counter()
    reach = GRID_REACH if GRID in names else Fraction(0)
    for set_name, records in sets.items():
        for group in embedded_groups(embedder, records, 2 * settings.v_shift, done, decode, reach):
            for name in names:
                trials = PROTOCOLS[name](group, settings)
                results.trials[name] += [
                    replace(trial, set=set_name) if isinstance(trial, Trial) else trial for trial in trials
                ]
    results.seconds = time.perf_counter() - began
    return results
