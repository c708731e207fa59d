import json
import sys
from fractions import Fraction

import pytest

from divas_jax.data.records import write_records
from divas_jax.evaluate import main
from divas_jax.evaluation.sanity import PASSES
from divas_jax.talkers.encoded_talkers import talker_record


def evaluate(monkeypatch, folders, *arguments):
    given = ["evaluate", "--checkpoint", str(folders / "model"), "--data", str(folders / "data"), *arguments]
    monkeypatch.setattr(sys, "argv", given)
    return main()


def test_the_command_writes_tables_and_pictures(folders, tmp_path, monkeypatch, capsys):
    out = tmp_path / "out"
    given = ("--out", str(out), "--trials", "2", "--seed", "3", "--v-shift", "8", "--untrained")
    assert evaluate(monkeypatch, folders, *given) == 0
    assert {path.name for path in out.iterdir()} == {
        "evaluation.json",
        "evaluation.md",
        "curves.png",
        "reliability.png",
    }
    made = json.loads((out / "evaluation.json").read_text())
    assert made["about"]["v_shift_frames"] == 8
    assert made["protocols"]["offsets"]["all"]["trials"] == 6
    assert made["protocols"]["in_sync"]["all"]["trials"] == 3
    lengths = made["protocols"]["lengths"]["by_part"]
    assert [found["trials"] for found in lengths.values()] == [6, 6, 0, 6, 6, 0, 6, 0]
    assert made["protocols"]["lengths_untrained"]["by_part"] == lengths  # this model never was trained
    assert lengths["whole clip"] == made["protocols"]["offsets"]["all"]
    assert made["protocols"]["grid"]["too_short"] == 3
    said = capsys.readouterr().out
    assert "windows/s" in said
    assert "undetectable" in said
    assert (
        said.count("middle 1 s") == 6
    )  # as a file and as a scene; by whole frames, by frames and fractions, and by whole frames untrained
    assert "The same model before training" in said
    assert "| middle 2 s | 6 |" in (out / "evaluation.md").read_text()


def test_sanity_is_a_protocol_of_its_own(folders, tmp_path, monkeypatch, capsys):
    out = tmp_path / "out"
    assert evaluate(monkeypatch, folders, "--out", str(out), "--protocol", "sanity") == 0
    made = json.loads((out / "evaluation.json").read_text())
    assert list(made["protocols"]) == ["sanity"]
    assert {"as it is", "sound of another clip"} < set(made["protocols"]["sanity"])
    assert [found["trials"] for found in made["protocols"]["sanity"].values()] == [3] * PASSES
    assert made["read"]["clips"] == 3 * PASSES
    assert made["protocols"]["sanity"]["as it is"]["refused"] is None
    assert "sound of another clip" in (out / "evaluation.md").read_text()
    assert "refused" in capsys.readouterr().out


def test_clips_are_chosen_by_rate_and_number(folders, tmp_path, monkeypatch):
    out, chosen = tmp_path / "out", ("--min-fps", "24.5", "--max-fps", "29", "--protocol", "in_sync")
    assert evaluate(monkeypatch, folders, "--out", str(out), *chosen) == 0
    made = json.loads((out / "evaluation.json").read_text())
    assert list(made["protocols"]) == ["in_sync"]
    assert list(made["protocols"]["in_sync"]["by_frame_rate"]) == ["25 fps"]
    assert evaluate(monkeypatch, folders, "--out", str(out), "--clips", "2", "--protocol", "in_sync") == 0
    assert json.loads((out / "evaluation.json").read_text())["read"]["clips"] == 2


def test_a_set_without_the_rates_asked_for_is_left_out_and_named(folders, tmp_path, monkeypatch, capsys):
    fast = talker_record(7, split="test", rates=[Fraction(60)], duration=Fraction(2), variable_share=0.0)
    write_records({"test": [fast]}, tmp_path / "fast")
    both = (str(folders / "data"), str(tmp_path / "fast"))
    arguments = ("--data", *both, "--min-fps", "31", "--protocol", "in_sync", "--out", str(tmp_path / "out"))
    assert evaluate(monkeypatch, folders, *arguments) == 0
    assert "left out, without a clip between --min-fps and --max-fps: data" in capsys.readouterr().out
    made = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert list(made["protocols"]["in_sync"]["by_frame_rate"]) == ["60 fps"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--checkpoint", "no/such/model"], "no/such/model"),
        (["--data", "no/such/data"], "no/such/data"),
        (["--split", "exam"], "no split 'exam'"),
        (["--min-fps", "90"], "no clip between"),
    ],
)
def test_what_is_missing_is_one_sentence(folders, tmp_path, monkeypatch, capsys, arguments, sentence):
    assert evaluate(monkeypatch, folders, "--out", str(tmp_path / "out"), *arguments) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.startswith("error:")
    assert said.count("\n") == 1
    assert not (tmp_path / "out").exists()
