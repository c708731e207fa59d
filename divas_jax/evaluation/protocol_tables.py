"""Results as a terminal table, as Markdown and as JSON: the same numbers, with their units."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from divas_jax.evaluation.lengths import by_part, by_set, fine_table, lengths_table
from divas_jax.evaluation.lines import Lines, interval, markdown_table, number, percent, share_json
from divas_jax.evaluation.protocol_names import GRID, IN_SYNC, LENGTHS, OFFSETS
from divas_jax.evaluation.results import UNTRAINED, Results
from divas_jax.evaluation.sanity import sanity_json, sanity_table
from divas_jax.evaluation.scores import (
    GridScores,
    Scores,
    breakdowns,
    failures,
    grid_scores,
    scores,
    source_name,
)
from divas_jax.evaluation.trial import Trial
from divas_jax.sync.tolerances import STRICT, TOLERANCES

TITLES = {
    OFFSETS: "Random artificial offsets (4.2)",
    LENGTHS: "Random artificial offsets by what is judged",
    UNTRAINED: "The same model before training",
    IN_SYNC: "In sync, no offset added",
    GRID: "21 classes of 200 ms (5.5)",
}

KEYS = {
    "trials": "answers counted",
    "fine_accuracy": "the same as accuracy, of the sub-frame estimate, which users get",
    "bias_ms": "mean error of the sub-frame estimates that err by at most 185 ms, ms; positive: judged too early",
    "by_set_and_part": "by_part, of each data folder and of each source",
    "accuracy.NAME.share": "share of answers whose error (predicted - true offset) is inside the tolerance, 0 to 1",
    "accuracy.NAME.low, high": "95 % interval of the share, 0 to 1; several answers about one clip count for less",
    "accuracy.NAME.chance": "share of uniformly random answers in the search range that would be inside, 0 to 1",
    "mean_abs_ms, median_abs_ms": "absolute error of the searched step with the smallest distance, ms",
    "fine_mean_abs_ms, fine_median_abs_ms": "absolute error of the sub-frame estimate, ms",
    "confidence_right, confidence_wrong": "mean confidence (median - minimum distance) inside, outside of strict",
    "confidence_auc": "chance that a right answer is more confident than a wrong one, 0 to 1",
    "exact, within_one_class": "accuracy on the 21 classes from -2.0 to 2.0 s, and with the next class allowed",
    "clips, too_short": "clips with real sound 2 s each way around the offset, and clips without",
    "by_part": "the same offsets on the middle 1, 2, 4 s of each clip, as a file and as a scene, and on the whole",
    "sanity.same, small": "share of answers at the same step as without the change, moved by less than 5 ms, 0 to 1",
    "sanity.small_of_right": "the same as small, among answers that were right (strict) without the change",
    "sanity.mean_ms, median_ms": "how far the sub-frame answer moved, ms",
    "sanity.refused": "share of answers that the calibration does not tell, 0 to 1; null without a calibration",
    "sanity.confidence_auc": "chance that an unchanged pair is more confident than this one, 0 to 1",
    "median_windows": "picture windows behind an answer",
    "windows_per_s": "picture windows a second, with their sound, decoding and compilation included",
    "failures": "clips that gave no answer, and why",
}
"""What the keys of `as_json` mean."""


def tables(results: Results) -> list[Lines]:
    """Every table of the results."""
    lines: list[Lines] = []
    for name, trials in results.trials.items():
        if name == GRID:
            lines.append(_grid_table(grid_scores(trials)))
        elif name in (LENGTHS, UNTRAINED):
            lines.append(lengths_table(TITLES[name], trials))
            if name == LENGTHS:
                lines.append(fine_table(trials))
                lines += [by_set(groups)] if (groups := sets_and_sources(trials)) else []
        else:
            scores = dict(_groups(trials))
            lines += [_accuracy_table(TITLES[name], scores), _error_table(TITLES[name], scores)]
    return lines + [sanity_table(results.checks)] * bool(results.checks)


def sets_and_sources(trials: Sequence[Trial]) -> dict[str, list[Trial]]:
    """The trials of each set, and of each source of clips; nothing where there is one of each."""
    groups: dict[str, list[Trial]] = {}
    for label in (lambda trial: f"all of {trial.set}", lambda trial: source_name(trial.source)):
        names = sorted({label(trial) for trial in trials})
        if len(names) > 1:
            groups |= {name: [trial for trial in trials if label(trial) == name] for name in names}
    return groups


def speed(results: Results) -> str:
    """How much was done, how fast."""
    seconds = max(results.seconds, 1e-9)
    return (
        f"{results.clips} clips, {results.windows} windows in {results.seconds:.1f} s: "
        f"{results.clips / seconds:.1f} clips/s, {results.windows / seconds:.0f} windows/s"
    )


def as_markdown(results: Results, about: Mapping[str, Any]) -> str:
    """A whole page.

    Args:
      results: the numbers.
      about: what was evaluated, for the list at its top.
    """
    parts = ["# Evaluation", "\n".join(f"- {name}: {value}" for name, value in about.items()), speed(results) + "."]
    for lines in tables(results):
        parts += [f"## {lines.title}", markdown_table(lines), lines.note]
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
        protocols[name] = _JSON.get(name, _protocol_json)(trials)
        protocols[name]["failures"] = failures(trials)
    if results.checks:
        protocols["sanity"] = sanity_json(results.checks)
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
    for name, group_scores in groups.items():
        shares = (*group_scores.accuracy.values(), group_scores.fine_accuracy[STRICT.name])
        chance = "/".join(f"{100 * share.chance:.0f}" for share in shares[:-1]) if group_scores.trials else "-"
        rows.append((name, str(group_scores.trials), *(percent(share.value) for share in shares), chance))
        if name == "all":
            rows.append(("95 % interval", "", *(interval(share) for share in shares), ""))
    ranges = ", ".join(f"{tolerance.name} [{tolerance.late:g}, {tolerance.early:g}] ms" for tolerance in TOLERANCES)
    note = (
        f"% of answers that err by at most: {ranges}; last, strict of the sub-frame answers that users get. "
        "Chance: uniformly random answers in the search range."
    )
    head = ("clips", "trials", *(tolerance.name for tolerance in TOLERANCES), "sub-frame strict", "chance")
    return Lines(title, head, tuple(rows), note)


def _error_table(title: str, groups: Mapping[str, Scores]) -> Lines:
    rows = [
        (
            name,
            f"{number(group_scores.mean_abs_ms, 1)} / {number(group_scores.median_abs_ms, 1)}",
            f"{number(group_scores.fine_mean_abs_ms, 1)} / {number(group_scores.fine_median_abs_ms, 1)}",
            f"{number(group_scores.confidence_right, 2)} / {number(group_scores.confidence_wrong, 2)}",
            number(group_scores.confidence_auc, 3),
        )
        for name, group_scores in groups.items()
    ]
    head = ("clips", "error (ms)", "sub-frame (ms)", "confidence", "AUC")
    note = (
        "Absolute error, mean / median. Confidence of right / wrong answers (strict), mean. "
        "AUC: chance that a right answer is more confident than a wrong one."
    )
    return Lines(f"{title}: errors and confidence", head, tuple(rows), note)


def _grid_table(grid: GridScores) -> Lines:
    rows = tuple(
        (name, str(share.total), percent(share.value), interval(share), percent(share.chance))
        for name, share in (("exact class", grid.exact), ("within one class", grid.tolerant))
    )
    note = f"{grid.clips} clips are long enough for a search of 2 s each way, {grid.too_short} are not"
    return Lines(TITLES[GRID], ("21 classes", "trials", "accuracy", "95 % interval", "chance"), rows, note)


def _protocol_json(trials: list[Trial]) -> dict[str, Any]:
    groups = {
        f"by_{kind.replace(' ', '_')}": {name: _scores_json(group_scores) for name, group_scores in each.items()}
        for kind, each in breakdowns(trials).items()
    }
    return {"all": _scores_json(scores(trials)), **groups}


def _scores_json(measured: Scores) -> dict[str, Any]:
    numbers = {key: value for key, value in vars(measured).items() if not key.endswith("accuracy")}
    shares = {
        kind: {name: share_json(share) for name, share in getattr(measured, kind).items()}
        for kind in ("accuracy", "fine_accuracy")
    }
    return {"trials": measured.trials, **shares, **numbers}


def _grid_json(grid: GridScores) -> dict[str, Any]:
    return {
        "trials": grid.exact.total,
        "exact": share_json(grid.exact),
        "within_one_class": share_json(grid.tolerant),
        "clips": grid.clips,
        "too_short": grid.too_short,
        "median_windows": grid.median_windows,
    }


def _lengths_json(trials: list[Trial]) -> dict[str, Any]:
    sets = {name: _parts_json(trials_of_set) for name, trials_of_set in sets_and_sources(trials).items()}
    return {"by_part": _parts_json(trials), "by_set_and_part": sets}


def _parts_json(trials: list[Trial]) -> dict[str, Any]:
    return {name: _scores_json(part_scores) for name, part_scores in by_part(trials).items()}


_JSON: dict[str, Callable[[list], dict[str, Any]]] = {
    GRID: lambda trials: _grid_json(grid_scores(trials)),
    LENGTHS: _lengths_json,
    UNTRAINED: _lengths_json,
}
"""Protocols whose numbers have a shape of their own."""


def _finite(value: Any) -> Any:
    """The same with null for NaN and infinities, which JSON does not have."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value
