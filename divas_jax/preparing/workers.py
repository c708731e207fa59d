"""Worker processes that turn candidates into staged clips; a file that crashes its reader costs only itself."""

from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol, runtime_checkable

from divas_jax.data.clip_record import ClipRecord
from divas_jax.data.worker_pool import without_ctrl_c, worker_pool
from divas_jax.errors import ManifestError, UserError
from divas_jax.preparing.staging import Staged, stage

_QUEUED = 4  # candidates waiting for each worker


@runtime_checkable
class Candidate(Protocol):
    """Something that may become a clip; travels to worker processes.

    Attributes:
      name: unique within its split.
      split: "train", "val" or "test".
    """

    @property
    def name(self) -> str: ...  # noqa: D102 (told above)

    @property
    def split(self) -> str: ...  # noqa: D102

    def record(self) -> ClipRecord:
        """The clip, of the candidate's own name and split; a UserError rejects it."""
        ...


@dataclass(frozen=True)
class Rejected:
    """A candidate that is of no use.

    Attributes:
      name: its name.
      why: a sentence, beginning with the name.
    """

    name: str
    why: str


def attempt(candidate: Candidate, folder: Path) -> Staged | Rejected:
    """Stages one candidate in `folder`, or says why not.

    Raises:
      ManifestError: what was said of it is wrong; that is for the user to mend, not a clip to be left out.
    """
    try:
        record = candidate.record()
    except ManifestError:
        raise
    except UserError as error:
        return Rejected(candidate.name, str(error))
    return stage(record, folder)


def attempts(candidates: Sequence[Candidate], folder: Path, workers: int) -> Iterator[Staged | Rejected]:
    """Stages candidates in `folder`; outcomes come in the order in which they are done.

    Args:
      candidates: what to try.
      folder: the staging area.
      workers: processes; 1 does everything in this one.
    """
    workers = min(workers, len(candidates))
    if workers <= 1:
        yield from (attempt(candidate, folder) for candidate in candidates)
        return
    waiting, crashed = iter(candidates), True
    while crashed:
        flying: dict[Future[Staged | Rejected], Candidate] = {}
        try:
            with worker_pool(workers) as pool:
                yield from _flow(pool, waiting, folder, flying, _QUEUED * workers)
            crashed = False
        except BrokenProcessPool:
            yield from _one_by_one(list(flying.values()), folder)


def _flow(
    pool: ProcessPoolExecutor,
    waiting: Iterator[Candidate],
    folder: Path,
    flying: dict[Future[Staged | Rejected], Candidate],
    most: int,
) -> Iterator[Staged | Rejected]:
    while True:
        for candidate in islice(waiting, most - len(flying)):
            flying[_submit(pool, candidate, folder)] = candidate
        if not flying:
            return
        for done in wait(flying, return_when=FIRST_COMPLETED).done:
            outcome = done.result()
            del flying[done]
            yield outcome


def _submit(pool: ProcessPoolExecutor, candidate: Candidate, folder: Path) -> Future[Staged | Rejected]:
    try:
        with without_ctrl_c():
            return pool.submit(attempt, candidate, folder)
    except BrokenProcessPool as error:
        # Fails later, like those that were already in the pool, so that none is lost.
        failed: Future[Staged | Rejected] = Future()
        failed.set_exception(error)
        return failed


def _one_by_one(suspects: list[Candidate], folder: Path) -> Iterator[Staged | Rejected]:
    """Finds out which of the candidates that were in flight crashed its reader."""
    while suspects:
        with worker_pool(1) as pool:
            try:
                while suspects:
                    yield _submit(pool, suspects[0], folder).result()
                    del suspects[0]
            except BrokenProcessPool:
                guilty = suspects.pop(0)
                yield Rejected(guilty.name, f"{guilty.name} crashes the process that reads it")
