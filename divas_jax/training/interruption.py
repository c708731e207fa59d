"""Preemption and Ctrl-C: finish the step, save, leave."""

import signal
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

import jax
from jax.experimental import multihost_utils


class Interruption:
    """Notices SIGTERM (a preempted machine) and SIGINT (Ctrl-C) while it is entered.

    With several processes SIGTERM goes through JAX's own preemption service,
    which makes all of them stop after the same step.
    """

    def __init__(self) -> None:
        self.signal: int | None = None
        self._earlier: dict[int, Callable[[int, FrameType | None], Any] | int | signal.Handlers | None] = {}

    def __enter__(self) -> "Interruption":
        watched = [signal.SIGINT] if jax.process_count() > 1 else [signal.SIGINT, signal.SIGTERM]
        for number in watched:
            self._earlier[number] = signal.signal(number, self._notice)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._earlier.items():
            signal.signal(number, handler)

    def _notice(self, number: int, frame: FrameType | None) -> None:
        if self.signal is not None and number == signal.SIGINT:
            raise KeyboardInterrupt  # asked twice: leave at once, the last checkpoint is whole
        self.signal = self.signal or number  # launchers signal twice, to a group and to its leader

    def reached(self, step: int) -> bool:
        """Whether training must stop after `step`; every process gets the same answer."""
        if jax.process_count() == 1:
            return self.signal is not None
        if self.signal is not None:
            raise KeyboardInterrupt
        return multihost_utils.reached_preemption_sync_point(step)
