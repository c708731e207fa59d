"""Work on many files in processes of their own; none of the files can stop the others.

What is worked on is a path, or anything else that tells its file as text and can be pickled.
"""

import multiprocessing
from collections.abc import Callable, Iterator, Mapping, MutableSequence, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, TimeoutError, wait
from itertools import islice
from typing import Any

from pebble import ProcessExpired, ProcessPool

from divas_jax.errors import UserError
from divas_jax.title.scan import Progress

Begin = Callable[[], Any]
"""What a process begins with: it loads the model. Its value is handed to `Work` with each file."""

Work = Callable[[Any, Any, Progress | None], Any]
"""What is done with a file; reports how far it has come."""

Failed = Callable[[Any, str], Any]
"""What is said of a file that `Work` did not come back from, and why."""

_LOOK_S = 0.5
"""So often (s) progress is looked at while other processes work."""

_AHEAD = 4
"""So many files a process are handed over at once: to look at all those of a corpus would take as long as the work."""


def in_processes(
    begin: Begin,
    files: Sequence[Any],
    workers: int,
    limit_s: float,
    work: Work,
    failed: Failed,
    reading: Callable[[Mapping[Any, tuple[float, float]]], None] = lambda now: None,
) -> Iterator[Any]:
    """What `work` makes of files, in the order in which they are done; a crash or a hang costs one file.

    Args:
      begin: called once in each process.
      files: to work on.
      workers: processes.
      limit_s: seconds after which a file is given up.
      work: done for each file, in a worker.
      failed: what to say, in this process, of a file that `work` did not come back from, and why.
      reading: learns, again and again, what is being read: how much is done, and of how much (0 where nobody
        knows), of each file.
    """
    context = multiprocessing.get_context("spawn")
    far = context.RawArray("d", 2 * len(files))  # without a lock, which a process that is killed could keep
    with ProcessPool(workers, initializer=_start, initargs=(begin, far), context=context) as pool:
        try:
            left, running = iter(enumerate(files)), dict[Future[Any], int]()
            while True:
                for place, file in islice(left, _AHEAD * workers - len(running)):
                    running[pool.schedule(_work, args=[work, file, place], timeout=limit_s)] = place
                if not running:
                    return
                for future in wait(running, timeout=_LOOK_S, return_when=FIRST_COMPLETED).done:
                    file = files[running.pop(future)]
                    why = _failure(future, file, limit_s)
                    yield failed(file, why) if why else future.result()
                places = sorted(running.values())
                reading({files[k]: (far[2 * k], far[2 * k + 1]) for k in places if far[2 * k]})
        except BaseException:
            pool.stop()
            raise


class KeptProcesses:
    """Works on files that nobody knows beforehand, in processes that are kept; a crash or a hang costs one file.

    Threads may share it. A process starts when the first file is there for it.

    Args:
      begin: called once in each process.
      workers: processes.
    """

    def __init__(self, begin: Begin, workers: int) -> None:
        context = multiprocessing.get_context("spawn")
        started = (begin, context.RawArray("d", 2))  # how far each file is, nobody asks
        self._stopped = False
        self._pool = ProcessPool(workers, initializer=_start, initargs=started, context=context)

    def made_of(self, file: Any, limit_s: float, work: Work, failed: Failed) -> Any:
        """What `work` makes of a file; arguments as `in_processes`.

        Raises:
          CancelledError: `stop` came first.
        """
        try:
            future = self._pool.schedule(_work, args=[work, file, 0], timeout=limit_s)
        except RuntimeError:  # of a pool that takes no more
            raise CancelledError from None
        wait([future])
        if self._stopped:
            raise CancelledError
        why = _failure(future, file, limit_s)
        return failed(file, why) if why else future.result()

    def stop(self) -> None:
        """Ends the processes, whatever they are doing."""
        self._stopped = True
        self._pool.stop()
        self._pool.join()


_begun: Any
_far: MutableSequence[float]


def _start(begin: Begin, far: MutableSequence[float]) -> None:
    global _begun, _far
    _begun, _far = begin(), far


def _work(work: Work, file: Any, place: int) -> Any:
    def progress(done: float, total: float | None) -> None:
        _far[2 * place], _far[2 * place + 1] = done, total or 0.0

    return work(_begun, file, progress)


def _failure(future: Future, file: Any, limit_s: float) -> str:
    """Why a worker did not come back; empty if it did."""
    try:
        future.result()
    except TimeoutError:
        return f"{file} was given up after {limit_s:g} s"
    except (ProcessExpired, MemoryError) as error:
        return f"{file} crashed its reader ({error or type(error).__name__})"
    except UserError as error:
        return str(error)
    except Exception as error:  # one file's fault must not end the others'
        return f"{file} could not be handled ({type(error).__name__}: {error})"
    return ""
