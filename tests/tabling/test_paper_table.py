"""Tables as text: ours above the paper's, in every format."""

import csv
import io
import json

import pytest

from divas_jax.tabling import paper_numbers
from divas_jax.tabling.paper_numbers import TABLE_1
from divas_jax.tabling.paper_table import PaperTable, TableRow

TABLE = PaperTable(
    1,
    "Random offsets",
    ("near | far", "#Par", "FPS"),
    (
        TableRow("SyncNet", ("50.0 | 60.0 | 70.0", "13.6M", "265"), {"strict": 0.5, "parameters": 13_600_000}),
        TableRow("A_B & C", ("1.0 | 2.0 | 3.0", "1M", "2"), {"strict": 0.01}),
    ),
    TABLE_1,
    "Chance at ±40 ms: 8.6 %.",
)


def test_the_papers_row_stands_below_ours():
    rows = TABLE.lines().rows
    assert [row[:3] for row in rows] == [
        ("SyncNet", "here", "50.0 | 60.0 | 70.0"),
        ("", "paper", "99.4 | 99.4 | 99.4"),
        ("A_B & C", "here", "1.0 | 2.0 | 3.0"),  # the paper knows no such model
    ]


def test_markdown_keeps_its_columns():
    lines = [line for line in TABLE.markdown().splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in lines} == {6}
    assert "Chance at ±40 ms" in TABLE.markdown()


def test_latex_escapes_what_it_must():
    text = TABLE.latex()
    assert r"A\_B \& C" in text
    assert r"$\pm$40" in text
    assert r"8.6 \%" in text
    body = text.split(r"\hline")[2]
    assert body.count(r"\\") == 3
    assert {line.count(" & ") for line in body.splitlines() if r"\\" in line} == {4}


def test_csv_and_json_hold_the_same():
    rows = list(csv.reader(io.StringIO(TABLE.csv())))
    assert rows[0] == ["model", "measured", "near | far", "#Par", "FPS"]
    assert ["SyncNet", "here", "50.0 | 60.0 | 70.0", "13.6M", "265"] in rows
    assert ["VocaLiST", "paper", "98.7 | 98.7 | 98.8", "80.1M", "13"] in rows
    assert json.loads(json.dumps(TABLE.json()))["rows"][0] == {
        "model": "SyncNet",
        "strict": 0.5,
        "parameters": 13_600_000,
    }


@pytest.mark.parametrize("number", range(1, 7))
def test_every_row_of_the_papers_tables_has_the_same_columns(number):
    rows = getattr(paper_numbers, f"TABLE_{number}")
    assert len({len(row.cells) for row in rows.values()}) == 1
