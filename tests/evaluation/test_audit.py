"""The audit doubts who is surely out of sync or unrelated, and what it lists can be left out."""

import csv
import shutil
import sys
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from divas_jax import prepare
from divas_jax.errors import UserError
from divas_jax.evaluation import protocols
from divas_jax.evaluation.audit import AWAY, UNREADABLE, UNRELATED, audit, audit_csv, audit_table
from divas_jax.evaluation.trial import Trial
from divas_jax.preparing.folder import FolderSource, excluded_clips

PLAIN = Trial("clip", Fraction(25), True, 16_000, 3.0, "somebody", "a source", 0.0, windows=50)


def trials():
    rng = np.random.default_rng(0)
    in_sync = [
        replace(PLAIN, clip=f"good{n}", fine_ms=float(rng.uniform(-30, 30)), confidence=1 + n / 100) for n in range(40)
    ]
    return [
        *in_sync,
        replace(PLAIN, clip="early", fine_ms=160.0, confidence=1.5, source="another"),
        replace(PLAIN, clip="perhaps early", fine_ms=160.0, confidence=1.1),
        replace(PLAIN, clip="dubbed", fine_ms=10.0, confidence=0.1, source="another"),
        replace(PLAIN, clip="broken", failure="broken cannot be read"),
    ]


def test_doubts():
    doubts = {clip.name: clip.doubt for clip in audit({"train": trials()})}
    assert doubts.pop("early") == AWAY
    assert doubts.pop("dubbed") == UNRELATED
    assert doubts.pop("broken") == UNREADABLE
    assert doubts.pop("perhaps early") == ""
    # Of clips in sync a twentieth is least confident, wherever the line is drawn.
    assert sum(map(bool, doubts.values())) <= 2


def test_table_has_a_row_for_each_source():
    rows = {row[0]: row[1:] for row in audit_table(audit({"train": trials()})).rows}
    assert rows["all"][0] == "44"
    assert rows["another"] == ("2", "50.0", "160", "1", "1", "0")


def test_without_a_clip_in_sync_nothing_can_be_said():
    with pytest.raises(UserError, match="no clip in sync"):
        audit({"train": trials()[-4:-2]})


def test_the_list_leaves_clips_out_and_says_why(tmp_path):
    (tmp_path / "clips").mkdir()
    for name in ("early", "good1"):
        (tmp_path / "clips" / f"{name}.mp4").write_bytes(b"")
    listed = [replace(clip, name=f"{clip.name}.mp4") for clip in audit({"train": trials()})]
    (tmp_path / "audit.csv").write_bytes(audit_csv(listed))
    with (tmp_path / "audit.csv").open() as text:
        assert next(csv.DictReader(text))["name"] == "early.mp4"
    exclude = excluded_clips(tmp_path / "audit.csv")
    assert exclude["early.mp4"] == AWAY
    assert "good1.mp4" not in exclude or exclude["good1.mp4"] == UNRELATED
    clips = {clip.name: clip for clip in FolderSource(tmp_path / "clips", exclude={"early.mp4": "away"}).candidates()}
    with pytest.raises(UserError, match=r"early\.mp4 is excluded: away"):
        clips["early.mp4"].record()
    assert not clips["good1.mp4"].excluded


@pytest.mark.parametrize(("text", "sentence"), [("name\nx\n", "no column 'doubt'"), (None, "cannot be read")])
def test_a_bad_list_is_one_sentence(tmp_path, text, sentence):
    path = tmp_path / "list.csv"
    if text:
        path.write_text(text)
    with pytest.raises(UserError, match=sentence):
        excluded_clips(path)


def test_audit_command(folders, tmp_path, monkeypatch, capsys):
    shutil.copytree(folders / "data", tmp_path / "data")
    seen = []

    def answered(embedder, records, settings, progress):
        seen.append(len(records))
        return trials()

    monkeypatch.setattr(protocols, "without_offsets", answered)
    argv = ["prepare", "--audit", str(folders / "model"), "--out", str(tmp_path / "data")]
    monkeypatch.setattr(sys, "argv", argv)
    assert prepare.main() == 0
    assert seen == [3]
    assert "of 44 clips are doubted" in capsys.readouterr().out
    rows = list(csv.DictReader((tmp_path / "data" / "audit.csv").open()))
    assert {row["split"] for row in rows} == {"test"}
    assert rows[0]["name"] == "early"


def test_audit_takes_no_source(monkeypatch, tmp_path):
    for arguments, sentence in ((["--audit", "x", "--source", "folder"], "goes with --out alone"), ([], "--source is")):
        monkeypatch.setattr(sys, "argv", ["prepare", "--out", str(tmp_path), *arguments])
        with pytest.raises(UserError, match=sentence):
            prepare.main()
