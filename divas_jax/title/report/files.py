"""The files of a report, each written whole or not at all."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from divas_jax.media.tracks import NOTHING, Wish
from divas_jax.title.checked_title import CheckedTitle
from divas_jax.title.report.evidence import evidence_records, write_evidence
from divas_jax.title.report.page import page
from divas_jax.title.report.scene_tables import markers, markers_csv, markers_edl, scenes_csv
from divas_jax.title.timecodes import timecodes_of
from divas_jax.writing import write_json, write_text


def write_report(
    folder: Path,
    checked: CheckedTitle,
    record: dict[str, Any],
    evidence: int = 0,
    wish: Wish = NOTHING,
) -> CheckedTitle:
    """Writes report.html, report.json, scenes.csv, markers.edl and markers.csv, and clips into evidence/.

    Scenes that cannot be cut out of the file become warnings; nothing fails for them.

    Args:
      folder: exists.
      checked: a title that could be read.
      record: of the title (`file_record`); gets the warnings too.
      evidence: how many of the surest scenes are cut out; 0 for none.
      wish: which picture was judged, where there are several.

    Returns:
      The title with these warnings.

    Raises:
      UserError: a file cannot be written.
    """
    excerpts, warnings = write_evidence(folder, checked, evidence, wish)
    checked = replace(checked, answer=checked.answer.warned(warnings))
    record["warnings"] += warnings
    marks, timecodes = markers(checked), timecodes_of(checked.answer.facts)
    write_json(folder / "report.json", record | {"evidence": evidence_records(excerpts)})
    write_text(folder / "scenes.csv", scenes_csv(record["scenes"]))
    write_text(folder / "markers.csv", markers_csv(marks, timecodes))
    write_text(folder / "markers.edl", markers_edl(marks, timecodes, checked.file.name))
    write_text(folder / "report.html", page(checked, record, excerpts))
    return checked
