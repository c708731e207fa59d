"""Active speaker detection (5.6, Table 6): who is said to speak when against who does, as precision, recall and F1."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import numpy as np
from jaxtyping import Float

from divas_jax.errors import UserError
from divas_jax.evaluation.face_time import ALONE, AMONG, LEAST_OVERLAP, NOBODY, SEVERAL, SceneTime, scene_times
from divas_jax.faces.speaker_labels import SpeakerLabel, labels_by_file, read_labels

CONDITIONS = (ALONE, AMONG, SEVERAL)
"""The columns S, SI and MS of Table 6."""

AVERAGE, ALL = "average of the three", "all scenes together"

DRAWS = 2000
"""Times that scenes are drawn anew for an interval."""

NAN = float("nan")


@dataclass(frozen=True)
class SpeakerScore:
    """How well speakers were told, over scenes.

    Attributes:
      scenes: so many.
      labelled_s: face-seconds that are labelled (s).
      speaking_s: of them, with a speaking face (s).
      found: share of the labelled face-seconds in which the face was found at all (0 to 1).
      precision: share of the face-seconds said to speak that do (0 to 1).
      recall: share of the speaking face-seconds that were told (0 to 1).
      f1: harmonic mean of the two; NaN where nobody speaks and nobody is said to.
      interval: of F1, 95 %, scenes drawn anew with replacement; NaN of fewer than two scenes.
      everybody_f1: of the answer that every labelled face speaks all the time.
      random_f1: of a coin for every labelled face and moment, from its expected face-seconds.
    """

    scenes: int
    labelled_s: float
    speaking_s: float
    found: float
    precision: float
    recall: float
    f1: float
    interval: tuple[float, float]
    everybody_f1: float
    random_f1: float


def compare_labels(
    true: Sequence[SpeakerLabel], predicted: Sequence[SpeakerLabel], least_overlap: float = LEAST_OVERLAP
) -> list[SceneTime]:
    """Compares two tables of any number of files; files that only `predicted` knows do not count.

    Args:
      true: labels.
      predicted: what is judged; a labelled file that is not in it has no face found.
      least_overlap: boxes that overlap less (intersection over union) are different faces.

    Raises:
      UserError: names of files in the two tables can be matched in several ways.
    """
    answers = labels_by_file(predicted)
    files = labels_by_file(true)
    matched = {file: _matching(file, answers) for file in files}
    for name in matched.values():
        if name is not None and list(matched.values()).count(name) > 1:
            raise UserError(f"{name} means several of the labelled files: write more of their paths")
    return [
        scene
        for file, rows in files.items()
        for scene in scene_times(rows, answers.get(matched[file] or "", ()), least_overlap)
    ]


def _matching(file: str, answers: Mapping[str, Any]) -> str | None:
    """The name in `answers` of a file: the same, or one path ends with the other."""
    if file in answers:
        return file
    parts = PurePath(file).parts
    matching = [name for name in answers if _ends_alike(parts, PurePath(name).parts)]
    if len(matching) > 1:
        raise UserError(f"{file} may be any of {', '.join(sorted(matching)[:3])}: write more of its path")
    return matching[0] if matching else None


def _ends_alike(parts: tuple[str, ...], others: tuple[str, ...]) -> bool:
    count = min(len(parts), len(others))
    return parts[-count:] == others[-count:]


def speaker_scores(scenes: Sequence[SceneTime], seed: int = 0) -> dict[str, SpeakerScore]:
    """Scores of the conditions of Table 6, their average, of scenes in which nobody speaks, and of all.

    The paper averages the conditions, however many scenes each has; so does `AVERAGE`, of those
    that have any. `ALL` adds up the face-seconds of every scene.

    Args:
      scenes: compared.
      seed: of the intervals.
    """
    groups = {kind: [scene for scene in scenes if scene.condition == kind] for kind in (*CONDITIONS, NOBODY)}
    scored = {kind: _score([group], seed) for kind, group in groups.items() if group}
    three = [groups[kind] for kind in CONDITIONS if groups[kind]]
    average = {AVERAGE: _score(three, seed)} if len(three) > 1 else {}
    nobody = {NOBODY: scored.pop(NOBODY)} if NOBODY in scored else {}
    return {**scored, **average, **nobody, **({ALL: _score([list(scenes)], seed)} if scenes else {})}


def _score(groups: Sequence[Sequence[SceneTime]], seed: int) -> SpeakerScore:
    """The score of one group of scenes, or the plain mean over several."""
    sums = [_totals(group).sum(0) for group in groups]
    quiet = [labelled - speaking for _, _, _, speaking, labelled, _ in sums]

    def mean(values: Sequence[float]) -> float:
        return float(np.mean(values)) if len(values) else NAN

    return SpeakerScore(
        scenes=sum(map(len, groups)),
        labelled_s=float(sum(totals[4] for totals in sums)),
        speaking_s=float(sum(totals[3] for totals in sums)),
        found=mean([_ratio(totals[5], totals[4]) for totals in sums]),
        precision=mean([_ratio(totals[0], totals[0] + totals[1]) for totals in sums]),
        recall=mean([_ratio(totals[0], totals[3]) for totals in sums]),
        f1=mean([float(_f1(totals)) for totals in sums]),
        interval=_interval(groups, seed),
        everybody_f1=mean(
            [_ratio(2 * totals[3], 2 * totals[3] + rest) for totals, rest in zip(sums, quiet, strict=True)]
        ),
        random_f1=mean([_ratio(totals[3], totals[3] + totals[4] / 2) for totals in sums]),
    )


def _totals(scenes: Sequence[SceneTime]) -> Float[np.ndarray, "N 6"]:
    """Face-seconds right, wrong, missed, speaking, labelled and found, one row a scene."""
    return np.asarray([[s.right, s.wrong, s.missed, s.speaking, s.labelled, s.found] for s in scenes])


def _f1(totals: Float[np.ndarray, "*N 6"]) -> Float[np.ndarray, "*N"] | np.floating:
    right, wrong, missed = totals[..., 0], totals[..., 1], totals[..., 2]
    with np.errstate(invalid="ignore"):
        return 2 * right / (2 * right + wrong + missed)


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else NAN


def _interval(groups: Sequence[Sequence[SceneTime]], seed: int) -> tuple[float, float]:
    """95 % of what the mean F1 of the groups is when each group's scenes are drawn anew."""
    if min(map(len, groups)) < 2:
        return NAN, NAN
    rng = np.random.default_rng(seed)
    drawn = []  # for each group, one F1 a draw
    for group in groups:
        times = rng.multinomial(len(group), np.full(len(group), 1 / len(group)), DRAWS)
        drawn.append(_f1(times @ _totals(group)))
    values = np.mean(drawn, axis=0)
    values = values[np.isfinite(values)]
    if not len(values):
        return NAN, NAN
    low, high = np.percentile(values, (2.5, 97.5)).tolist()
    return low, high


def compare_files(true: Path, predicted: Path) -> dict[str, SpeakerScore]:
    """Scores of a table of speakers against the labels (both as `data.speaker_labels` reads them).

    Raises:
      UserError: a table cannot be understood, there are no labels, or files cannot be told apart.
    """
    labels = read_labels(true)
    if not labels:
        raise UserError(f"{true} has no labels")
    return speaker_scores(compare_labels(labels, read_labels(predicted)))
