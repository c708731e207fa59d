"""Where the time of a long pass goes."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Stages:
    """Seconds spent in each named stage; a stage inside another counts for itself alone.

    Attributes:
      seconds: of each stage.
    """

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._running: list[str] = []
        self._since = time.perf_counter()

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Everything inside counts for `name`."""
        self._count()
        self._running.append(name)
        try:
            yield
        finally:
            self._count()
            self._running.pop()

    def rounded(self) -> dict[str, float]:
        """Seconds of each stage, to the millisecond."""
        return {stage: round(seconds, 3) for stage, seconds in self.seconds.items()}

    def _count(self) -> None:
        now = time.perf_counter()
        if self._running:
            self.seconds[self._running[-1]] += now - self._since
        self._since = now
