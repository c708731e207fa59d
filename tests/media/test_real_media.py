"""Real files of other people's making."""

import csv
from fractions import Fraction

import numpy as np
import pytest

from divas_jax.errors import UserError
from divas_jax.media.decode import decode_clip

pytestmark = pytest.mark.real


def test_two_streams_on_one_timeline(real_clips):
    clip = decode_clip(real_clips / "two_anchors_start0760.mp4", size=(24, 32), max_frames=50)
    assert clip.frame_time(0) == Fraction("0.76")
    assert clip.sound_start == Fraction("0.02")
    assert (clip.fps, clip.constant_rate) == (25, True)


@pytest.mark.slow
def test_every_file_decodes_or_says_why_not(real_clips):
    with open(real_clips / "clips.csv", newline="") as table:
        rows = list(csv.DictReader(table))
    assert len(rows) > 20
    for row in rows:
        try:
            clip = decode_clip(real_clips / row["file"], size=(16, 16))
        except UserError:
            assert row["acodec"] == "none", row["file"]
            continue
        assert row["acodec"] != "none"
        assert float(clip.frame_time(0)) == pytest.approx(float(row["video_start_s"]), abs=1e-3), row["file"]
        assert float(clip.sound_start) == pytest.approx(float(row["audio_start_s"]), abs=1.1e-3), row["file"]
        assert abs(len(clip.frames) - int(row["n_frames"])) <= 1, row["file"]
        assert (clip.frame_pts[1:] > clip.frame_pts[:-1]).all()
        assert np.abs(clip.samples).max() <= 1
        if row["vfr"] == "0":
            assert clip.constant_rate
            assert float(clip.fps) == pytest.approx(float(row["fps"]), rel=1e-3), row["file"]


def test_rotation_is_honoured(real_clips):
    clip = decode_clip(real_clips / "rotate_23976_noface.mp4", max_frames=2)
    assert clip.frames.shape == (2, 1280, 544, 3)
