"""A title's offset over time, drawn with letters."""

import numpy as np
import plotext
from rich.text import Text

from divas_jax.sync.tolerances import UNDETECTABLE
from divas_jax.title.report.ticks import offset_ticks, time_ticks
from divas_jax.title.verdict import Verdict

_LINES = 14
_CAPTION = "sound early or late (ms); between the dotted lines nobody notices"
_ROOM_MS = 15.0


def terminal_chart(verdict: Verdict, columns: int) -> str:
    """Scenes that carry the verdict, what the title does, and between dotted lines what nobody notices.

    Args:
      verdict: with pieces.
      columns: of the terminal.
    """
    counted = [each for each, counts in zip(verdict.predictions, verdict.counted, strict=True) if counts]
    values = [each.offset_ms for each in counted] + [
        end.value for p in verdict.pieces for end in (p.start_ms, p.end_ms)
    ]
    low, high = min(UNDETECTABLE.late, *values) - _ROOM_MS, max(UNDETECTABLE.early, *values) + _ROOM_MS
    times = np.linspace(verdict.start, verdict.end, columns)
    figure = plotext.figure
    figure.clear()
    figure.theme("colorless")
    figure.plot_size(columns, _LINES)
    for edge in UNDETECTABLE[1:]:
        figure.line(edge, "horizontal", style="dotted")
    figure.draw(figure.signal(times.tolist(), [verdict.at(float(time)) for time in times], marker="━"))
    figure.draw(figure.signal([each.time for each in counted], [each.offset_ms for each in counted], marker="•"))
    figure.ruler("x").lim(verdict.start, verdict.end)
    figure.ruler("y").lim(low, high)
    ticks = time_ticks(verdict.start, verdict.end, verdict.zero)
    figure.ruler("x").ticks(ticks, [verdict.clock(tick) for tick in ticks])
    offsets = _marks(low, high)
    figure.ruler("y").ticks(offsets, [_side_and_size(offset) for offset in offsets])
    return f"{_CAPTION}\n{Text.from_ansi(str(figure.build())).plain}"


def _marks(low: float, high: float) -> list[int]:
    """The limits and zero, and round numbers that are no nearer than three lines."""
    sure = [round(UNDETECTABLE.late), 0, round(UNDETECTABLE.early)]
    least_gap = 3 * (high - low) / _LINES
    return sorted(
        [*sure, *(mark for mark in offset_ticks(low, high) if min(abs(mark - each) for each in sure) > least_gap)]
    )


def _side_and_size(offset_ms: int) -> str:
    if not offset_ms:
        return "0"
    side = "early" if offset_ms > 0 else "late"
    return f"{abs(offset_ms)} {side}"
