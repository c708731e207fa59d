"""Command lines of catalogues, and where titles lie; without Beam."""

import sys
from pathlib import Path

import pytest

from divas_jax import check
from divas_jax.addresses import is_address
from divas_jax.batch_arguments import part_of
from divas_jax.catalogue.addresses import address_of, record_name, title_addresses
from divas_jax.catalogue.options import split_runner_options
from divas_jax.errors import UserError


@pytest.mark.parametrize(
    ("words", "own", "beams"),
    [
        ("--beam R --list L -- --runner=X --project P", "--beam R --list L", "--runner=X --project P"),
        ("--beam=R --list L --", "--beam=R --list L", ""),
        ("--beam R --list L", "--beam R --list L", ""),
        ("--csv all.csv -- -film.mp4", "--csv all.csv -- -film.mp4", ""),
        ("-- --beam", "-- --beam", ""),
    ],
)
def test_what_follows_two_dashes_is_for_beam(words, own, beams):
    assert split_runner_options(words.split()) == (own.split(), beams.split())


@pytest.mark.parametrize("tasks", [1, 2, 3, 7])
def test_parts_hold_every_title_once(tasks):
    titles = list("abcde")
    parts = [part_of(titles, (k, tasks)) for k in range(1, tasks + 1)]
    assert sorted(title for part in parts for title in part) == titles
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    assert part_of(titles, None) == titles


@pytest.mark.parametrize("part", ["0/3", "4/3", "1", "a/b", "1/0", "-1/3"])
def test_no_part_is_refused(part, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["divas check", "film.mp4", f"--part={part}"])
    with pytest.raises(SystemExit) as ended:
        check.main()
    assert ended.value.code == 2
    assert "is no part such as 3/100" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--csv all.csv", "--beam keeps records and a summary of its own: leave --csv out"),
        ("--out reports", "leave --out out"),
        ("--workers 0", "--workers must be 1 or more"),
        ("gs://bucket/film.mp4", "name addresses in the text of --list"),
    ],
)
def test_what_does_not_go_with_beam_is_one_sentence(words, sentence, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["divas check", "--beam", "results", "film.mp4", *words.split()])
    with pytest.raises(UserError, match=sentence):
        check.main()


def test_a_record_is_found_again_from_every_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert address_of("a.mp4") == str(tmp_path / "a.mp4")
    assert title_addresses(["a.mp4", "gs://b/a.mp4", str(Path("a.mp4").absolute())]) == [
        str(tmp_path / "a.mp4"),
        "gs://b/a.mp4",
    ]
    assert not is_address("a:b.mp4")
    assert not is_address("take1:/b.mp4"), "a folder whose name ends in a colon"
    assert is_address(Path("gs://titles/b.mp4")), "as a path it has lost a stroke"
    assert record_name("gs://b/a.mp4") == "34e76b3d7130d4f079ecf6223883f555.json"
