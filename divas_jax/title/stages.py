"""Where the time of a long pass goes."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Stages:
    """Seconds spent in each named stage; a stage inside another counts for itself alone.

    Threads count side by side, so that all stages together may take longer than the pass.

    Attributes:
      seconds: of each stage.
    """

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._running: dict[int, list[str]] = {}
        self._since: dict[int, float] = {}

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Everything inside counts for `name`."""
        running = self._running.setdefault(threading.get_ident(), [])
        self._count(running)
        running.append(name)
        try:
            yield
        finally:
            self._count(running)
            running.pop()

    def rounded(self) -> dict[str, float]:
        """Seconds of each stage, to the millisecond."""
        return {stage: round(seconds, 3) for stage, seconds in self.seconds.items()}

    def _count(self, running: list[str]) -> None:
        now, thread = time.perf_counter(), threading.get_ident()
        if running:
            self.seconds[running[-1]] += now - self._since[thread]
        self._since[thread] = now
