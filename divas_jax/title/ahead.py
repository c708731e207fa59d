"""Work that goes on in a thread while its results are used; the libraries underneath leave Python's lock alone."""

import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import Full, Queue
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_WAIT_S = 0.1
"""How long a thread that must wait does so before it asks whether anybody still wants its work."""

_END = object()


def made_ahead(items: Iterable[Item], most: int) -> Generator[Item, None, None]:
    """The same items in the same order, made by a thread of their own.

    Whatever `items` raises is raised here. When this iterator is closed, the thread has ended.

    Args:
      items: only the thread iterates over them.
      most: so many wait at a time.
    """
    queue: Queue[Any] = Queue(most)
    unwanted = threading.Event()
    thread = threading.Thread(target=_make, args=(items, queue, unwanted), daemon=True)
    thread.start()
    try:
        while (item := queue.get()) is not _END:
            if isinstance(item, _Failure):
                raise item.error
            yield item
    finally:
        unwanted.set()
        thread.join()


def worked_behind(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """`work` of each item, in order; while one is worked on in a thread, the next item is made here."""
    with ThreadPoolExecutor(1) as worker:
        pending = None
        for item in items:
            done, pending = pending, worker.submit(work, item)
            if done is not None:
                yield done.result()
        if pending is not None:
            yield pending.result()


class _Failure:
    def __init__(self, error: BaseException) -> None:
        self.error = error


def _make(items: Iterable[Any], queue: Queue[Any], unwanted: threading.Event) -> None:
    try:
        for item in items:
            if not _handed_over(item, queue, unwanted):
                return
        _handed_over(_END, queue, unwanted)
    except BaseException as error:  # it is the user of the items who must learn of it
        _handed_over(_Failure(error), queue, unwanted)


def _handed_over(item: Any, queue: Queue[Any], unwanted: threading.Event) -> bool:
    while not unwanted.is_set():
        try:
            queue.put(item, timeout=_WAIT_S)
        except Full:
            continue
        return True
    return False
