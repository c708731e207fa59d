"""Clips whose offset is known: what a manifest says of how late their sound is.

Footage is seldom in sync as it is filed. Where somebody has measured by how
much, clips are put in sync before anything else sees them, exactly, by moving
their sound's time: nothing is resampled or cut.
"""

from collections.abc import Collection, Mapping
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Literal, get_args

from divas_jax.errors import UserError

Unknown = Literal["leave-out", "as-it-is"]
"""What becomes of clips whose offset is not known, in a manifest that knows others'."""

UNKNOWN: tuple[Unknown, ...] = get_args(Unknown)

LATE, EARLY = "sound_late_ms", "offset_ms"
"""Columns of offsets (ms): how late the sound is, and this project's own sign, positive where it is early."""

FINEST_MS = Decimal("1e-6")
"""Offsets are known to the nanosecond; what spreadsheets write beyond that is rounding."""


def offset_column(columns: Collection[str], manifest: Path) -> str:
    """The column of offsets that a manifest has; empty for none.

    Raises:
      UserError: it has both.
    """
    if LATE in columns and EARLY in columns:
        raise UserError(f"{manifest} has the columns {LATE} and {EARLY}, which say the same: remove one of them")
    return next((column for column in (LATE, EARLY) if column in columns), "")


def sound_late(row: Mapping[str, str | None], column: str, line: str) -> Fraction | None:
    """By how much (s) a row says the sound is late; None where it says nothing.

    Args:
      row: of the manifest.
      column: out of `offset_column`.
      line: which row that is, for the message.

    Raises:
      UserError: the value is no number.
    """
    text = (row[column] or "").strip()
    if not text:
        return None
    try:
        # Not Fraction(text): 1e999999999 would fill the memory.
        late = Fraction(Decimal(text).quantize(FINEST_MS)) / 1000
    except (InvalidOperation, ValueError):
        raise UserError(f"{line} has the {column} {text!r} for {row['file']}, which is no number of ms") from None
    return late if column == LATE else -late
