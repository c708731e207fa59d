"""Cuts at the very picture, wherever they are, and no cuts where there are none."""

from fractions import Fraction

import numpy as np
import pytest

from divas_jax.talkers import make_talker
from divas_jax.title.shots import DELAY, ShotFinder


@pytest.fixture(scope="module")
def people():
    return [make_talker(seed, fps=Fraction(25), duration=Fraction(2), size=96).frames for seed in range(3)]


def found(pictures, times=None):
    """Cuts as numbers of pictures, and how many pictures after its own each was told."""
    times = times or [Fraction(index, 25) for index in range(len(pictures))]
    finder, cuts, late = ShotFinder(), [], []
    for index, (time, picture) in enumerate(zip(times, pictures, strict=True)):
        told = finder.add(time, picture)
        cuts += told
        late += [index - times.index(cut) for cut in told]
    return [times.index(cut) for cut in [*cuts, *finder.finish()]], late


@pytest.mark.parametrize("place", [1, 2, 3, 25, 48, 49])
def test_a_cut_is_found_at_its_picture(people, place):
    pictures = [*people[0][:place], *people[1][place:50]]
    cuts, late = found(pictures)
    assert cuts == [place]
    assert all(value <= DELAY for value in late)


def test_several_cuts_and_odd_times(people):
    """Variable frame rates: times are the pictures' own."""
    pictures = [*people[0][:20], *people[1][:9], *people[2][:30]]
    steps = np.random.default_rng(0).integers(20, 90, len(pictures))
    times = [Fraction(int(at), 1000) for at in np.cumsum(steps)]
    assert found(pictures, times)[0] == [20, 29]


def test_people_who_talk_are_no_cuts_and_nor_is_a_flash(people):
    for pictures in people:
        assert found(list(pictures))[0] == []
    lit = list(people[0])
    lit[20] = np.full_like(lit[20], 255)
    assert found(lit)[0] == []


def test_fades_and_nothing_at_all(people):
    black = np.zeros_like(people[0][0])
    shares = np.linspace(1, 0, 25)
    fade = [(share * people[0][10]).astype(np.uint8) for share in shares]
    assert len(found([*people[0][:11], *fade, *[black] * 10])[0]) <= 1  # one where the fade ends harms nobody
    assert ShotFinder().finish() == []
