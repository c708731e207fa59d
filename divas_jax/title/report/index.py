"""A page that lists the reports of many titles."""

import html
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from divas_jax import __version__
from divas_jax.sync.tolerances import in_few_words
from divas_jax.title.report.page import TONES, asset, filled
from divas_jax.title.verdict import clock
from divas_jax.writing import write_text


def write_index(folder: Path, titles: Iterable[tuple[str, dict[str, Any]]]) -> None:
    """Writes index.html.

    Args:
      folder: exists, or can be made.
      titles: where each report lies, relative to the folder, and its record, of `title.records`.

    Raises:
      UserError: the file cannot be written.
    """
    rows = "".join(_row(where, record) for where, record in titles)
    parts = {"style": asset("report.css"), "script": asset("report.js"), "rows": rows}
    text = filled(asset("index.html"), parts | {"foot": html.escape(f"divas_jax {__version__}")})
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "index.html", text)


def _row(where: str, record: dict[str, Any]) -> str:
    verdict, failure = record["verdict"], record["error"]
    name = html.escape(record["file"])
    kind, words = ("not read", failure) if failure else verdict["words"].split(": ", 1)
    link = name if failure else f'<a href="{html.escape(quote(os.fsencode(where)))}">{name}</a>'
    length, coverage = record["duration_s"], verdict["coverage"]
    numbers = ("", "") if failure else (clock(length), f"{coverage:.0%}")
    ends = [piece[end]["value"] for piece in record["pieces"] for end in ("start_ms", "end_ms")]
    worst = max(ends, key=abs, default=None)
    largest = "" if worst is None else in_few_words(worst)
    return (
        f'<tr><td>{link}</td><td class="{TONES.get(record["outcome"], "unsure")}">{record["outcome"]}</td>'
        f"<td>{html.escape(kind)}</td>"
        f"<td>{html.escape(words)}</td>"
        f'<td data-value="{"" if worst is None else f"{abs(worst):.3f}"}">{largest}</td>'
        f'<td data-value="{length:.3f}">{numbers[0]}</td><td data-value="{coverage:.4f}">{numbers[1]}</td></tr>'
    )
