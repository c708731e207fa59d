"""Tables and figures one after the other; what is done is kept, so that the same command goes on."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from divas_jax.command import console
from divas_jax.errors import UserError
from divas_jax.evaluation.lines import as_rich
from divas_jax.tabling import paper_numbers
from divas_jax.tabling.bench import Bench
from divas_jax.tabling.classes_table import classes_table
from divas_jax.tabling.frames_table import frames_table
from divas_jax.tabling.offsets_table import offsets_table
from divas_jax.tabling.paper_pictures import attention_figure, curves_figure, timelines_figure
from divas_jax.tabling.paper_table import PaperTable, TableRow
from divas_jax.tabling.rates_table import rates_table
from divas_jax.tabling.speakers_table import speakers_table
from divas_jax.tabling.titles_table import titles_table
from divas_jax.writing import write_json, write_whole

TABLES: Mapping[int, Callable[[Bench], PaperTable]] = {
    1: offsets_table,
    2: rates_table,
    3: titles_table,
    4: frames_table,
    5: classes_table,
    6: speakers_table,
}

MACHINE = "machine"
"""What is said of the machine; a table that was made on another is kept as well."""


def make_tables(bench: Bench, numbers: Sequence[int], out: Path, about: Mapping[str, Any]) -> list[PaperTable]:
    """Makes the tables of these numbers, prints each as soon as it is known, and writes all that is known so far.

    Args:
      bench: data and models.
      numbers: of the paper's tables.
      out: folder of `tables.md`, `.tex`, `.csv`, `.json` and of the figures.
      about: what was asked for and on what machine, for the files.

    Raises:
      UserError: data or folders cannot be used.
    """
    try:
        (out / "parts").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--out {out} cannot be made: {error.strerror}") from None
    done: list[PaperTable] = []
    for number in numbers:
        table = _stored_table(out, number, about) or TABLES[number](bench)
        write_json(out / "parts" / f"table{number}.json", {"about": about, **_packed(table)})
        done.append(table)
        console.print(as_rich(table.lines()))
        _write(out, done, about)
    return done


def make_figures(bench: Bench, numbers: Sequence[int], out: Path) -> list[Path]:
    """Figures 2 to 4, as far as the models of these tables allow."""
    made = [out / "figure3.png"]
    timelines_figure(made[0])
    if {1, 3, 6} & set(numbers):
        made.append(out / "figure2.png")
        curves_figure(bench, made[-1])
    if {4, 5} & set(numbers):
        made.append(out / "figure4.png")
        attention_figure(bench, made[-1])
    return made


def _write(out: Path, tables: Sequence[PaperTable], about: Mapping[str, Any]) -> None:
    head = "# The paper's tables, made anew\n\n" + "".join(f"- {name}: {value}\n" for name, value in about.items())
    write_whole(out / "tables.md", "\n".join([head, *(table.markdown() for table in tables)]).encode())
    write_whole(out / "tables.tex", "\n".join(table.latex() for table in tables).encode())
    write_whole(out / "tables.csv", "\n".join(f"Table {each.number}\n{each.csv()}" for each in tables).encode())
    write_json(out / "tables.json", {"about": about, "tables": [table.json() for table in tables]})


def _packed(table: PaperTable) -> dict[str, Any]:
    rows = [[row.name, list(row.cells), dict(row.values)] for row in table.rows]
    return {"number": table.number, "title": table.title, "head": list(table.head), "rows": rows, "note": table.note}


def _stored_table(out: Path, number: int, about: Mapping[str, Any]) -> PaperTable | None:
    """The table of an earlier command that was asked for the same."""
    file = out / "parts" / f"table{number}.json"
    if not file.is_file():
        return None
    stored = json.loads(file.read_text())
    asked = {key: value for key, value in about.items() if key != MACHINE}
    return (
        unpacked(stored) if asked == {key: value for key, value in stored["about"].items() if key != MACHINE} else None
    )


def unpacked(stored: Mapping[str, Any]) -> PaperTable:
    """A table as it was kept."""
    rows = tuple(TableRow(name, tuple(cells), values) for name, cells, values in stored["rows"])
    paper = getattr(paper_numbers, f"TABLE_{stored['number']}")
    return PaperTable(stored["number"], stored["title"], tuple(stored["head"]), rows, paper, stored["note"])
