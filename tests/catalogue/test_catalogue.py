"""Catalogues on Beam's runner in this process: every title exactly once, whatever becomes of the others."""

import csv
import json
import os
import signal
import subprocess
import sys
import time

import pytest

pytest.importorskip("apache_beam", reason="needs Apache Beam: pip install 'divas_jax[beam]'")

from apache_beam.io.filesystem import FileMetadata
from apache_beam.io.localfilesystem import LocalFileSystem
from fake_titles import JUDGED, fake_plan, judged, write_titles
from schemas import check_record

from divas_jax import check
from divas_jax.catalogue.addresses import record_name
from divas_jax.catalogue.pipeline import keep_records
from divas_jax.errors import UserError
from divas_jax.title.file_record import COLUMNS


class MadeUpFileSystem(LocalFileSystem):
    """`made-up://NAME/…`: the folder that FAKE_CLOUD names, reached by Beam alone."""

    @classmethod
    def scheme(cls):
        return "made-up"

    def join(self, basepath, *paths):
        return "/".join([basepath.rstrip("/"), *paths])

    @staticmethod
    def _path(address):
        return address.replace("made-up://", os.environ["FAKE_CLOUD"] + "/", 1)

    def create(self, path, *kinds, **more):
        return super().create(self._path(path), *kinds, **more)

    def open(self, path, *kinds, **more):
        return super().open(self._path(path), *kinds, **more)

    def exists(self, path):
        return super().exists(self._path(path))

    def metadata(self, path):
        known = super().metadata(self._path(path))
        return FileMetadata(path, known.size_in_bytes, known.last_updated_in_seconds)

    def rename(self, sources, destinations):
        super().rename([*map(self._path, sources)], [*map(self._path, destinations)])

    def delete(self, paths):
        super().delete([*map(self._path, paths)])


@pytest.fixture(autouse=True)
def log(tmp_path, monkeypatch):
    monkeypatch.setenv("FAKE_LOG", str(tmp_path / JUDGED))
    monkeypatch.setenv("FAKE_CLOUD", str(tmp_path / "cloud"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))


def rows(results):
    with (results / "summary.csv").open(newline="") as text:
        return list(csv.DictReader(text))


def records(results):
    return [json.loads(file.read_text()) for file in results.glob("*.json") if file.name != "summary.json"]


def test_a_title_that_raises_hangs_or_dies_stops_nobody_else(tmp_path):
    titles = write_titles(tmp_path / "films", a="good", b="dies", c="raises", d="hangs", e="good")
    results = tmp_path / "results"
    counts = keep_records(titles, fake_plan(results, limit_s=1.0), [])
    assert (counts.made, counts.kept, counts.outcomes) == (5, 0, {"thin": 2, "failed": 3})
    told = rows(results)
    assert list(told[0]) == list(COLUMNS)
    assert [row["file"] for row in told] == titles
    assert [row["status"] for row in told] == ["thin", "failed", "failed", "failed", "thin"]
    assert ["" if not row["error"] else row["error"].split(".mp4 ")[1][:13] for row in told] == [
        "", "crashed its r", "could not be ", "was given up ", "",
    ]  # fmt: skip
    assert sorted(judged(tmp_path)) == list("abcde")
    check_record("file", *records(results))
    assert {file.name for file in results.iterdir()} == {
        "summary.csv", "summary.json", *map(record_name, titles)
    }  # fmt: skip

    counts = keep_records(titles, fake_plan(results), [])  # nothing is left to be done
    assert (counts.made, counts.kept, counts.outcomes) == (0, 5, {"thin": 2, "failed": 3})
    assert rows(results) == told
    write_titles(tmp_path / "films", b="good again")
    counts = keep_records(titles, fake_plan(results), [])  # another file under the same name
    assert (counts.made, counts.kept) == (1, 4)
    counts = keep_records(titles[:1], fake_plan(results, made_with="2"), [])
    assert (counts.made, counts.kept) == (1, 0)


RUN = """
import sys
from divas_jax.catalogue.pipeline import keep_records
from fake_titles import fake_plan
if __name__ == "__main__":
    keep_records(sys.argv[2:], fake_plan(sys.argv[1]), [])
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_stopped_goes_on(tmp_path, number):
    gate, results = tmp_path / "gate", tmp_path / "results"
    titles = write_titles(tmp_path / "films", a="good", b="good", c=f"waits:{gate}", d="good")
    (tmp_path / "run.py").write_text(RUN)
    run = subprocess.Popen([sys.executable, tmp_path / "run.py", results, *titles], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while "c" not in judged(tmp_path):
        assert time.monotonic() < deadline
        assert run.poll() is None
        time.sleep(0.05)
    run.send_signal(number)
    assert run.wait(timeout=30) != 0
    before = judged(tmp_path)[:-1]  # in whatever order
    assert judged(tmp_path)[-1] == "c"
    assert {record["file"][-5] for record in records(results)} == set(before)
    assert not (results / "summary.csv").exists()

    gate.touch()
    counts = keep_records(titles, fake_plan(results), [])
    assert (counts.made, counts.kept) == (4 - len(before), len(before))
    assert [row["file"] for row in rows(results)] == titles
    assert sorted(judged(tmp_path)) == list("abccd")  # the one that was being judged when the run was stopped, twice
    assert len(records(results)) == len(titles)


def test_titles_of_another_file_system_are_judged_as_copies(tmp_path):
    write_titles(tmp_path / "cloud", a="good")
    titles = ["made-up://a.mp4", "made-up://none.mp4"]
    counts = keep_records(titles, fake_plan("made-up://results"), [])
    assert counts.outcomes == {"thin": 1, "failed": 1}
    good, missing = rows(tmp_path / "cloud/results")
    assert (good["file"], missing["file"]) == tuple(titles)
    assert good["reason"] == "only made-up://a.mp4 to see"
    assert missing["error"].startswith("made-up://none.mp4 cannot be copied")
    write_titles(tmp_path / "cloud", none="good")  # what could not be reached is tried again
    counts = keep_records(titles, fake_plan("made-up://results"), [])
    assert (counts.made, counts.kept, counts.outcomes) == (1, 1, {"thin": 2})
    assert judged(tmp_path) == ["a", "none"]


@pytest.mark.parametrize(
    ("results", "options", "sentence"),
    [
        ("nowhere://results", [], "--beam nowhere://results: Beam has no file system for it"),
        ("file", [], "--beam .*file is a file, but must be a folder"),
        ("results", ["--runner=NoSuchRunner"], "the Beam pipeline broke off"),
    ],
)
def test_what_cannot_be_is_one_sentence(tmp_path, results, options, sentence):
    (tmp_path / "file").touch()
    address = results if "://" in results else str(tmp_path / results)
    with pytest.raises(UserError, match=sentence) as told:
        keep_records(write_titles(tmp_path / "films", a="good"), fake_plan(address), options)
    assert "\n" not in str(told.value)
    assert judged(tmp_path) == []


def test_check_judges_a_list_and_says_how_many(tmp_path, monkeypatch, capsys):
    """By the package's own model; files that cannot be read need no film."""
    titles = write_titles(tmp_path / "films", a="no film", b="no film", c="no film")
    (tmp_path / "titles.txt").write_text("\n".join(titles))
    words = ["--beam", "results", "--list", "titles.txt", "--part", "1/2", "--", "--direct_num_workers=1"]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["divas check", *words])
    assert check.main() == 2
    said = capsys.readouterr().out
    assert "2 titles judged, 0 had their record" in said
    assert "2 titles: 2 not read" in said
    assert [row["file"] for row in rows(tmp_path / "results")] == titles[::2]
