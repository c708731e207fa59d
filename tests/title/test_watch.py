"""A rolling offset: the alarm, a stream that is lost and comes back, judging that is too slow."""

import argparse
import json
import re
import sys
import threading
import time
from collections import deque
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av.error
import pytest
from clicking_film import made_film
from many_programmes import joined
from schemas import check_record
from test_file_answer import judgement

from divas_jax import command, watch
from divas_jax.errors import UserError
from divas_jax.media.live_pieces import Chunk, Growing, LostInputError
from divas_jax.sync.tolerances import STRICT
from divas_jax.title import rolling_answer
from divas_jax.title.batch import FileJudge
from divas_jax.title.file_answer import FileAnswer
from divas_jax.title.rolling_answer import Alarm, Reader, Rolling, StreamEvent
from divas_jax.title.stream_records import TOO_LITTLE


def test_the_alarm_waits_rings_once_and_clears():
    alarm = Alarm(STRICT, 20.0)
    offsets = [(0, 10.0), (10, 200.0), (20, None), (30, 200.0), (40, 200.0), (50, 0.0), (60, -300.0), (70, 0.0)]
    assert [alarm.update(float(now), offset) for now, offset in offsets] == ["", "", "", "alarm", "", "clear", "", ""]
    assert alarm.rang == 1


def test_a_stream_that_is_lost_or_jumps_is_another_one():
    """Alarms do not count the time between two clocks."""
    alarm = Alarm(STRICT, 20.0)
    assert alarm.update(3600.0, 300.0) == ""
    alarm.begin_anew()
    assert [alarm.update(now, 300.0) for now in (0.0, 10.0, 20.0)] == ["", "", "alarm"]
    rolling = object.__new__(Rolling)  # without a model
    rolling.window, rolling.scenes, rolling.until = 60.0, deque(), None
    piece = Chunk(Path("x"), 100.0, 8.0)
    assert not rolling.jumps(piece)
    rolling.until = 100.2
    assert not rolling.jumps(piece)
    for until in (150.0, 20.0):
        rolling.until = until
        assert rolling.jumps(piece)
    rolling.begin_anew()
    assert not rolling.jumps(piece)


def chunk(folder: Path, number: int) -> Chunk:
    path = folder / f"{number}.nut"
    path.write_bytes(b"x")
    return Chunk(path, float(number), 1.0)


def test_a_lost_stream_is_told_and_taken_up_again(tmp_path, monkeypatch):
    monkeypatch.setattr(rolling_answer, "FIRST_WAIT_S", 0.01)
    begun = []

    def chunks(wanted):
        begun.append(1)
        if len(begun) == 2:
            raise LostInputError("it broke off")
        yield chunk(tmp_path, len(begun))

    kinds = []
    with Reader(chunks, "address", 60.0) as reader:
        for said in reader:
            kinds.append((said.kind, said.reason))
            if len(kinds) == 10:
                break
    assert ("lost", "it broke off") in kinds
    assert ("lost", "the input ended") in kinds
    assert [kind for kind, _ in kinds].count("chunk") >= 2


def test_what_was_heard_before_a_loss_is_judged_before_it_is_told(tmp_path):
    def chunks(wanted):
        yield chunk(tmp_path, 0)
        yield chunk(tmp_path, 1)
        raise LostInputError("it broke off")

    with Reader(chunks, "address", 60.0) as reader:
        time.sleep(0.2)
        said = iter(reader)
        assert [next(said).kind for _ in range(3)] == ["chunk", "chunk", "lost"]


def test_a_file_ends_after_its_last_piece(tmp_path):
    with Reader(lambda wanted: iter([chunk(tmp_path, 0), chunk(tmp_path, 1)]), "file", 60.0) as reader:
        assert [said.kind for said in reader] == ["chunk", "chunk", "end"]


def test_judging_that_is_too_slow_leaves_out_the_oldest_and_keeps_nothing(tmp_path):
    def chunks(wanted):
        for number in range(20):
            yield chunk(tmp_path, number)

    said = []
    with Reader(chunks, "address", 0.0) as reader:
        time.sleep(0.3)
        assert len(list(tmp_path.iterdir())) == rolling_answer.WAITING
        said = list(reader)
    judged = [each.chunk.start for each in said if each.kind == "chunk"]
    assert judged == [18.0, 19.0]
    assert [each.kind for each in said].count("skipped") == 18


def test_a_file_that_is_there_waits_until_it_is_judged(tmp_path):
    with Reader(lambda wanted: (chunk(tmp_path, number) for number in range(6)), "file", 60.0) as reader:
        time.sleep(0.3)
        assert len(list(tmp_path.iterdir())) == rolling_answer.WAITING + 1
        said = list(reader)
    assert [each.chunk.start for each in said if each.chunk] == [0, 1, 2, 3, 4, 5]
    assert said[-1].kind == "end"


def test_who_stops_listening_is_not_waited_for(tmp_path):
    with Reader(lambda wanted: (chunk(tmp_path, number) for number in range(6)), "file", 60.0):
        time.sleep(0.3)
    assert not [thread for thread in threading.enumerate() if thread.name == "stream"]


def test_what_goes_wrong_in_the_reader_is_told_after_what_was_read(tmp_path):
    def chunks(wanted):
        yield chunk(tmp_path, 0)
        raise UserError("the disk is full")

    with Reader(chunks, "address", 60.0) as reader:
        said = iter(reader)
        assert next(said).kind == "chunk"
        with pytest.raises(UserError, match="the disk is full"):
            next(said)


def test_an_alarm_is_told_with_the_offset_of_then(monkeypatch, capsys, tmp_path):
    """Without a model: what the pieces say together is made by hand."""
    offsets = iter([None, 200.0, 200.0, 0.0])
    rolling = Rolling(object.__new__(FileJudge), 60.0)
    said = argparse.Namespace(json=True, source="x", window=60.0)
    seen = watch._Watch(said, rolling, Alarm(STRICT, 1.0))
    monkeypatch.setattr(rolling, "add", lambda piece: FileAnswer(piece.path, failure="it is damaged"))
    monkeypatch.setattr(rolling, "judgement", lambda name: None if (ms := next(offsets)) is None else judgement(ms))
    for number in range(4):
        seen.hear(StreamEvent("chunk", replace(chunk(tmp_path, number), start=4.0 * number, seconds=4.0)))
    seen.hear(StreamEvent("lost", reason="it broke off"))
    seen.hear(StreamEvent("skipped"))
    assert seen.end() == 1
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    check_record("event", *events)
    kinds = ["offset", "offset", "offset", "alarm", "offset", "clear", "lost", "skipped", "end"]
    assert [event["event"] for event in events] == kinds
    thin, told, alarm = events[0], events[2], events[3]
    assert (thin["status"], thin["words"], thin["error"]) == ("thin", None, "it is damaged")
    assert thin["reason"] == TOO_LITTLE
    assert (told["status"], told["reason"], told["alarm"]) == ("told", None, True)
    assert alarm["end_s"] == told["end_s"] == 12
    for key in ("offset_ms", "words", "confidence", "windows"):
        assert alarm[key] == told[key]


def run(monkeypatch, *arguments) -> int:
    monkeypatch.setattr(sys, "argv", ["divas watch", *map(str, arguments)])
    return command.run(watch.main)


def test_a_film_without_faces_cannot_be_told(monkeypatch, capsys, tmp_path):
    path = made_film(tmp_path / "a.ts", key_every=15)
    assert run(monkeypatch, path, "--every", 1, "--patience", 0.2, "--json") == 3
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["event"] for event in events] == ["offset", "offset", "end"]  # the last 0.75 s hold no scene
    check_record("event", *events)
    assert (events[0]["offset_ms"], events[0]["status"], events[0]["error"]) == (None, "thin", None)
    assert (events[0]["fps"], events[0]["counts"]) == ("29.97", {"scenes": 0})
    assert events[1]["start_s"] == events[0]["end_s"]
    assert events[0]["duration_s"] == round(events[0]["end_s"] - events[0]["start_s"], 3) == 1.001
    assert events[-1]["judged"] == 2
    said = [datetime.fromisoformat(event["at"]) for event in events]
    assert said == sorted(said)
    assert abs(datetime.now(UTC) - said[-1]) < timedelta(minutes=1)


def test_the_terminal_says_what_its_columns_are(monkeypatch, capsys, tmp_path):
    path = made_film(tmp_path / "a.ts", key_every=15)
    assert run(monkeypatch, path, "--every", 1, "--patience", 0.2) == 3
    first, columns, *lines = capsys.readouterr().out.splitlines()
    assert first.startswith(f"watching {path}: what its last 60 s say together")
    assert columns == "time of day  in the stream  the sound"
    assert all(re.match(r"\d\d:\d\d:\d\d     ", line) for line in lines)
    assert lines[0].index("cannot tell yet") == columns.index("the sound")


def test_a_file_that_breaks_off_is_told(monkeypatch, capsys, tmp_path):
    path = made_film(tmp_path / "a.ts", key_every=15)
    broken = iter([av.error.OSError(5, "Input/output error")])

    def read(self, size):
        found = self._file.read(size)
        if not found:
            raise next(broken)
        return found

    monkeypatch.setattr(Growing, "read", read)
    run(monkeypatch, path, "--every", 1, "--json")
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["event"] for event in events][-2:] == ["lost", "end"]
    check_record("event", *events)
    assert "broke off" in events[-2]["error"]
    assert events[-1]["judged"] >= 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere.ts"], "nowhere.ts does not exist"),
        (["gopher://x"], "addresses begin with one of"),
        (["-", "--every", "0"], "--every must be above 0"),
        (["udp://127.0.0.1:5000", "--program", "2"], "--program is for files and pipes"),
    ],
)
def test_bad_arguments_are_one_sentence(monkeypatch, capsys, arguments, sentence):
    assert run(monkeypatch, *arguments) == 2
    assert sentence in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(("option", "value"), [("--every", "nan"), ("--search-ms", "1/0"), ("--sure", "much")])
def test_what_is_no_number_is_said(monkeypatch, capsys, option, value):
    with pytest.raises(SystemExit, match="2"):
        run(monkeypatch, "-", option, value)
    assert f"{option}: {value!r} is no number" in " ".join(capsys.readouterr().err.split())


def test_a_programme_is_watched(monkeypatch, capsys, tmp_path):
    part = made_film(tmp_path / "a.ts", key_every=15).read_bytes()
    (tmp_path / "b.ts").write_bytes(joined([part, part], (101, 7), ("One", "Other")))
    arguments = (tmp_path / "b.ts", "--every", 1, "--patience", 0.2, "--json", "--program")
    assert run(monkeypatch, *arguments, 7) == 3
    offset, *_ = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    check_record("event", offset)
    assert offset["error"] is None
    assert offset["sound"] == "programme 2 of 2 (Other, number 7), sound track 1 of 2 (deu)"
    assert run(monkeypatch, *arguments, 101, "--track", 2) == 3
    offset, *_ = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert offset["sound"].startswith("programme 1 of 2 (One, number 101), sound track 2 of 2")
    assert run(monkeypatch, *arguments, 3) == 2
    assert "has no programme 3; it has 101 (One), 7 (Other)" in " ".join(capsys.readouterr().err.split())


def test_what_is_no_film_is_said(monkeypatch, capsys, tmp_path):
    (tmp_path / "a.ts").write_bytes(b"no film" * 1000)
    assert run(monkeypatch, tmp_path / "a.ts", "--patience", 0.2) == 2
    assert "a.ts cannot be read" in " ".join(capsys.readouterr().err.split())
