"""What is known of all clips stands beside the records, and is made anew where it is missing or wrong."""

from dataclasses import replace
from fractions import Fraction

import pytest

from divas_jax.data.clip_record import ClipRecord, JoinedClips, facts_of, without_media
from divas_jax.data.facts import facts_file, read_facts, write_facts
from divas_jax.data.records import open_records, remove_records, write_records
from divas_jax.data.timed_record import TimedRecord
from divas_jax.evaluation.reading import within_rates


def record(number, fps=Fraction(30_000, 1001), split="train"):
    return TimedRecord(
        name=f"clip {number} ä", media=bytes([number]), fps=fps, n_frames=10 + number, constant_rate=number % 2 == 0,
        sample_rate=16_000, duration=1 / (number + 3), speaker=f"s{number}", source="made", split=split,
        sound_late=Fraction(-number, 3000), sound_group="two" if number > 1 else "",
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    records = {"train": [record(number) for number in range(5)], "val": [record(9, Fraction(25), "val")]}
    write_records(records, tmp_path / "set")
    return tmp_path / "set"


def test_facts_are_the_records_without_media(folder):
    assert facts_file(folder, "train").is_file()
    clips = open_records(folder, "train")
    facts = facts_of(clips)
    assert facts == [without_media(clips[index]) for index in range(5)]
    assert {one.media for one in facts} == {b""}
    assert {one.voice for one in facts} == {record(number).voice for number in range(5)}


def test_facts_come_from_their_file_alone(folder):
    path = facts_file(folder, "train")
    known = read_facts(path, 5)
    write_facts(path, [replace(one, speaker="told by the file") for one in known])
    assert {one.speaker for one in open_records(folder, "train").facts()} == {"told by the file"}


@pytest.mark.parametrize("harm", ["missing", "broken", "of other records"])
def test_a_file_that_is_no_use_is_made_anew(folder, harm):
    path = facts_file(folder, "train")
    if harm == "missing":
        path.unlink()
    elif harm == "broken":
        path.write_bytes(path.read_bytes()[:100])
    else:
        write_facts(path, [record(0)])
    assert len(open_records(folder, "train").facts()) == 5
    assert len(read_facts(path, 5)) == 5


def test_sources_made_of_others_have_facts_too(folder):
    joined = JoinedClips([open_records(folder, "train"), open_records(folder, "val")], ["one", "two"])
    assert [one.name for one in facts_of(joined)] == [joined[index].name for index in range(6)]
    some = within_rates(joined, 29.0, 31.0)
    assert [one.name for one in facts_of(some)] == [joined[index].name for index in range(5)]
    assert facts_of([record(1)]) == [without_media(record(1))]
    assert type(facts_of([record(1)])[0]) is ClipRecord


def test_facts_go_with_their_records(folder):
    remove_records(folder)
    assert list(folder.glob("facts-*")) == []
