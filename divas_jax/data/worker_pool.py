"""Worker processes that are spawned, leave Ctrl-C to their parent, and end with it."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import wait as wait_for_end
from typing import Any


@contextmanager
def worker_pool(
    workers: int, begin: Callable[..., None] | None = None, *arguments: Any
) -> Iterator[ProcessPoolExecutor]:
    """Spawned, because a process in which JAX runs must not be forked.

    Args:
      workers: processes.
      begin: called in each of them first; it can be pickled, as can its arguments.
      arguments: of `begin`.
    """
    spawned = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, spawned, initializer=_start, initargs=(begin, arguments))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def without_ctrl_c() -> Iterator[None]:
    """What starts processes goes inside: they inherit what is blocked, and Ctrl-C is the parent's alone."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start(begin: Callable[..., None] | None, arguments: tuple[Any, ...]) -> None:
    _follow_parent()
    if begin is not None:
        begin(*arguments)


def _follow_parent() -> None:
    """Makes a worker end with its parent, even if that was killed."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def follow() -> None:
        wait_for_end([parent.sentinel])
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
