"""Work ahead and behind comes in order, fails where it is used, and ends when nobody wants it."""

import threading
import time

import pytest

from divas_jax.title.ahead import made_ahead, worked_behind
from divas_jax.title.stages import Stages


def test_items_come_in_order_and_only_so_many_wait():
    made = []

    def items():
        for number in range(20):
            made.append(number)
            yield number

    source, taken = made_ahead(items(), 3), []
    for number in source:
        taken.append(number)
        assert len(made) <= len(taken) + 3 + 1
    assert taken == list(range(20))


def test_a_failure_comes_after_what_was_made_before_it():
    def items():
        yield 1
        raise ValueError("broken")

    source = made_ahead(items(), 5)
    assert next(source) == 1
    with pytest.raises(ValueError, match="broken"):
        next(source)


def test_the_thread_ends_with_its_reader():
    before = threading.active_count()
    source = made_ahead(iter(int, 1), 2)
    assert next(source) == 0
    assert threading.active_count() == before + 1
    source.close()
    assert threading.active_count() == before


def test_work_is_done_behind_and_in_order():
    made = []

    def items():
        for number in range(4):
            made.append(number)
            yield number

    results = [(result, len(made)) for result in worked_behind(lambda number: 10 * number, items())]
    assert [result for result, _ in results] == [0, 10, 20, 30]
    assert [count for _, count in results] == [2, 3, 4, 4], "the next one is made while one is worked on"


def test_work_that_fails_fails_where_its_result_is_wanted():
    results = worked_behind(lambda number: 1 / number, [1, 0, 2])
    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_stages_of_threads_count_for_themselves():
    stages = Stages()

    def other():
        with stages("other"):
            time.sleep(0.2)

    thread = threading.Thread(target=other)
    with stages("own"):
        thread.start()
        thread.join()
    assert stages.seconds["other"] > 0.15
    assert stages.seconds["own"] > 0.15
