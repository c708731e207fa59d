"""Tables are made one after the other, written, and not made twice."""

import json
from dataclasses import replace
from unittest.mock import create_autospec

import pytest

from divas_jax.errors import UserError
from divas_jax.tabling import report
from divas_jax.tabling.bench import Bench
from divas_jax.tabling.datasets import DataSets
from divas_jax.tabling.effort import effort_of
from divas_jax.tabling.paper_numbers import TABLE_2
from divas_jax.tabling.paper_pictures import timelines_figure
from divas_jax.tabling.paper_table import PaperTable, TableRow

ABOUT = {"command": "divas tables", "machine": "any"}
BENCH = create_autospec(Bench, instance=True)
TABLE = PaperTable(2, "Rates", ("slow", "fast"), (TableRow("Base", ("1", "2"), {"strict": 0.1}),), TABLE_2, "A note.")


@pytest.fixture
def made(monkeypatch):
    made = []

    def table(bench):
        made.append(bench)
        return TABLE

    monkeypatch.setattr(report, "TABLES", {2: table, 3: lambda bench: replace(table(bench), number=3)})
    return made


def test_a_table_is_made_once_for_the_same_question(tmp_path, made):
    first = report.make_tables(BENCH, [2], tmp_path, ABOUT)
    assert report.make_tables(BENCH, [2, 3], tmp_path, ABOUT)[0] == first[0]
    assert len(made) == 2
    report.make_tables(BENCH, [2], tmp_path, {**ABOUT, "command": "another"})
    assert len(made) == 3


def test_every_format_is_written(tmp_path, made):
    report.make_tables(BENCH, [2], tmp_path, ABOUT)
    assert "### Table 2. Rates" in (tmp_path / "tables.md").read_text()
    assert r"\begin{table}" in (tmp_path / "tables.tex").read_text()
    assert "Base,here,1,2" in (tmp_path / "tables.csv").read_text()
    found = json.loads((tmp_path / "tables.json").read_text())
    assert found["about"] == ABOUT
    assert found["tables"][0]["rows"] == [{"model": "Base", "strict": 0.1}]


def test_timelines_are_drawn(tmp_path):
    timelines_figure(tmp_path / "figure3.png")
    assert (tmp_path / "figure3.png").stat().st_size > 10_000


def test_an_unknown_data_set_is_named(tmp_path):
    with pytest.raises(UserError, match="--data lrs4=… names no data set of the tables"):
        DataSets({"lrs4": tmp_path}, tmp_path, effort_of(5.0))
