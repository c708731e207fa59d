"""A page that lists the reports of many titles."""

import html
import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from divas_jax import __version__
from divas_jax.sync.tolerances import in_few_words
from divas_jax.title.checked import Checked
from divas_jax.title.report.page import TONES, asset, filled
from divas_jax.title.verdict import clock
from divas_jax.writing import write_text


def write_index(folder: Path, titles: Iterable[tuple[str, Checked]]) -> None:
    """Writes index.html.

    Args:
      folder: exists.
      titles: where each report lies, relative to the folder, and the title; scenes are not looked at.

    Raises:
      UserError: the file cannot be written.
    """
    rows = "".join(_row(where, checked) for where, checked in titles)
    parts = {"style": asset("report.css"), "script": asset("report.js"), "rows": rows}
    text = filled(asset("index.html"), parts | {"foot": html.escape(f"divas_jax {__version__}")})
    write_text(folder / "index.html", text)


def _row(where: str, checked: Checked) -> str:
    verdict, failure = checked.verdict, checked.answer.failure
    name = html.escape(str(checked.file))
    kind, said = ("not read", failure) if failure else verdict.words.split(": ", 1)
    link = name if failure else f'<a href="{html.escape(quote(os.fsencode(where)))}">{name}</a>'
    length, coverage = verdict.end - verdict.zero, verdict.coverage
    numbers = ("", "") if failure else (clock(length), f"{coverage:.0%}")
    ends = [end.value for piece in verdict.pieces for end in (piece.start_ms, piece.end_ms)]
    worst = max(ends, key=abs, default=None)
    largest = "" if worst is None else in_few_words(worst)
    return (
        f'<tr><td>{link}</td><td class="{"bad" if failure else TONES.get(kind, "bad")}">{html.escape(kind)}</td>'
        f"<td>{html.escape(said)}</td>"
        f'<td data-value="{"" if worst is None else f"{abs(worst):.3f}"}">{largest}</td>'
        f'<td data-value="{length:.3f}">{numbers[0]}</td><td data-value="{coverage:.4f}">{numbers[1]}</td></tr>'
    )
