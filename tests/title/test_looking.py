"""Faces that rest are looked for less often, large ones in a smaller copy."""

from fractions import Fraction

from divas_jax.faces.crops import Face
from divas_jax.title.faces import DetectedFace
from divas_jax.title.looking import CLOSE_SIDE, CLOSELY, OFTEN, QUICK_SIDE, RESTS, SELDOM, Looking


def _face(height):
    return DetectedFace(Face(10, 10, height, height), 0.9)


def test_it_begins_close_and_often_in_every_shot():
    looking = Looking()
    assert looking.due(Fraction(7))
    for look in range(10):
        looking.looked(look * SELDOM, [_face(100)], looking.side, resting=True)
    assert (looking.stride, looking.side == QUICK_SIDE) != (OFTEN, False)
    looking.cut()
    assert (looking.stride, looking.side) == (OFTEN, CLOSE_SIDE)
    assert looking.due(Fraction(0))


def test_resting_faces_are_looked_for_less_often():
    looking, strides = Looking(), []
    for resting in [True] * (RESTS + 1) + [False, True]:
        looking.looked(Fraction(0), [_face(100)], CLOSE_SIDE, resting)
        strides.append(looking.stride)
    assert strides == [OFTEN] * (RESTS - 1) + [SELDOM] * 2 + [OFTEN] * 2
    assert not looking.due(OFTEN - Fraction(1, 100))
    assert looking.due(OFTEN)


def test_large_faces_are_looked_for_in_a_small_copy_and_closely_now_and_then():
    looking, sides = Looking(), []
    for look in range(2 * CLOSELY):
        sides.append(looking.side)
        looking.looked(look * OFTEN, [_face(70 * looking.side / CLOSE_SIDE)], looking.side, resting=False)
    assert sides == [CLOSE_SIDE, *[QUICK_SIDE] * (CLOSELY - 1)] * 2


def test_small_faces_and_none_are_looked_for_closely():
    for faces, side in (([_face(34), _face(200)], CLOSE_SIDE), ([], CLOSE_SIDE), ([_face(55)], 448)):
        looking = Looking()
        looking.looked(Fraction(0), faces, CLOSE_SIDE, resting=True)
        assert looking.side == side
