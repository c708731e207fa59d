"""What the commands that judge files say of each, and what their exit codes are."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Literal

Outcome = Literal["in", "out", "doubtful", "thin", "failed"]
"""Within the tolerance, out of it, one of both but not surely, not enough evidence, or not read."""

_SHOWN: dict[Outcome, str] = {
    "in": "[green]within tolerance[/]",
    "out": "[bold red]OUT OF TOLERANCE[/]",
    "doubtful": "[yellow]not sure        [/]",
    "thin": "[yellow]cannot tell     [/]",
    "failed": "[bold red]not read:       [/]",
}
_EXIT: tuple[tuple[Outcome, int], ...] = (("failed", 2), ("out", 1), ("doubtful", 3), ("thin", 3))

WORDS: dict[Outcome, str] = {
    "in": "within tolerance",
    "out": "out of tolerance",
    "doubtful": "not sure",
    "thin": "cannot tell",
    "failed": "not read",
}
"""What records and tables call them."""

SURE = 0.9
"""From this probability on a file is called within the tolerance, or out of it."""


def sided(within: bool | None, chance_within: float | None, sure: float = SURE) -> Outcome:
    """What to call a file that was read.

    Args:
      within: whether its offset is in the tolerance; None where none is told.
      chance_within: the probability of that, 0 to 1; None where nobody knows.
      sure: least probability of what is called so.
    """
    if within is None:
        return "thin"
    chance = float(within) if chance_within is None else chance_within
    if chance >= sure:
        return "in"
    return "out" if 1 - chance >= sure else "doubtful"


def outcome_of(record: Mapping[str, Any], sure: float) -> Outcome:
    """What is said of a file.

    Args:
      record: of `title/file_record.py`.
      sure: least probability of what is called within the tolerance, or out of it.
    """
    if record["status"] != "told":
        outcome: Outcome = record["status"]
        return outcome
    return sided(record["within_tolerance"], record["chance_within"], sure)


def doubt_words(chance_within: float) -> str:
    """Of a file that is not surely on either side."""
    side = "within the tolerance" if chance_within >= 0.5 else "out of tolerance"
    return f"probably {side} ({100 * max(chance_within, 1 - chance_within):.0f} %)"


def tolerance_line(record: Mapping[str, Any], sure: float) -> str:
    """What a file of which an offset is told is for whom it has to keep to a tolerance; in rich's markup.

    Args:
      record: of `title/file_record.py`.
      sure: least probability of what is called within the tolerance, or out of it.
    """
    outcome, limits = outcome_of(record, sure), record["tolerance"]["words"]
    if outcome == "doubtful":
        return f"{_SHOWN[outcome].replace(' ' * 8, '')}: {doubt_words(record['chance_within'])}; {limits}"
    return f"{_SHOWN[outcome]} ({limits})"


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
      what: the files are called, in the plural.
      tolerance: its name.
    """
    counted = ", ".join(f"{outcomes[each]} {words}" for each, words in WORDS.items() if outcomes[each])
    files = outcomes.total()
    return f"{files} {what if files != 1 else what[:-1]}: {counted} (tolerance: {tolerance})"


def exit_code(outcomes: Counter[Outcome]) -> int:
    """2 if a file could not be read, else 1 if one surely is out, 3 if one cannot be told or is doubtful, else 0."""
    return next((code for outcome, code in _EXIT if outcomes[outcome]), 0)
