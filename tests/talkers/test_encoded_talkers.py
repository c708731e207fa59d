"""Talkers as mp4 files, read back as every real file is."""

from fractions import Fraction

import numpy as np
import pytest

from divas_jax.aligning.releases import laid_over, release_of
from divas_jax.clip import Clip
from divas_jax.data.clip_record import decode_record
from divas_jax.data.records import open_records
from divas_jax.errors import UserError
from divas_jax.media.decode import decode_clip
from divas_jax.media.encode import encode_clip
from divas_jax.preparing.preparation import prepare_talkers
from divas_jax.talkers import (
    FRAME_RATES,
    TalkerSource,
    draw_articulation,
    make_listener,
    make_talker,
    talker_lips,
    talker_record,
    talker_seed,
)

SHORT = Fraction(1, 2)

GRID = 200
"""Instants a second at which picture and sound are compared."""


def measure(clip: Clip) -> tuple[np.ndarray, np.ndarray]:
    """Darkness of the mouth's place in the pixels, and loudness of the sound, on one timeline."""
    times = np.array([float(clip.frame_time(i)) for i in range(len(clip.frames))])
    grid = np.arange(0.1, times[-1] - 0.1, 1 / GRID)
    size = clip.frames.shape[1]
    box = clip.frames[:, round(0.485 * size) : round(0.585 * size), round(0.44 * size) : round(0.56 * size)]
    dark = -box.astype(float).mean(axis=(1, 2, 3))
    # a frame is its instant: linear between them has no lag
    mouth = np.interp(grid, times, dark)
    power = np.concatenate([[0], np.cumsum(clip.samples.astype(float) ** 2)])
    half = 1 / 50
    ends = [(grid + side - float(clip.sound_start)) * clip.sample_rate for side in (-half, half)]
    low, high = (np.clip(end.astype(int), 0, len(power) - 1) for end in ends)
    return mouth, np.sqrt((power[high] - power[low]) / np.maximum(1, high - low))


def relation(clips: list[Clip], reach: int = 60) -> np.ndarray:
    """Mean correlation of mouth and sound at lags of -reach … reach steps, over the clips."""
    scores = []
    for clip in clips:
        mouth, sound = measure(clip)
        middle = mouth[reach:-reach]
        lags = range(-reach, reach + 1)
        scores.append([np.corrcoef(middle, sound[reach + k : len(sound) - reach + k])[0, 1] for k in lags])
    return np.mean(scores, axis=0)


def _read_back(clip: Clip) -> Clip:
    return decode_clip(encode_clip(clip), name=clip.name)


@pytest.mark.parametrize("fps", [FRAME_RATES[0], Fraction(25), FRAME_RATES[3], Fraction(50)])
def test_after_encoding_the_mouth_still_moves_with_the_sound(fps):
    clips = [
        _read_back(make_talker(s, fps=fps, sample_rate=rate, duration=Fraction(3)))
        for s, rate in zip(range(40, 46), (16000, 22050, 44100, 48000, 16000, 48000), strict=True)
    ]
    curve = relation(clips)
    assert abs(int(np.argmax(curve)) - 60) / GRID <= 1 / float(fps)
    assert curve.max() > 0.35
    # a listener's mouth has no relation to the voice
    listeners = [_read_back(make_listener(s, fps=fps, sample_rate=16000, duration=Fraction(3))) for s in range(40, 46)]
    assert np.abs(relation(listeners)).max() < 0.6 * curve.max()


def test_after_encoding_a_variable_rate_keeps_its_times_and_its_sync():
    made = [make_talker(s, fps=Fraction(30), duration=Fraction(3), variable_rate=True) for s in range(60, 66)]
    read = [_read_back(clip) for clip in made]
    for before, after in zip(made, read, strict=True):
        assert [before.frame_time(i) for i in range(len(before.frames))] == [
            after.frame_time(i) for i in range(len(after.frames))
        ]
    assert abs(int(np.argmax(relation(read))) - 60) / GRID <= 1 / 30


def test_a_record_says_what_decoding_finds():
    kinds = set()
    for index, share in [(0, 0.0), (1, 0.0), (2, 1.0), (3, 1.0), (4, 1.0)]:
        record = talker_record(index, split="train", duration=Fraction(1), size=64, variable_share=share)
        clip = decode_clip(record.media)
        assert (record.fps, record.n_frames, record.sample_rate, record.constant_rate) == (
            clip.fps, len(clip.frames), clip.sample_rate, clip.constant_rate,
        )  # fmt: skip
        assert record.duration == pytest.approx(1, abs=0.06)
        assert clip.warnings == ()
        kinds.add(record.constant_rate)
    assert kinds == {True, False}


def test_a_source_draws_only_from_the_rates_allowed_and_is_repeatable():
    source = TalkerSource(
        5, "val", rates=(Fraction(25), Fraction(60)), sample_rates=(16000,), duration=SHORT, size=32, variable_share=0.0
    )
    records = list(source)
    assert len(records) == len(source) == 5
    assert {record.fps for record in records} == {Fraction(25), Fraction(60)}
    assert {record.sample_rate for record in records} == {16000}
    assert len({record.speaker for record in records}) == 5
    assert source[3] == records[3]
    assert {record.split for record in records} == {"val"}


def test_about_a_tenth_of_the_records_has_a_variable_rate():
    source = TalkerSource(150, "train", duration=Fraction(1, 8), size=16, distractions=False)
    assert 5 <= sum(not record.constant_rate for record in source) <= 27


def test_splits_and_seeds_share_no_person():
    seeds = [talker_seed(i, split, seed) for i in range(50) for split in ("train", "val", "test") for seed in (0, 1, 7)]
    assert len(set(seeds)) == len(seeds)


def test_an_unknown_split_is_refused():
    with pytest.raises(UserError, match="'dev'"):
        talker_record(0, split="dev")


def test_talkers_know_their_lips(tmp_path):
    prepare_talkers(tmp_path, {"train": 3}, rates=(Fraction(25),), duration=Fraction(3), workers=1, progress=False)
    for index, record in enumerate(open_records(tmp_path, "train")):
        assert record.lips.shapes.shape == (record.n_frames, 2, 39)
        assert record.lips.seen.all()
        clip = decode_record(record)
        times = np.array([float(clip.frame_time(i)) for i in range(len(clip.frames))])
        opening = draw_articulation(talker_seed(index, "train"), Fraction(3)).at(times).opening
        assert np.corrcoef(record.lips.shapes[:, 0, -6], opening)[0, 1] > 0.99
    assert "lip shapes" in (tmp_path / "report.md").read_text()


@pytest.mark.slow
def test_closed_lips_open_when_the_sound_rises():
    """As the measure for real footage sees it (`divas align --releases`), in encoded clips: 0 to 15 ms."""
    rows = []
    for index in range(24):
        record = talker_record(index, split="train", duration=Fraction(6), size=32, distractions=False)
        clip = decode_record(record)
        times = np.array([float(clip.frame_time(i)) for i in range(len(clip.frames))])
        lips = talker_lips(talker_seed(index, "train"), Fraction(6), times)
        rows += laid_over(clip, lips.shapes, lips.seen)
    found = release_of("talkers", rows)
    assert found.openings > 80
    assert -5 < found.after_ms < 15
    assert found.told
