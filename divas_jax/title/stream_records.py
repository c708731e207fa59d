"""What is said of a stream, as plain values: a line an event; `divas_jax/schemas/event.json` is their JSON Schema."""

from datetime import datetime
from typing import Any

from divas_jax.judging.answer_records import judgement_record, outcome_record, times_record
from divas_jax.judging.judge import Judgement
from divas_jax.media.live_pieces import Chunk
from divas_jax.title.file_answer import FileAnswer
from divas_jax.title.file_record import facts_record

SCHEMA = "divas_jax.event/1"
"""Changes its number where a key changes its meaning or goes; new keys and events do not change it."""

TOO_LITTLE = "the last minutes hold too little evidence"
"""Why nothing is told."""


def event_record(event: str, at: datetime, values: dict[str, Any]) -> dict[str, Any]:
    """A line.

    Args:
      event: its kind.
      at: when it is said (UTC).
      values: what belongs to its kind.
    """
    return {"schema": SCHEMA, "event": event, "at": at.isoformat(timespec="milliseconds"), **values}


def piece_record(chunk: Chunk, answer: FileAnswer, judgement: Judgement | None) -> dict[str, Any]:
    """A piece of the stream, and what is told after it; the keys of a file's record where they mean the same.

    Args:
      chunk: the piece, whose times are on the stream's own clock.
      answer: on the piece alone, which may be that it could not be read.
      judgement: what the last minutes say together; None where that is not enough.
    """
    facts = facts_record(answer.facts)
    return {
        **outcome_record("told" if judgement else "thin", judgement, TOO_LITTLE),
        "error": answer.failure or None,
        **facts,
        "sound": ", ".join(filter(None, (chunk.sound, facts["sound"]))) or None,
        **times_record(chunk.start, chunk.start + chunk.seconds),
    }


def alarm_record(chunk: Chunk, judgement: Judgement) -> dict[str, Any]:
    """The end of the piece after which an alarm rings or ends (s, on the stream's own clock), and the offset then."""
    return {"end_s": times_record(chunk.start, chunk.start + chunk.seconds)["end_s"], **judgement_record(judgement)}
