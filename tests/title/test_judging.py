"""Scenes are judged in a thread of its own while the file is read on."""

import threading
import time
from fractions import Fraction

import pytest

from divas_jax.errors import UserError
from divas_jax.evaluation.judge import Judge
from divas_jax.title import judging
from divas_jax.title.judging import WAITING, JudgedScene, judge_scenes
from divas_jax.title.scenes import Scene
from divas_jax.title.stages import Stages

JUDGE = object.__new__(Judge)
"""Not used: the scenes have no faces."""


def scene(number):
    return Scene(number, Fraction(number), Fraction(number + 1), ())


def scenes(numbers, read):
    for number in numbers:
        read.append(number)
        yield scene(number)


def test_the_order_stays_and_few_scenes_wait():
    read, answered = [], []
    for each in judge_scenes(JUDGE, scenes(range(20), read), Stages()):
        assert len(read) - each.shot <= WAITING + 1
        answered.append(each.shot)
    assert answered == list(range(20))


def test_what_was_read_before_a_file_broke_off_is_judged():
    def broken():
        yield from map(scene, range(5))
        raise UserError("the file broke off")

    source = judge_scenes(JUDGE, broken(), Stages())
    assert [next(source).shot for _ in range(5)] == list(range(5))
    with pytest.raises(UserError, match="broke off"):
        next(source)


def test_what_goes_wrong_in_judging_is_raised_where_it_is_asked_for(monkeypatch):
    def judged(judge, scene, *others):
        assert threading.current_thread().name.startswith("judge")
        if scene.shot:
            raise MemoryError("no room")
        return JudgedScene(scene.shot, scene.start, scene.end, (), None)

    monkeypatch.setattr(judging, "_judge_scene", judged)
    source = judge_scenes(JUDGE, map(scene, range(9)), Stages())
    assert next(source).shot == 0
    with pytest.raises(MemoryError, match="no room"):
        next(source)


def test_who_stops_asking_leaves_no_thread():
    read = []
    source = judge_scenes(JUDGE, scenes(range(20), read), Stages())
    next(source)
    source.close()
    assert len(read) == WAITING + 1
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("judge")]


def test_stages_of_two_threads_count_side_by_side():
    stages, inside = Stages(), threading.Barrier(2)

    def judge():
        with stages("judging"):
            inside.wait(10)
            time.sleep(0.05)

    thread = threading.Thread(target=judge)
    with stages("reading"):
        thread.start()
        inside.wait(10)
        with stages("faces"):
            thread.join(10)
    assert stages.seconds["judging"] >= 0.05
    assert stages.seconds["faces"] >= 0.05
    assert set(stages.seconds) == {"reading", "faces", "judging"}
