"""What the commands that judge files say of each, and what their exit codes are."""

from collections import Counter
from typing import Literal

Outcome = Literal["in", "out", "thin", "failed"]
"""Within the tolerance, out of it, not enough evidence, or not read."""

_SHOWN: dict[Outcome, str] = {
    "in": "[green]within tolerance[/]",
    "out": "[bold red]OUT OF TOLERANCE[/]",
    "thin": "[yellow]cannot tell     [/]",
    "failed": "[bold red]not read        [/]",
}
_COUNTED: dict[Outcome, str] = {
    "in": "within the tolerance",
    "out": "out of it",
    "thin": "without enough evidence",
    "failed": "not read",
}
_EXIT: tuple[tuple[Outcome, int], ...] = (("failed", 2), ("out", 1), ("thin", 3))


def outcome_line(outcome: Outcome, sentence: str) -> str:
    """One file's line.

    Args:
      outcome: what is said of the file.
      sentence: in rich's markup; names the file.
    """
    return f"{_SHOWN[outcome]} {sentence}"


def outcome_sum(outcomes: Counter[Outcome], what: str, tolerance: str) -> str:
    """The last line of a batch.

    Args:
      outcomes: how many files have which.
      what: the files are called.
      tolerance: its name.
    """
    told = ", ".join(f"{outcomes[each]} {words}" for each, words in _COUNTED.items() if outcomes[each])
    return f"{outcomes.total()} {what}: {told} (tolerance: {tolerance})"


def exit_code(outcomes: Counter[Outcome]) -> int:
    """2 if a file could not be read, else 1 if one is out, else 3 if the evidence was not enough for one, else 0."""
    return next((code for outcome, code in _EXIT if outcomes[outcome]), 0)
