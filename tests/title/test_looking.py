"""Faces that rest are looked for less often, large ones in a smaller copy."""

from fractions import Fraction

from divas_jax.faces.crops import Face
from divas_jax.title.faces import DetectedFace
from divas_jax.title.looking import CLOSE_SIDE, CLOSELY, OFTEN, QUICK_SIDE, RESTS, SELDOM, Looking, joined


def _face(height):
    return DetectedFace(Face(10, 10, height, height), 0.9)


def test_it_begins_close_and_often_in_every_shot():
    looking = Looking()
    assert looking.due(Fraction(7))
    for look in range(10):
        looking.looked(look * SELDOM, [_face(100)], CLOSE_SIDE, resting=True)
    assert (looking.stride, looking.sides[0]) == (SELDOM, QUICK_SIDE)
    looking.cut()
    assert (looking.stride, looking.sides) == (OFTEN, (CLOSE_SIDE,))
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
        sides.append(looking.sides)
        looking.looked(look * OFTEN, [_face(70)], CLOSE_SIDE, resting=False)
    quick = [(QUICK_SIDE,)] * (CLOSELY - 1)
    assert sides == [(CLOSE_SIDE,), *quick, (QUICK_SIDE, CLOSE_SIDE), *quick]


def test_small_faces_and_none_are_looked_for_closely():
    for faces, side in (([_face(34), _face(200)], CLOSE_SIDE), ([], CLOSE_SIDE), ([_face(55)], 448)):
        looking = Looking()
        looking.looked(Fraction(0), faces, CLOSE_SIDE, resting=True)
        assert looking.sides == (side,)


def test_a_close_look_adds_only_what_the_quick_one_does_not_show():
    quick, moved, other = (DetectedFace(Face(*box), 0.9) for box in ((9, 9, 50, 50), (11, 9, 51, 52), (90, 9, 9, 9)))
    assert joined([[quick]]) == [quick]
    assert joined([[quick], [moved, other]]) == [quick, other]
    assert joined([[], [moved]]) == [moved]
