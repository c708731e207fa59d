"""The same sound is found however it was stored, and different sounds are not taken for the same."""

import io
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from rich.console import Console
from scipy.signal import resample_poly

from divas_jax.data.timed_record import TimedRecord
from divas_jax.media.decode import decode_sound
from divas_jax.media.encode import encode_clip
from divas_jax.preparing.data_report import DataReport
from divas_jax.preparing.leaks import find_leaks
from divas_jax.preparing.sound_print import Landmarks, landmarks, same_sounds, sound_print
from divas_jax.preparing.staging import Staged
from divas_jax.talkers import make_talker

RATE = 22_050


@pytest.fixture(scope="module")
def talkers():
    arguments = {"fps": Fraction(25), "sample_rate": RATE, "duration": Fraction(3), "size": 32}
    return [make_talker(seed, **arguments) for seed in range(12)]


def copied(clip, how):
    """The clip's sound after it went through AAC, and before that was changed as `how` says."""
    samples, rate = clip.samples, clip.sample_rate
    if "cut" in how:
        samples = samples[int(0.317 * rate) :]
    if "quiet" in how:
        samples = 0.1 * samples
    if "resampled" in how:
        samples, rate = resample_poly(samples, 160, 441), 8000
    changed = replace(clip, samples=np.ascontiguousarray(samples, dtype=np.float32), sample_rate=rate)
    return encode_clip(changed, audio_bit_rate=32_000)


@pytest.mark.parametrize("how", ["", "cut", "quiet resampled", "cut quiet resampled"])
def test_a_copy_is_found_among_others(talkers, how):
    prints = [landmarks(clip.samples, RATE) for clip in talkers]
    copies = [Landmarks.unpack(sound_print(copied(clip, how))) for clip in talkers[:4]]
    found = list(same_sounds(prints + copies, ["train"] * 12 + ["val"] * 4))
    assert {(match.second, match.first - 12) for match in found} == {(i, i) for i in range(4)}
    assert list(same_sounds(prints + copies, ["train"] * 16)) == []


def test_half_of_a_clip_is_found(talkers):
    whole = [landmarks(clip.samples, RATE) for clip in talkers]
    halves = [landmarks(clip.samples[len(clip.samples) // 2 :], RATE) for clip in talkers[:4]]
    found = list(same_sounds(whole + halves, ["train"] * 12 + ["test"] * 4))
    assert {(match.second, match.first - 12) for match in found} == {(i, i) for i in range(4)}


def test_silence_and_tones_are_no_evidence():
    tone = (0.3 * np.sin(np.arange(3 * RATE) / 7)).astype(np.float32)
    for sound in (np.zeros(3 * RATE, np.float32), tone, tone[:50]):
        assert list(same_sounds([landmarks(sound, RATE)] * 2, ["train", "val"])) == []


def test_a_fingerprint_is_stored_as_it_is(talkers):
    own = landmarks(talkers[0].samples, RATE)
    assert 60 < len(own.keys) < 3 * 20 * 3
    again = Landmarks.unpack(own.pack())
    assert again.keys.tolist() == own.keys.tolist()
    assert again.times.tolist() == own.times.tolist()
    assert sound_print(b"no media file") == b""


def staged(name, split, media, speaker="", digest=""):
    fields = {"fps": Fraction(25), "n_frames": 75, "constant_rate": True, "sample_rate": RATE, "duration": 3.0}
    record = TimedRecord(name=name, media=b"", speaker=speaker, split=split, **fields)
    return Staged(record, len(media), digest or name, sound_print(media))


def test_each_leak_is_a_sentence_with_both_names(talkers):
    media = [encode_clip(clip) for clip in talkers[:3]]
    again = copied(talkers[1], "cut")
    clips = [
        staged("a", "train", media[0], "ann"),
        staged("b", "train", media[1], "bob"),
        staged("c", "val", again, "cy"),
        staged("d", "test", media[2], "ann"),
        staged("e", "val", media[0], "ed", digest="a"),
    ]
    leaks = find_leaks(clips)
    assert leaks[:2] == [
        "speaker ann is in test (1 clips), train (1 clips)",
        "media file a, e is in train (1 clips), val (1 clips)",
    ]
    assert len(leaks) == 3
    assert leaks[2].startswith("the same sound is in c in val and b in train (")
    assert find_leaks([clip for clip in clips if clip.record.split == "train"]) == []


def test_many_leaks_are_counted_in_the_terminal_and_listed_in_the_report():
    report = DataReport({}, {}, [], 0, {}, [f"speaker s{i} is in train and val" for i in range(25)], 0, {})
    report.print(Console(file=(terminal := io.StringIO())))
    shown = terminal.getvalue()
    assert (shown.count("leak: "), "5 more leaks are in report.md" in shown) == (20, True)
    assert report.to_markdown().count("leak: ") == 25


def test_a_staged_fingerprint_survives_the_journal(talkers):
    clip = staged("a", "train", encode_clip(talkers[0]))
    assert Staged.from_line(clip.to_line()) == clip


@pytest.mark.real
def test_nothing_of_the_corpus_is_in_two_splits(corpus):
    prints, splits = [], []
    for split, step in (("train", 16), ("val", 1)):
        for path in sorted((corpus / split).rglob("*.mp4"))[::step]:
            samples, rate, _ = decode_sound(path)
            prints.append(landmarks(samples, rate))
            splits.append(split)
    assert len(prints) > 100
    assert list(same_sounds(prints, splits)) == []
    prints.append(prints[0])
    splits.append("val")
    assert [(match.first, match.second) for match in same_sounds(prints, splits)] == [(len(prints) - 1, 0)]
