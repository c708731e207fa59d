"""What every command shares: one console, one way to fail."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from divas_jax.errors import UserError

console = Console(emoji=False, highlight=False)
errors = Console(emoji=False, stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A bar with share, time and time left, on the error stream; none where that is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    times = (TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
    with Progress(*columns, *times, console=errors, transient=True, disable=not errors.is_terminal) as progress:
        yield progress


def run(main: Callable[[], int | None]) -> int:
    """Runs a command and returns its exit code: 2 and one sentence on bad input, 130 on Ctrl-C."""
    try:
        return main() or 0
    except UserError as error:
        errors.print("[bold red]error:[/]", escape(str(error)))
        return 2
    except KeyboardInterrupt:
        errors.print("stopped by the user")
        return 130
