"""The report as one page that needs nothing but a browser: no network, everything inside but the clips beside it."""

import html
import json
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from divas_jax.title.checked_title import CheckedTitle
from divas_jax.title.report.evidence import Excerpt
from divas_jax.title.report.evidence_words import evidence_part
from divas_jax.title.report.interval_words import interval_words
from divas_jax.title.report.page_scenes import page_faces, page_scenes
from divas_jax.title.report.timeline_points import timeline_data
from divas_jax.title.timecodes import timecodes_of
from divas_jax.title.verdict import clock

LARGEST = 1_900_000
"""Largest size of a page (bytes): faces of scenes are left out where it would become larger."""

_ASSETS = files("divas_jax.title.report") / "assets"
_MOST_COLUMNS = 6
TONES = {"within tolerance": "good", "out of tolerance": "bad", "not read": "bad"}
"""By what a file is called (`outcome`); of all others nothing is sure."""


def page(checked: CheckedTitle, record: dict[str, Any], excerpts: Sequence[Excerpt] = ()) -> str:
    """The page.

    Args:
      checked: the title, for its thumbnails.
      record: of `file_record`.
      excerpts: clips that lie beside it.
    """
    verdict = record["verdict"]
    parts = {
        "title": html.escape(checked.file.name),
        "tone": TONES.get(record["outcome"], "unsure"),
        "kind": html.escape(verdict["kind"]),
        "words": html.escape(verdict["words"].partition(": ")[2]),
        "facts": _facts(checked, record),
        "empty": "" if record["scenes"] else " hidden",
        "evidence": evidence_part(excerpts, timecodes_of(checked.answer.facts)),
        "style": asset("report.css"),
        "script": asset("report.js"),
        "drawing": asset("timeline.js"),
        "data": script_json({"scenes": page_scenes(record["scenes"]), "timeline": timeline_data(record)}),
        "faces": "{}",
        "foot": html.escape(f"divas_jax {record['divas_jax']}"),
    }
    template = asset("report.html")
    room = LARGEST - len(filled(template, parts).encode("utf-8", "replace"))
    return filled(template, parts | {"faces": script_json(page_faces(checked, room))})


def asset(name: str) -> str:
    """A text that comes with the package."""
    return (_ASSETS / name).read_text(encoding="utf-8")


def filled(template: str, parts: dict[str, str]) -> str:
    """The template with its `{{name}}`s replaced, in one pass: what is put in is not looked at again."""
    first, *rest = template.split("{{")
    return first + "".join(parts[name] + after for name, _, after in (piece.partition("}}") for piece in rest))


def script_json(value: Any) -> str:
    """JSON that cannot end the script it stands in."""
    return (
        json.dumps(value, separators=(",", ":"))
        .replace("<", "\\u003c")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029")
    )


def _facts(checked: CheckedTitle, record: dict[str, Any]) -> str:
    """A list of numbers, each with its name."""
    verdict, severity = record["verdict"], record["verdict"]["severity_s"]
    counted = sum(scene["kept"] for scene in record["scenes"])
    facts = [
        (record["tolerance"]["words"], record["outcome"]),
        ("length", clock(record["duration_s"])),
        ("rates", _rates(record)),
        ("scenes counted", f"{counted} of {len(record['scenes'])}"),
        ("scenes that agree", f"{verdict['agreement']:.0%}"),
        ("of the title looked at", f"{verdict['coverage']:.0%}"),
        ("for viewers at its worst", verdict["severity"].replace("_", " ")),
    ]
    noticed = severity["noticeable"] + severity["not_acceptable"]
    if noticed:
        facts.append(("noticeable or worse for", clock(noticed)))
    if checked.verdict.slope and verdict["rate"]:
        facts.append(("drift", interval_words(checked.verdict.slope, "ms a minute")))
        facts.append(("a second of sound should last", f"{verdict['rate']['ratio']:.6f} s"))
    rows = -(-len(facts) // _MOST_COLUMNS)
    tiles = [_tile(name, value) for name, value in facts]
    tiles += [_tile("heard", record["sound"], "wide")] if record["sound"] else []
    tiles += [_tile("next", record["advice"], "wide")] if record["advice"] else []
    name = str(checked.file)
    tiles += [_tile("warning", warning.removeprefix(name).lstrip(": "), "wide") for warning in record["warnings"]]
    return f'<dl class="facts" style="--columns: {-(-len(facts) // rows)}">{"".join(tiles)}</dl>'


def _tile(name: str, value: str, kind: str = "") -> str:
    return f'<div class="{kind}"><dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd></div>'


def _rates(record: dict[str, Any]) -> str:
    fps = f"{record['fps']} frames/s, " if record["fps"] else ""
    return f"{fps}{record['sample_rate_hz'] or 0:,} Hz"
