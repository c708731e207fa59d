"""One way to judge many files: in this process or in others, with bars, a journal, and a clean end where it is stopped.

What comes out of each file is a record: plain values, `file` among them.
"""

import argparse
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from rich.markup import escape
from rich.progress import Progress, TaskID

from divas_jax import __version__
from divas_jax.command import console, errors, progress_bar
from divas_jax.writing import STANDARD_OUTPUT, write_json, write_text

if TYPE_CHECKING:
    from rich.console import Console

    from divas_jax.title.batch import Settings
    from divas_jax.title.processes import Begin, Failed, Work

Record = dict[str, Any]
T = TypeVar("T")


@dataclass
class Driven:
    """What became of a batch.

    Attributes:
      records: of the files that are done, in the order in which they were named.
      left: how many are not.
      stopped: by whom; None where the batch came to its end.
    """

    records: list[Record] = field(default_factory=list)
    left: int = 0
    stopped: KeyboardInterrupt | None = None

    def end(self, way: str = "") -> None:
        """Says how many files are done and how to go on, if the batch was stopped, and passes that on.

        Args:
          way: how to go on, the end of a sentence, as `way_on` says it; empty where there is none.

        Raises:
          KeyboardInterrupt: it was.
        """
        if self.stopped is None:
            return
        count = f"{len(self.records)} of {len(self.records) + self.left} files are done"
        errors.print("; ".join(filter(None, (count, way))))
        raise self.stopped


def way_on(journal: Path | None) -> str:
    """How a batch that was stopped goes on, for `Driven.end`."""
    return "the same command does the rest" if journal else "with --journal FILE, the next run would do only the rest"


def until_stopped(records: Iterable[T], each: Callable[[T], None]) -> KeyboardInterrupt | None:
    """Hands each record on as soon as it is there; Ctrl-C and SIGTERM end that and come back, else None."""
    try:
        for record in records:
            each(record)
    except KeyboardInterrupt as stop:
        return stop
    return None


def drive(
    arguments: argparse.Namespace,
    settings: "Settings",
    files: Sequence[Path],
    show: Callable[[Record], None],
    work: "Work",
    failed: "Callable[[Settings, Path, str], Record]",
) -> Driven:
    """Judges files; Ctrl-C and SIGTERM end it with what is done so far.

    Args:
      arguments: of `add_batch_arguments`.
      settings: how files are judged.
      files: to judge, each once.
      show: called with each record as soon as it is there.
      work: makes its record; travels to worker processes.
      failed: the record of a file that `work` did not come back from, and why.
    """
    from divas_jax.loading import load_judge, weights_folder  # late: bad arguments start no JAX
    from divas_jax.title.batch import file_judge
    from divas_jax.title.file_record import SCHEMA
    from divas_jax.title.journal import Journal

    answers_depend_on = f"{__version__} {SCHEMA} {weights_folder(arguments.checkpoint).resolve()} {settings}"
    journal = Journal(arguments.journal, answers_depend_on) if arguments.journal else None
    done = {file: journal.done[str(file)] for file in files if journal and str(file) in journal.done}
    todo = [file for file in files if file not in done]
    if done and not arguments.quiet:
        console_for(arguments).print(f"{len(done)} of {len(files)} files were judged before")

    def keep(record: Record) -> None:
        show(record)
        done[Path(record["file"])] = record
        if journal:
            journal.add(record)

    begin = functools.partial(file_judge, functools.partial(load_judge, arguments.checkpoint), settings)
    failed_record = functools.partial(failed, settings)
    workers = arguments.workers if arguments.workers is not None else int(len(todo) > 1)
    records = each_done(begin, todo, workers, arguments.limit, work, failed_record, arguments.quiet)
    stopped = until_stopped(records, keep)
    return Driven([done[file] for file in files if file in done], len(files) - len(done), stopped)


def console_for(arguments: argparse.Namespace) -> "Console":
    """Where sentences go: the error stream, where `-` gives the standard output to a table."""
    return errors if STANDARD_OUTPUT in (arguments.json, arguments.csv) else console


def write_tables(
    arguments: argparse.Namespace, records: Sequence[Record], csv_text: Callable[[Sequence[Record]], str]
) -> None:
    """Writes what --json and --csv ask for."""
    if arguments.json:
        tolerance = arguments.tolerance.name
        write_json(arguments.json, {"divas_jax": __version__, "tolerance": tolerance, "files": list(records)})
    if arguments.csv:
        write_text(arguments.csv, csv_text(records))


def each_done(
    begin: "Begin",
    files: Sequence[Any],
    workers: int,
    limit_s: float,
    work: "Work",
    failed: "Failed",
    quiet: bool = False,
) -> Iterator[Record]:
    """The files' records, in the order in which they finish, with bars.

    Args:
      begin: loads the model, once in each process.
      files: paths, or anything else that can be pickled and has a `name`.
      workers: processes; 0 takes this one.
      limit_s: seconds after which a file is given up; not in this process.
      work: makes a file's record.
      failed: the record of a file that `work` did not come back from.
      quiet: whether bars are left out.
    """
    if not files:
        return
    from divas_jax.title.processes import in_processes

    with progress_bar(shown=not quiet) as progress:
        bars = _Bars(progress, len(files))
        if not workers:
            begun = begin()
            for file in files:
                yield work(begun, file, functools.partial(_show_one, bars, file))
                bars.finished()
            return
        for record in in_processes(begin, files, min(workers, len(files)), limit_s, work, failed, bars.show):
            yield record
            bars.finished()


def _show_one(bars: "_Bars", file: Any, done: float, total: float | None) -> None:
    bars.show({file: (done, total or 0.0)})


class _Bars:
    """A bar for the files, where there are several, and one for each that is being read."""

    def __init__(self, progress: Progress, files: int) -> None:
        self._progress, self._inside = progress, dict[Any, TaskID]()
        self._files = progress.add_task(f"{files} files", total=files) if files > 1 else None

    def show(self, reading: Mapping[Any, tuple[float, float]]) -> None:
        """Of each file that is being read: how much is done, and of how much (0 where nobody knows), in one unit."""
        for file in self._inside.keys() - reading.keys():
            self._progress.remove_task(self._inside.pop(file))
        for file, (done, total) in reading.items():
            if file not in self._inside:
                self._inside[file] = self._progress.add_task(escape(file.name), total=None)
            self._progress.update(self._inside[file], completed=done, total=total or None)

    def finished(self) -> None:
        """Another file is done."""
        if self._files is not None:
            self._progress.advance(self._files)
