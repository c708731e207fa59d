"""The processes in which titles are worked on, one set for all threads of a process of Beam's."""

import threading
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

from divas_jax.catalogue.plan import Plan
from divas_jax.title.processes import KeptProcesses

_lock = threading.Lock()
_running: KeptProcesses | None = None
_stopping = False


def made_isolated(plan: Plan, file: Path) -> dict[str, Any]:
    """A title's record, that of its failure where it crashed, hung or could not be handled.

    Raises:
      CancelledError: the pipeline is being stopped: nothing is known of this title.
    """
    global _running
    with _lock:
        if _stopping:
            raise CancelledError
        if _running is None:
            _running = KeptProcesses(plan.begin, plan.workers)
        processes = _running
    return processes.made_of(file, plan.limit_s, plan.work, plan.failed)


def begin() -> None:
    """Before a pipeline that this process starts."""
    global _stopping
    with _lock:
        _stopping = False


def end() -> None:
    """After it, or where it was stopped: no process stays behind, and what is still asked for is cancelled."""
    global _running, _stopping
    with _lock:
        _stopping, processes, _running = True, _running, None
    if processes:
        processes.stop()
