"""Who speaks when, as plain values; `divas_jax/schemas/speakers.json` is its JSON Schema."""

from collections.abc import Sequence
from typing import Any

from divas_jax import __version__
from divas_jax.judging.answer_records import outcome_record
from divas_jax.rates import milliseconds
from divas_jax.title.file_answer import FileAnswer
from divas_jax.title.file_record import counts_record, facts_record
from divas_jax.title.speaking import Turn

SCHEMA = "divas_jax.speakers/2"
"""Changes its number where a key changes its meaning or goes; new keys do not change it."""


def speaker_record(answer: FileAnswer, speaker_turns: Sequence[Turn]) -> dict[str, Any]:
    """A file's turns, and what a file's record says of it: the same keys where they mean the same.

    Args:
      answer: on the file, which may be that it could not be read.
      speaker_turns: who speaks when, and who is silent.
    """
    return {
        "schema": SCHEMA,
        "divas_jax": __version__,
        "file": str(answer.file),
        "path": str(answer.file.absolute()),
        **outcome_record(answer.status, answer.judgement, answer.reason),
        "advice": (answer.advice or None) if answer.status == "thin" else None,
        "error": answer.failure or None,
        **facts_record(answer.facts),
        "search_ms": round(milliseconds(answer.search), 3),
        "counts": counts_record(answer),
        "turns": [_turn(turn) for turn in speaker_turns],
    }


def _turn(turn: Turn) -> dict[str, Any]:
    return {
        "face": turn.face,
        "start_s": round(turn.start, 6),
        "end_s": round(turn.end, 6),
        "box": [round(side, 4) for side in turn.box],
        "speaking": bool(turn.speaking),
    }
