"""A table of the paper with our numbers above the paper's: text, Markdown, LaTeX, CSV, JSON."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from divas_jax.evaluation.lines import Lines, markdown_table
from divas_jax.tabling.paper_numbers import PaperRow

OURS, PAPERS = "here", "paper"


@dataclass(frozen=True)
class TableRow:
    """One model.

    Attributes:
      name: as the paper calls it.
      cells: what was measured here.
      values: the same for other programs; every key says its unit.
    """

    name: str
    cells: tuple[str, ...]
    values: Mapping[str, Any]


@dataclass(frozen=True)
class PaperTable:
    """A table made anew.

    Attributes:
      number: in the paper.
      title: what it shows.
      head: of the columns of numbers.
      rows: one a model.
      paper: the paper's cells, by name of the row.
      note: what differs from the paper, in sentences.
    """

    number: int
    title: str
    head: tuple[str, ...]
    rows: tuple[TableRow, ...]
    paper: Mapping[str, PaperRow]
    note: str

    def lines(self) -> Lines:
        """For the terminal and for Markdown."""
        head = ("model", "", *self.head)
        return Lines(f"Table {self.number}. {self.title}", head, tuple(self._rows()), self.note)

    def _rows(self) -> list[tuple[str, ...]]:
        rows = []
        for row in self.rows:
            rows.append((row.name, OURS, *row.cells))
            if row.name in self.paper:
                rows.append(("", PAPERS, *self.paper[row.name].cells))
        return rows

    def markdown(self) -> str:
        """Title, table, note."""
        lines = self.lines()
        return f"### {lines.title}\n\n{markdown_table(lines)}\n\n{lines.note}\n"

    def latex(self) -> str:
        """A `table` environment that needs no package."""
        body = "\n".join("    " + " & ".join(map(_escaped, row)) + r" \\" for row in self._rows())
        head = " & ".join(map(_escaped, ("model", "", *self.head)))
        columns = "ll" + "c" * len(self.head)
        return (
            f"\\begin{{table}}\n  \\centering\n  \\begin{{tabular}}{{{columns}}}\n    \\hline\n    {head} \\\\\n"
            f"    \\hline\n{body}\n    \\hline\n  \\end{{tabular}}\n"
            f"  \\caption{{{_escaped(self.title)}. {_escaped(self.note)}}}\n\\end{{table}}\n"
        )

    def csv(self) -> str:
        """A line a row; who measured is a column."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("model", "measured", *self.head))
        writer.writerows((row.name, OURS, *row.cells) for row in self.rows)
        writer.writerows((name, PAPERS, *row.cells) for name, row in self.paper.items())
        return text.getvalue()

    def json(self) -> dict[str, Any]:
        """Numbers as numbers."""
        rows = [{"model": row.name, **row.values} for row in self.rows]
        return {"table": self.number, "title": self.title, "rows": rows, "note": self.note}


_LATEX = {"&": r"\&", "%": r"\%", "_": r"\_", "#": r"\#", "±": r"$\pm$", "|": r"$|$"}


def _escaped(text: str) -> str:
    return "".join(_LATEX.get(sign, sign) for sign in text)
