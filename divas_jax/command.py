"""What every command shares: one console, one way to fail."""

import os
import signal
import sys
import threading
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from io import TextIOWrapper
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from divas_jax.addresses import is_address
from divas_jax.compiled import OFF, keep_compiled
from divas_jax.errors import UserError
from divas_jax.extras import asked_for

EXIT_CODES = "exit code: 0 within the tolerance, 1 out of it, 2 a file could not be read, 3 cannot tell or not sure"
"""Of the commands that judge files, for their help."""

DONE_OR_NOT = "exit code: 0 done, 2 something named here cannot be used (one sentence says what)"
"""Of the commands that judge nothing."""


def command_parser(prog: str, description: str, examples: Sequence[str], end: str = "") -> ArgumentParser:
    """A parser whose help begins with examples.

    Args:
      prog: the command as users type it.
      description: what it does, a sentence.
      examples: command lines, each with what it is for after a `#`.
      end: the last words of the help.
    """
    lines = "\n".join(f"  {example}" for example in examples)
    text = f"{description}\n\nexamples:\n{lines}"
    parser = _Parser(prog=prog, description=text, epilog=end, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument_group("for developers").add_argument(
        OFF, action="store_true", help="neither keep nor use what earlier commands compiled"
    )
    return parser


class _Parser(ArgumentParser):
    """Says what is wrong in one sentence; the options are in the help."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"error: {message} ({self.prog} --help lists all)\n")


_LINE_S = 30.0
"""So often a log learns how far a command is (s)."""

_STEADY_S = 120.0
"""Over so many seconds a speed is taken, for the time left."""

_BY_SIGNAL = 128
"""What shells add to the number of the signal that ended a command."""


class _PipedConsole(Console):
    """Where nobody reads any more it says so, as `print` does; on a terminal with a bar it writes above the bar."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError

    def print(self, *objects: Any, **how: Any) -> None:
        """As `rich` prints; the console that draws a bar is the only one that may write beside it."""
        drawing = _drawing[-1] if _drawing and self.is_terminal else self
        super(_PipedConsole, drawing).print(*objects, **how)


_drawing: list["_PipedConsole"] = []
"""The console that draws a progress bar now; empty while none is drawn."""


class TerminatedError(KeyboardInterrupt):
    """Asked to end by SIGTERM, as service managers and batch systems do; as good as Ctrl-C."""


console = _PipedConsole(emoji=False, highlight=False)
errors = _PipedConsole(emoji=False, stderr=True, highlight=False, soft_wrap=True)


def check_any_exists(files: Sequence[Path]) -> None:
    """Refuses files of which none is there, before anything slow begins; if some are, the others are told of later.

    Raises:
      UserError: there is none; the first is named.
    """
    if files and not any(os.path.lexists(file) or is_address(file) for file in files):  # addresses: told of later
        raise UserError(f"{files[0]} does not exist")


@contextmanager
def progress_bar(shown: bool = True) -> Iterator[Progress]:
    """A bar with share, time and time left, on the error stream; where that is no terminal a line now and then.

    The time left comes from the speed of the last two minutes: faces and speech make films slow in places.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    times = (TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
    lines = shown and not errors.is_terminal
    shown = shown and errors.is_terminal
    with Progress(
        *columns, *times, console=errors, transient=True, disable=not shown, speed_estimate_period=_STEADY_S
    ) as progress:
        _drawing.extend([errors] * shown)
        try:
            with _told_in_lines(progress) if lines else nullcontext():
                yield progress
        finally:
            del _drawing[len(_drawing) - shown :]


@contextmanager
def _told_in_lines(progress: Progress) -> Iterator[None]:
    """Says every `_LINE_S` seconds how far it is, for logs."""
    ended = threading.Event()

    def tell() -> None:
        while not ended.wait(_LINE_S):
            for task in progress.tasks:
                share = f"{task.percentage:.0f} %" if task.total else "under way"
                if not task.finished:
                    errors.print(f"{task.description}: {share} after {task.elapsed or 0:.0f} s", markup=False)

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        ended.set()
        teller.join()


def run(main: Callable[[], int | None]) -> int:
    """Runs a command and returns its exit code.

    2 and one sentence on bad input, or where an extra of the package is not installed, 130 on Ctrl-C, 143 on SIGTERM,
    141 where nobody reads what it says any more (a pipe to `head`); in all of them what is half-written goes.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names of files may hold what a terminal cannot show
    keep_compiled()
    try:
        with _terminated():
            return main() or 0
    except UserError as error:
        errors.print("[bold red]error:[/]", escape(str(error)))
        return 2
    except ModuleNotFoundError as error:
        sentence = asked_for(_name(), error.name or "")
        if sentence is None:  # no extra brings it: the installation is broken, or the code
            raise
        errors.print("[bold red]error:[/]", escape(sentence))
        return 2
    except TerminatedError:
        errors.print("stopped from outside")
        return _BY_SIGNAL + signal.SIGTERM
    except KeyboardInterrupt:
        errors.print("stopped by the user")
        return _BY_SIGNAL + signal.SIGINT
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what Python still holds goes nowhere
        return _BY_SIGNAL + signal.SIGPIPE


def _name() -> str:
    """The command that runs, called as `divas score` or as `python -m divas_jax.score`."""
    return Path(sys.argv[0]).stem.removeprefix("divas ")


@contextmanager
def _terminated() -> Iterator[None]:
    """Raises `TerminatedError` on SIGTERM, which would end the process without any cleaning up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, frame: FrameType | None) -> None:
        raise TerminatedError

    earlier = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, earlier)
