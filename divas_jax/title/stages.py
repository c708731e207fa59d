"""Where the time of a long pass goes."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Stages:
    """Seconds spent in each named stage; a stage inside another counts for itself alone.

    Threads count for themselves: their stages run beside each other, and together may take longer than the pass.

    Attributes:
      seconds: of each stage.
    """

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._local = threading.local()

    def __reduce__(self) -> tuple[Callable[[dict[str, float]], "Stages"], tuple[dict[str, float]]]:
        """Other processes learn the seconds; what threads are in stays here."""
        return _of_seconds, (dict(self.seconds),)

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Everything inside counts for `name`."""
        running = self._count()
        running.append(name)
        try:
            yield
        finally:
            self._count()
            running.pop()

    def rounded(self) -> dict[str, float]:
        """Seconds of each stage, to the millisecond."""
        return {stage: round(seconds, 3) for stage, seconds in self.seconds.items()}

    def _count(self) -> list[str]:
        """Counts the time since this thread's last change of stage; returns the stages that it is in."""
        now, local = time.perf_counter(), self._local
        running: list[str] = getattr(local, "running", [])
        if running:
            self.seconds[running[-1]] += now - local.since
        local.running, local.since = running, now
        return running


def _of_seconds(seconds: dict[str, float]) -> Stages:
    """The inverse of `Stages.__reduce__`."""
    stages = Stages()
    stages.seconds.update(seconds)
    return stages
