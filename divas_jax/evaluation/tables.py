"""Results as a terminal table, as Markdown and as JSON: the same numbers, with their units."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from divas_jax.evaluation.results import GRID, IN_SYNC, OFFSETS, Results
from divas_jax.evaluation.scores import (
    GridScores,
    Scores,
    Share,
    breakdowns,
    failures,
    grid_scores,
    scores,
)
from divas_jax.evaluation.trial import Trial
from divas_jax.sync.tolerances import TOLERANCES

TITLES = {
    OFFSETS: "Random artificial offsets (4.2)",
    IN_SYNC: "In sync, no offset added",
    GRID: "21 classes of 200 ms (5.5)",
}

KEYS = {
    "trials": "answers counted",
    "accuracy.NAME.share": "share of answers whose error (predicted - true offset) is inside the tolerance, 0 to 1",
    "accuracy.NAME.low, high": "95 % Wilson interval of the share, 0 to 1",
    "accuracy.NAME.chance": "share of uniformly random answers in the search range that would be inside, 0 to 1",
    "mean_abs_ms, median_abs_ms": "absolute error of the searched step with the smallest distance, ms",
    "fine_mean_abs_ms, fine_median_abs_ms": "absolute error of the sub-frame estimate, ms",
    "confidence_right, confidence_wrong": "mean confidence (median - minimum distance) inside, outside of strict",
    "confidence_auc": "chance that a right answer is more confident than a wrong one, 0 to 1",
    "exact, within_one_class": "accuracy on the 21 classes from -2.0 to 2.0 s, and with the next class allowed",
    "clips, too_short": "clips with real sound 2 s each way around the offset, and clips without",
    "median_windows": "picture windows behind an answer",
    "windows_per_s": "picture windows a second, with their sound, decoding and compilation included",
    "failures": "clips that gave no answer, and why",
}
"""What the keys of `as_json` mean."""


@dataclass(frozen=True)
class Lines:
    """One table as text.

    Attributes:
      title: above it.
      head: names of the columns.
      rows: cells, as many in each row.
      note: below it.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def tables(results: Results) -> list[Lines]:
    """Every table of the results."""
    found: list[Lines] = []
    for name, trials in results.trials.items():
        if name == GRID:
            found.append(_grid_table(grid_scores(trials)))
        else:
            groups = dict(_groups(trials))
            found += [_accuracy_table(TITLES[name], groups), _error_table(TITLES[name], groups)]
    return found


def speed(results: Results) -> str:
    """How much was done, how fast."""
    seconds = max(results.seconds, 1e-9)
    return (
        f"{results.clips} clips, {results.windows} windows in {results.seconds:.1f} s: "
        f"{results.clips / seconds:.1f} clips/s, {results.windows / seconds:.0f} windows/s"
    )


def as_rich(lines: Lines) -> Table:
    """For the terminal."""
    table = Table(title=lines.title, caption=lines.note or None, title_justify="left", caption_justify="left")
    for index, name in enumerate(lines.head):
        table.add_column(name, justify="left" if index == 0 else "right", no_wrap=index == 0)
    for row in lines.rows:
        table.add_row(*row)
    return table


def as_markdown(results: Results, about: Mapping[str, Any]) -> str:
    """A whole page.

    Args:
      results: the numbers.
      about: what was evaluated, for the list at its top.
    """
    parts = ["# Evaluation", "\n".join(f"- {name}: {value}" for name, value in about.items()), speed(results) + "."]
    for lines in tables(results):
        head = "| " + " | ".join(lines.head) + " |\n|" + " --- |" + " ---: |" * (len(lines.head) - 1)
        body = "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines.rows)
        parts += [f"## {lines.title}", f"{head}\n{body}", lines.note]
    missing = all_failures(results)
    if missing:
        parts += [f"## No answer: {len(missing)} clips", "\n".join(f"- {name}: {why}" for name, why in missing.items())]
    return "\n\n".join(part for part in parts if part) + "\n"


def as_json(results: Results, about: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers for other programs; `keys` in it tells what each means. Unknown numbers are null.

    Args:
      results: the numbers.
      about: what was evaluated; becomes `about`.
    """
    protocols = {}
    for name, trials in results.trials.items():
        protocols[name] = _grid_json(grid_scores(trials)) if name == GRID else _protocol_json(trials)
        protocols[name]["failures"] = failures(trials)
    seconds = max(results.seconds, 1e-9)
    rates = {"windows_per_s": results.windows / seconds, "clips_per_s": results.clips / seconds}
    read = {"clips": results.clips, "windows": results.windows, "seconds": results.seconds} | rates
    return _finite({"about": dict(about), "read": read, "protocols": protocols, "keys": KEYS})


def all_failures(results: Results) -> dict[str, str]:
    """Clips without an answer under the offset protocols, and why (the grid counts its own)."""
    return {
        name: why for key, trials in results.trials.items() if key != GRID for name, why in failures(trials).items()
    }


def _groups(trials: list[Trial]) -> Iterator[tuple[str, Scores]]:
    yield "all", scores(trials)
    for groups in breakdowns(trials).values():
        yield from groups.items()


def _accuracy_table(title: str, groups: Mapping[str, Scores]) -> Lines:
    rows = []
    for name, found in groups.items():
        shares = found.accuracy.values()
        chance = "/".join(f"{100 * share.chance:.0f}" for share in shares) if found.trials else "-"
        rows.append((name, str(found.trials), *(_percent(share.value) for share in shares), chance))
        if name == "all":
            rows.append(("95 % interval", "", *(_interval(share) for share in shares), ""))
    ranges = ", ".join(f"{one.name} [{one.late:g}, {one.early:g}] ms" for one in TOLERANCES)
    note = f"% of answers that err by at most: {ranges}. Chance: uniformly random answers in the search range."
    return Lines(title, ("clips", "trials", *(one.name for one in TOLERANCES), "chance"), tuple(rows), note)


def _error_table(title: str, groups: Mapping[str, Scores]) -> Lines:
    rows = [
        (
            name,
            f"{_number(found.mean_abs_ms, 1)} / {_number(found.median_abs_ms, 1)}",
            f"{_number(found.fine_mean_abs_ms, 1)} / {_number(found.fine_median_abs_ms, 1)}",
            f"{_number(found.confidence_right, 2)} / {_number(found.confidence_wrong, 2)}",
            _number(found.confidence_auc, 3),
        )
        for name, found in groups.items()
    ]
    head = ("clips", "error (ms)", "sub-frame (ms)", "confidence", "AUC")
    note = (
        "Absolute error, mean / median. Confidence of right / wrong answers (strict), mean. "
        "AUC: chance that a right answer is more confident than a wrong one."
    )
    return Lines(f"{title}: errors and confidence", head, tuple(rows), note)


def _grid_table(found: GridScores) -> Lines:
    rows = tuple(
        (name, str(share.total), _percent(share.value), _interval(share), _percent(share.chance))
        for name, share in (("exact class", found.exact), ("within one class", found.tolerant))
    )
    note = f"{found.clips} clips are long enough for a search of 2 s each way, {found.too_short} are not"
    return Lines(TITLES[GRID], ("21 classes", "trials", "accuracy", "95 % interval", "chance"), rows, note)


def _protocol_json(trials: list[Trial]) -> dict[str, Any]:
    groups = {
        f"by_{kind.replace(' ', '_')}": {name: _scores_json(found) for name, found in each.items()}
        for kind, each in breakdowns(trials).items()
    }
    return {"all": _scores_json(scores(trials)), **groups}


def _scores_json(found: Scores) -> dict[str, Any]:
    numbers = {key: value for key, value in vars(found).items() if key != "accuracy"}
    accuracy = {name: _share_json(share) for name, share in found.accuracy.items()}
    return {"trials": found.trials, "accuracy": accuracy, **numbers}


def _share_json(share: Share) -> dict[str, float]:
    low, high = share.interval
    return {"share": share.value, "low": low, "high": high, "chance": share.chance}


def _grid_json(found: GridScores) -> dict[str, Any]:
    return {
        "trials": found.exact.total,
        "exact": _share_json(found.exact),
        "within_one_class": _share_json(found.tolerant),
        "clips": found.clips,
        "too_short": found.too_short,
        "median_windows": found.median_windows,
    }


def _finite(value: Any) -> Any:
    """The same with null for NaN and infinities, which JSON does not have."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _interval(share: Share) -> str:
    return "-".join(_percent(end) for end in share.interval) if share.total else "-"


def _percent(share: float) -> str:
    return _number(100 * share, 1)


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else "-"
