"""The files of a report: numbers, timecodes, markers, and names that nobody should trust."""

import base64
import csv
import io
import json
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from made_scenes import scene
from PIL import Image
from rich.console import Console
from schemas import check_record

from divas_jax.rates import nearest
from divas_jax.sync.tolerances import STRICT
from divas_jax.title.checked_title import checked
from divas_jax.title.file_answer import FileAnswer
from divas_jax.title.file_record import SCHEMA, csv_text, file_record
from divas_jax.title.report import print_summary, write_index, write_report
from divas_jax.title.report.page import filled
from divas_jax.title.report.page_scenes import page_scenes
from divas_jax.title.report.scene_tables import SCENE_COLUMNS, Marker, markers_edl
from divas_jax.title.report.terminal_chart import terminal_chart
from divas_jax.title.report.ticks import offset_ticks, time_ticks
from divas_jax.title.report.timeline_points import timeline_data
from divas_jax.title.scan import Facts
from divas_jax.title.scene_records import curve_of
from divas_jax.title.timecodes import timecodes_of


@pytest.fixture(scope="module")
def folder(title, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    write_report(folder, title, file_record(title, STRICT))
    return folder


def page_data(folder, name="data"):
    """What a page carries for its scripts."""
    page = (folder / "report.html").read_text()
    return json.loads(page.split(f'<script type="application/json" id="{name}">')[1].split("</script>")[0])


def noise(rng) -> bytes:
    """A picture that no codec makes small."""
    picture = io.BytesIO()
    Image.fromarray(rng.integers(0, 255, (128, 128, 3), np.uint8)).save(picture, "JPEG", quality=85)
    return picture.getvalue()


def test_a_page_of_1500_scenes_is_below_two_megabytes(title, tmp_path):
    rng = np.random.default_rng(1)
    faces = [noise(rng) for _ in range(20)]
    scenes = tuple(scene(n, float(rng.normal(60, 10)), faces[n % 20]) for n in range(1500))
    curve_ms = np.arange(-10_000.0, 10_001.0, 40.0)  # the widest search there is
    for each in scenes:
        curve = rng.uniform(1, 2, len(curve_ms))
        track = replace(each.tracks[0], judgement=replace(each.tracks[0].judgement, curve_ms=curve_ms, curve=curve))
        object.__setattr__(each, "tracks", (track,))
    facts = replace(title.answer.facts, end=Fraction(30_000), shots=[Fraction(10 * n) for n in range(3000)])
    large = checked(replace(title.answer, scenes=scenes, facts=facts))
    write_report(tmp_path, large, file_record(large, STRICT))
    assert (tmp_path / "report.html").stat().st_size < 2_000_000
    assert len(page_data(tmp_path)["scenes"]) == 1500
    assert len(page_data(tmp_path, "faces")) > 50


def test_the_valley_of_a_long_curve_stays_where_it_is():
    at = np.arange(-10_000.0, 10_001.0, 40.0)
    values = [None if ms < -9_000 else 2.0 - (ms == 1_240.0) for ms in at]
    (small,) = page_scenes(
        [
            dict.fromkeys(SCENE_COLUMNS)
            | {"judged_by": 3, "tracks": [{"face": 3, "curve_ms": at.tolist(), "curve": values}]}
        ]
    )
    levels = np.frombuffer(base64.b64decode(small["curve"]), np.uint8)
    assert len(levels) <= 150
    assert levels[0] == 255
    assert np.linspace(*small["curve_ms"], len(levels))[levels.argmin()] == pytest.approx(1_240, abs=80)


def test_json_tells_the_verdict_and_every_scene(folder, title):
    record = json.loads((folder / "report.json").read_text())
    assert record["schema"] == SCHEMA
    check_record("file", record)
    assert record["verdict"]["kind"] == title.verdict.kind == "drift late"
    assert record["verdict"]["offset_end_ms"]["value"] == pytest.approx(-200, abs=15)
    assert record["timecode"] == {"frames_per_s": "29.97", "drop_frame": True, "carried": None}
    assert len(record["scenes"]) == 61
    assert sum(scene["kept"] for scene in record["scenes"]) == sum(title.verdict.counted)
    assert record["scenes"][60]["offset_ms"] is None
    assert curve_of(record["scenes"][5])[1][0] is None
    assert record["scenes"][5]["expected_ms"] == pytest.approx(title.verdict.at(103.0), abs=0.01)


def test_csv_has_a_row_a_scene(folder):
    rows = list(csv.DictReader((folder / "scenes.csv").open()))
    assert len(rows) == 61
    assert rows[3]["start_timecode"] == "00:00:59;28"  # the first after a minute that has no frames 0 and 1
    assert rows[60]["offset_ms"] == ""


def test_scenes_are_counted_from_one_and_say_why_they_do_not_count(folder, title):
    scenes = json.loads((folder / "report.json").read_text())["scenes"]
    rows = list(csv.DictReader((folder / "scenes.csv").open()))
    assert [scene["scene"] for scene in scenes] == list(range(1, 62)) == [int(row["scene"]) for row in rows]
    assert scenes[60]["left_out"] == "no face"
    assert all((scene["left_out"] is None) == scene["kept"] for scene in scenes)
    far = [scene for scene in scenes[:60] if abs(scene["offset_ms"] - scene["expected_ms"]) > 100]
    assert far
    assert {scene["left_out"] for scene in far} == {"disagrees"}


def test_markers_lie_where_the_scenes_do(folder, title):
    rows = list(csv.DictReader((folder / "markers.csv").open()))
    assert len(rows) == sum(title.verdict.counted) + 1
    edl = (folder / "markers.edl").read_text()
    assert "FCM: DROP FRAME" in edl
    events = re.findall(r"^(\d{3})  001 ", edl, re.MULTILINE)
    assert [int(event) for event in events] == list(range(1, len(rows) + 1))
    assert all(
        line.count("|C:") == line.count("|M:") == line.count("|D:") == 1 for line in edl.splitlines() if "|" in line
    )


@pytest.mark.parametrize(
    ("seconds", "fps", "said"),
    [
        (Fraction(0), Fraction(25), "00:00:00:00"),
        (Fraction(3600), Fraction(25), "01:00:00:00"),
        (Fraction(1800 * 1001, 30000), Fraction(30000, 1001), "00:01:00;02"),
        (Fraction(17982 * 1001, 30000), Fraction(30000, 1001), "00:10:00;00"),
        (Fraction(3600 * 1001, 60000), Fraction(60000, 1001), "00:01:00;04"),
        (Fraction(1001), Fraction(24000, 1001), "00:16:40:00"),
        (Fraction(3, 2), None, "00:00:01:13"),
        (Fraction(61), Fraction(60), "00:01:01:00"),
        (Fraction(3600), Fraction(2997, 100), "01:00:00;00"),  # what people type for 30000/1001
        (Fraction(3600), Fraction(2875000, 119911), "00:59:56:10"),  # 24000/1001 by times of whole milliseconds
    ],
)
def test_timecodes_are_those_of_smpte(seconds, fps, said):
    assert timecodes_of(Facts(fps=fps)).at(seconds) == said


@pytest.mark.parametrize(
    ("carried", "fps", "said"),
    [
        ("01:00:00:00", Fraction(25), "01:00:01:00"),
        ("09:59:59:24", Fraction(25), "10:00:00:24"),
        ("01:00:00;00", Fraction(30000, 1001), "01:00:01;00"),
        ("01:00:59;29", Fraction(30000, 1001), "01:01:01;01"),
        ("01:00:59:29", Fraction(30000, 1001), "01:01:00:29"),  # counts all numbers, as the file does
        ("01:00:00.10", Fraction(30000, 1001), "01:00:01;10"),
        ("01:00:00.10", Fraction(25), "01:00:01:10"),
        ("23:59:59:24", Fraction(25), "00:00:00:24"),
        ("01:00:00:25", Fraction(25), "00:00:01:00"),  # there is no such frame: not believed
        ("<b>", Fraction(25), "00:00:01:00"),
    ],
)
def test_timecodes_go_on_from_the_one_that_the_file_carries(carried, fps, said):
    second = nearest(fps) / fps
    assert timecodes_of(Facts(fps=fps, timecode=carried)).at(second) == said
    there = Facts(fps=fps, timecode=carried, start=Fraction(93_600), zero=Fraction(93_600))
    assert timecodes_of(there).at(93_600 + second) == said


def test_the_axis_begins_at_zero_though_the_first_picture_is_a_little_late(title):
    facts = replace(title.answer.facts, start=Fraction(1, 12))
    drawn = timeline_data(file_record(checked(replace(title.answer, facts=facts)), STRICT))
    assert drawn["times"][0] == drawn["zero"] == 0


def test_people_count_from_the_first_picture_of_a_transport_stream(title, tmp_path):
    later = Fraction(93_600)
    scenes = tuple(replace(each, start=each.start + later, end=each.end + later) for each in title.answer.scenes)
    facts = replace(title.answer.facts, start=later, end=title.answer.facts.end + later, zero=later, shots=[])
    there = checked(FileAnswer(Path("a.ts"), scenes, facts=facts))
    write_report(tmp_path, there, file_record(there, STRICT))
    record = json.loads((tmp_path / "report.json").read_text())
    assert record["zero_s"] == record["start_s"] == 93_600
    assert record["scenes"][3]["start_timecode"] == "00:00:59;28"
    assert page_data(tmp_path)["timeline"]["zero"] == page_data(tmp_path)["timeline"]["times"][0] == 93_600
    text = io.StringIO()
    print_summary(Console(file=text, width=90), there, file_record(there, STRICT), 0.9)
    assert "0:20:00" in text.getvalue()  # the axis ends after twenty minutes, not after a day


def test_an_edl_keeps_to_999_events_and_what_matters():
    found = [Marker(float(n), n + 1.0, "x", "y\n002  001", 0.0 if n % 2 else -300.0) for n in range(1500)]
    edl = markers_edl(found, timecodes_of(Facts(fps=Fraction(25))), "a\nb")
    assert edl.count("ResolveColorRed") == 750
    assert len(re.findall(r"^\d{3}  001", edl, re.MULTILINE)) == 999
    assert edl.startswith("TITLE: a b\n")


def test_markers_share_no_frame_and_the_verdict_comes_first():
    """Editing suites keep one marker a frame."""
    found = [
        Marker(1.999, 4.0, "scene", "x", 0.0),
        Marker(2.0, 90.0, "verdict", "y", 0.0),
        Marker(2.01, 3.0, "z", "z", 0.0),
    ]
    edl = markers_edl(found, timecodes_of(Facts(fps=Fraction(25))), "a")
    assert re.findall(r"C        (\S+) ", edl) == ["00:00:02:00", "00:00:02:01", "00:00:02:02"]
    assert re.findall(r"M:(\w+)", edl) == ["verdict", "scene", "z"]


def test_a_name_that_is_not_utf8_has_a_report(title, tmp_path):
    there = checked(replace(title.answer, file=Path("caf\udce9.mp4")))
    write_report(tmp_path, there, file_record(there, STRICT))
    write_index(tmp_path, [("caf\udce9.mp4/report.html", file_record(there, STRICT))])
    assert "caf?.mp4" in (tmp_path / "report.html").read_text()
    assert "caf%E9.mp4/report.html" in (tmp_path / "index.html").read_text()


def test_names_cannot_break_the_page(folder):
    page = (folder / "report.html").read_text()
    assert "<b>a" not in page
    assert "&lt;script&gt;alert(1)&lt;b&gt;a &amp;" in page
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", page.split('<script type="application/json"')[1])


def test_what_is_put_into_a_template_is_not_looked_at_again():
    assert filled("a {{x}} b {{y}}", {"x": "{{y}}", "y": "1"}) == "a {{y}} b 1"


def test_the_summary_says_it_in_words(title):
    text = io.StringIO()
    print_summary(Console(file=text, width=90), title, file_record(title, STRICT), 0.9)
    said = text.getvalue()
    assert "drift late" in said
    assert "ms a minute towards late" in said
    assert "OUT OF TOLERANCE (strict: 40 ms late to 40 ms early)" in said
    assert "next: " in said
    assert "of 61 count for the verdict" in said
    assert said.count("•") > 10
    assert max(map(len, said.splitlines())) <= 140


def test_the_index_lists_every_title_and_links_what_was_read(title, tmp_path):
    failed = checked(FileAnswer(Path("no<b>.mp4"), failure="it is <i>no</i> film"))
    write_index(
        tmp_path, [("a b/report.html", file_record(title, STRICT)), ("c/report.html", file_record(failed, STRICT))]
    )
    page = (tmp_path / "index.html").read_text()
    assert 'href="a%20b/report.html"' in page
    assert "c/report.html" not in page
    assert "it is &lt;i&gt;no&lt;/i&gt; film" in page
    assert '<td class="bad">out of tolerance</td><td>drift late</td>' in page
    assert '<td class="bad">not read</td>' in page


def test_the_index_says_the_largest_offset_in_words(title, tmp_path):
    write_index(tmp_path, [("a/report.html", file_record(title, STRICT))])
    last = title.verdict.offset_end.value
    assert f'data-value="{abs(last):.3f}">{abs(last):.0f} ms late</td>' in (tmp_path / "index.html").read_text()


def test_a_batch_has_a_row_for_every_title(title):
    failed = file_record(checked(FileAnswer(Path("b.mp4"), failure="b.mp4 is empty")), STRICT)
    read, lost = csv.DictReader(io.StringIO(csv_text([file_record(title, STRICT), failed])))
    assert read["kind"] == "drift late"
    assert float(read["offset_end_ms"]) == pytest.approx(title.verdict.offset_end.value, abs=0.001)
    assert float(read["duration_s"]) == pytest.approx(1203)
    assert lost["error"] == "b.mp4 is empty"
    assert not lost["within_tolerance"]


def test_the_chart_in_the_terminal_has_round_numbers_and_the_tolerance(title):
    chart = terminal_chart(title.verdict, 90)
    assert "\x1b" not in chart
    assert chart.count("┈") > 50
    assert all(f"{mark}┼" in chart or f"{mark}┤" in chart for mark in ("45 early", "125 late", "0"))
    assert all(f"0:{minute:02}:00" in chart for minute in (0, 5, 10, 15, 20))
    assert max(map(len, chart.splitlines())) <= 90


@pytest.mark.parametrize(
    ("start", "end", "zero", "ticks"),
    [(0.0, 20.0, 0.0, [0, 5, 10, 15, 20]), (93_600.2, 93_611.0, 93_600.2, [0, 2, 4, 6, 8, 10])],
)
def test_ticks_are_whole_steps_from_where_people_count(start, end, zero, ticks):
    assert time_ticks(start, end, zero) == pytest.approx([zero + tick for tick in ticks])
    assert offset_ticks(-230.0, 95.0) == [-200, -150, -100, -50, 0, 50]


def test_a_title_without_evidence_has_a_page_too(tmp_path, title):
    empty = checked(FileAnswer(Path("x.mp4"), reason="no speech was heard", facts=replace(title.answer.facts)))
    write_report(tmp_path, empty, file_record(empty, STRICT))
    page = (tmp_path / "report.html").read_text()
    assert "no speech was heard" in page
    assert '<section aria-label="scenes" hidden>' in page
