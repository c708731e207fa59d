"""What every command shares: one console, one way to fail."""

from collections.abc import Callable

from rich.console import Console
from rich.markup import escape

from divas_jax.errors import UserError

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


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
