"""Tables as text: for the terminal and for Markdown, with one way to write a share."""

import math
from dataclasses import dataclass

from rich.table import Table

from divas_jax.evaluation.shares import Share

WIDTH, COMFORTABLE, NAMES = 80, 16, 6
"""Characters of a usual terminal; of the names of rows beside numbers on one line; beside numbers broken at spaces."""


@dataclass(frozen=True)
class Lines:
    """One table as text.

    Attributes:
      title: above it.
      head: names of the columns.
      rows: cells, as many in each row.
      note: below it.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def as_rich(lines: Lines) -> Table:
    """The table as Rich prints it in a terminal."""
    table = Table(title=lines.title, caption=lines.note or None, title_justify="left", caption_justify="left")
    for name, width in zip(lines.head, _widths(lines), strict=True):
        table.add_column(name, justify="right" if table.columns else "left", overflow="fold", width=width)
    for row in lines.rows:
        table.add_row(*row)
    return table


def _widths(lines: Lines) -> list[int | None]:
    """Widths of the columns, so that names of rows are broken before numbers are; None leaves one to the table."""
    columns = list(zip(lines.head, *lines.rows, strict=True))
    words = [max(map(len, " ".join(column).split())) for column in columns]
    cells = [max(map(len, column)) for column in columns]
    inside = WIDTH - 3 * len(words) - 1
    if sum(cells) <= inside:
        return [None] * len(words)
    for numbers, least in ((cells[1:], COMFORTABLE), (words[1:], NAMES)):
        if inside - sum(numbers) >= least:
            return [min(inside - sum(numbers), cells[0]), *numbers]
    return [None] * len(words)


def markdown_table(lines: Lines) -> str:
    """The head and the rows, without title and note."""
    rule = "|" + " --- |" + " ---: |" * (len(lines.head) - 1)
    return "\n".join([_markdown_row(lines.head), rule, *map(_markdown_row, lines.rows)])


def _markdown_row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def share_json(share: Share) -> dict[str, float]:
    """For other programs: the share, its 95 % interval and chance, all 0 to 1."""
    low, high = share.interval
    return {"share": share.value, "low": low, "high": high, "chance": share.chance}


def interval(share: Share, digits: int = 1) -> str:
    """`88.8-97.9`, in percent; a dash for a share of nothing."""
    return "-".join(number(100 * end, digits) for end in share.interval) if share.total else "-"


def percent(share: float) -> str:
    """`94.1` for 0.941; a dash where it is unknown."""
    return number(100 * share, 1)


def number(value: float, digits: int) -> str:
    """So many digits behind the point; a dash for what is not finite."""
    return f"{value:.{digits}f}" if math.isfinite(value) else "-"
