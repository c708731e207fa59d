"""A checked title in the terminal: the verdict, its numbers, and a small picture of it."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from divas_jax.outcomes import tolerance_line
from divas_jax.rates import rate_name
from divas_jax.title.checked_title import CheckedTitle
from divas_jax.title.report.interval_words import interval_words
from divas_jax.title.report.terminal_chart import terminal_chart
from divas_jax.title.verdict import Verdict, clock

_COLOURS = {"in sync": "green", "not enough evidence": "yellow"}
_WIDEST = 100

LONG_GAP_S = 10.0
"""Shorter stretches without a scene that counts are not worth a line (s)."""


def print_summary(console: Console, checked: CheckedTitle, record: Mapping[str, Any], sure: float) -> None:
    """Says what was found in a title that could be read.

    Args:
      console: where it is said.
      checked: the title.
      record: of `file_record`.
      sure: least probability of what is called within the tolerance, or out of it.
    """
    verdict, facts = checked.verdict, checked.answer.facts
    colour = _COLOURS.get(verdict.kind, "red")
    console.print(f"[bold]{escape(checked.file.name)}[/]", soft_wrap=True)
    console.print(f"[bold {colour}]{escape(verdict.words)}[/]", soft_wrap=True)
    if record["status"] == "told":
        console.print(tolerance_line(record, sure), soft_wrap=True)
    if record["advice"]:
        console.print(f"next: {escape(record['advice'])}", soft_wrap=True)
    table = Table(box=None, show_header=False, padding=(0, 3, 0, 0), pad_edge=False)
    for name, value in _numbers(verdict):
        table.add_row(name, value)
    table.add_row("scenes", f"{sum(verdict.counted)} of {len(checked.answer.scenes)} count for the verdict")
    length = clock(float(facts.end - facts.start))
    fps = f"{rate_name(facts.fps)} frames/s, " if facts.fps else ""
    table.add_row("file", f"{length} long, {fps}{facts.sample_rate} Hz")
    if facts.hearing and facts.hearing.words:
        table.add_row("sound", escape(facts.hearing.words))
    console.print(table)
    for warning in facts.warnings:
        console.print(f"[yellow]warning:[/] {escape(warning)}", soft_wrap=True)
    if verdict.predictions and verdict.pieces:
        console.print(terminal_chart(verdict, min(console.width, _WIDEST)), markup=False)


def _numbers(verdict: Verdict) -> list[tuple[str, str]]:
    """What there is to tell, with 95 % intervals."""
    rows = []
    if len(verdict.pieces) > 1:
        for piece in verdict.pieces:
            times = f"{verdict.clock(piece.start)} to {verdict.clock(piece.end)}"
            rows.append((times, interval_words(piece.start_ms, "ms")))
    elif verdict.sure_words:
        rows.append(("how sure", verdict.sure_words))
    elif verdict.offset_start and verdict.offset_start == verdict.offset_end:
        rows.append(("offset", interval_words(verdict.offset_start, "ms")))
    elif verdict.offset_start and verdict.offset_end:
        rows.append(("offset at the start", interval_words(verdict.offset_start, "ms")))
        rows.append(("offset at the end", interval_words(verdict.offset_end, "ms")))
    if verdict.rate and verdict.slope:
        rows.append(("drift", interval_words(verdict.slope, "ms a minute")))
        cause = f" ({verdict.rate.name})" if verdict.rate.name else ""
        rows.append(("as a rate", f"a second of sound should last {verdict.rate.ratio:.6f} s{cause}"))
    if verdict.pieces:
        rows.append(("for viewers", verdict.severity.words))
    rows.append(("scenes that agree", f"{verdict.agreement:.0%}, surer ones counting more"))
    rows.append(("looked at", f"{verdict.coverage:.0%} of the title lies in scenes that count"))
    longest = max(verdict.gaps, key=lambda gap: gap.end - gap.start, default=None)
    if verdict.pieces and longest and longest.end - longest.start >= LONG_GAP_S:
        more = f" and {len(verdict.gaps) - 1} more" if len(verdict.gaps) > 1 else ""
        times = f"{verdict.clock(longest.start)} to {verdict.clock(longest.end)}{more}"
        rows.append(("longest gap", f"{times}, without a scene that counts"))
    return rows
