"""A copy that lost sound is not kept, and one that has it all is."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from divas_jax.errors import UserError
from divas_jax.media.encode import encode_clip
from divas_jax.media.heard_sound import heard_sound
from divas_jax.media.remux import with_other_sound
from divas_jax.talkers import make_talker
from divas_jax.title.end_check import check_copy
from divas_jax.title.repair import Cut, Repair
from divas_jax.title.repaired_sound import repaired_sound


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    path = tmp_path_factory.mktemp("film") / "a.mkv"
    clip = make_talker(3, fps=Fraction(25), sample_rate=16000, duration=Fraction(8), size=32, distractions=False)
    encode_clip(clip, path, container="matroska", audio_codec="flac")
    return path, clip


@pytest.mark.parametrize(
    ("repair", "cuts"),
    [
        (Repair(1.0, 0.2), []),
        (Repair(1.0, -0.2), []),
        (Repair(1.001, 0.05), []),
        (Repair(1.0, 0.0, (Cut(3.0, 5.0, 0.0, 0.3),)), [4.0]),
        (Repair(1.0, 0.1, (Cut(3.0, 5.0, 0.1, -0.2),)), [4.0]),
    ],
)
@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".ts"])
def test_a_copy_with_everything_in_its_place_is_kept(film, tmp_path, repair, cuts, suffix):
    out = tmp_path / f"b{suffix}"
    heard = heard_sound(film[0], out)
    with_other_sound(film[0], out, out, [heard], lambda sound: repaired_sound(repair, cuts, sound, False))
    check_copy(film[0], out, out, repair, cuts, heard)
    if not cuts:
        with pytest.raises(UserError, match="would lack"):  # if something else had been meant
            check_copy(film[0], out, out, replace(repair, by=repair.by + 2.0), cuts, heard)


def test_a_copy_that_lost_a_second_is_not_kept(film, tmp_path):
    path, clip = film
    quiet = clip.samples.copy()
    loudest = int(np.argmax(np.convolve(np.abs(quiet), np.ones(16000), "valid")))
    quiet[loudest : loudest + 16000] = 0
    encode_clip(replace(clip, samples=quiet), tmp_path / "b.mkv", container="matroska", audio_codec="flac")
    heard = heard_sound(path, tmp_path / "b.mkv")
    with pytest.raises(UserError, match=r"b\.mkv would lack \d\.\d s of sound that .* has \(from \d\.\d s on\)"):
        check_copy(path, tmp_path / "b.mkv", tmp_path / "b.mkv", Repair(1.0, 0.0), [], heard)
