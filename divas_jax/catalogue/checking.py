"""The catalogue of `check --beam`: one verdict a title."""

import functools
from pathlib import Path
from typing import Any

from divas_jax import __version__
from divas_jax.catalogue.plan import Plan
from divas_jax.loading import weights_mark
from divas_jax.outcomes import Outcome, outcome_of
from divas_jax.title.batch import FileJudge, MakeJudge, Settings, failed_record, file_judge
from divas_jax.title.file_record import SCHEMA, brief, csv_text, each_sound
from divas_jax.title.scan import Progress


def check_plan(
    results: str, settings: Settings, made_with: str, make_judge: MakeJudge, limit_s: float, workers: int = 1
) -> Plan:
    """Verdicts on titles.

    Args:
      results: folder of the records.
      settings: how titles are judged.
      made_with: what the answers depend on.
      make_judge: loads the model.
      limit_s: after how long a title is given up (s).
      workers: titles that one process of Beam's judges at the same time.
    """
    return Plan(
        results,
        made_with,
        begin=functools.partial(file_judge, make_judge, settings),
        work=brief_record,
        failed=functools.partial(failed_record, settings),
        csv_text=csv_text,
        outcomes=functools.partial(sound_outcomes, settings.sure),
        limit_s=limit_s,
        workers=workers,
    )


def brief_record(judge: FileJudge, file: Path, progress: Progress | None = None) -> dict[str, Any]:
    """A title's record as that of `check --json`, without its scenes."""
    return brief(judge.record(file, progress))


def sound_outcomes(sure: float, record: dict[str, Any]) -> tuple[Outcome, ...]:
    """What is said of each of a title's sounds."""
    return tuple(outcome_of(sound, sure) for sound in each_sound([record]))


def made_with(checkpoint: Path | None, settings: Settings) -> str:
    """Versions, weights and settings.

    Raises:
      UserError: as `weights_mark`.
    """
    return f"{__version__} {SCHEMA} {weights_mark(checkpoint)} {settings}"
