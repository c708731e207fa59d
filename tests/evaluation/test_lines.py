"""Tables on a usual terminal: names of rows are broken where numbers would be."""

import io

import pytest
from rich.console import Console

from divas_jax.evaluation.lines import Lines, as_rich

HEAD = ("source", "strict", "undetectable", "acceptable", "unreadable", "error (ms)")
NUMBERS = ("15.6 (11-21)", "19.8 (15-26)", "100.0", "1319", "397.2 / 321.0")


def printed(name: str) -> list[str]:
    text = io.StringIO()
    Console(file=text, width=80).print(as_rich(Lines("Title", HEAD, ((name, *NUMBERS),))))
    return text.getvalue().splitlines()


@pytest.mark.parametrize("name", ["all", "a-long/name-of-a-source-that-goes-on-and-on"])
def test_nothing_is_cut_off_at_80_characters(name):
    lines = printed(name)
    assert max(map(len, lines)) <= 80
    everything = "".join(lines)
    assert "…" not in everything
    for word in " ".join((*HEAD[1:], *NUMBERS)).split():
        assert word in everything
    assert "".join(line.split("│")[1].strip() for line in lines if line.startswith("│")) == name


def test_a_narrow_table_stays_on_one_line_a_row():
    text = io.StringIO()
    Console(file=text, width=80).print(as_rich(Lines("Title", ("clips", "error (ms)"), (("25 fps", "1 / 2"),))))
    assert "25 fps │      1 / 2" in text.getvalue()
