"""Whole files against what is known of them: shots, tracks, speakers and offsets of made-up films (5.4, 5.6)."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from divas_jax.errors import UserError
from divas_jax.evaluation.lines import Lines, percent
from divas_jax.faces.crops import Face
from divas_jax.faces.overlap import overlaps
from divas_jax.faces.speaker_labels import SpeakerLabel, labels_by_file, read_labels
from divas_jax.sync.tolerances import STRICT
from divas_jax.title.batch import FileJudge
from divas_jax.title.file_answer import FileAnswer
from divas_jax.title.scene_judging import JudgedScene, JudgedTrack
from divas_jax.title.speaking import Turn, WindowWatch, turns

LABELS = "speakers.csv"
"""The table of who speaks when, beside the files that it names."""

SAME = 0.5
"""Boxes that overlap so much (intersection over union) are of one face."""


@dataclass
class Counts:
    """Right ones out of all."""

    right: float = 0.0
    total: float = 0.0

    def add(self, right: float | int, total: float | int = 1) -> None:
        """Counts one more, or several."""
        self.right += right
        self.total += total


@dataclass
class SceneCounts:
    """What came out of films whose scenes are known.

    Attributes:
      cuts: found at the very picture.
      strangers: cuts that are none, out of all that were found.
      face_time: seconds of faces, while anybody speaks, that were followed.
      speakers: judged scenes with a visible speaker in which the right face is the speaker.
      nobody: judged scenes without one in which nobody is.
      offsets: speakers found whose offset errs by at most 40 ms.
    """

    cuts: Counts
    strangers: Counts
    face_time: Counts
    speakers: Counts
    nobody: Counts
    offsets: Counts


def labelled_files(folder: Path) -> tuple[list[SpeakerLabel], list[Path]]:
    """The labels of a folder, and the files that they are about.

    Raises:
      UserError: there is no table, it has no rows, or a file is missing.
    """
    labels = read_labels(folder / LABELS)
    if not labels:
        raise UserError(f"{folder / LABELS} has no labels")
    files = [folder / name for name in labels_by_file(labels)]
    for file in files:
        if not file.is_file():
            raise UserError(f"{file} does not exist, but {folder / LABELS} has labels of it")
    return labels, files


def judged_speakers(
    judge: FileJudge, files: Sequence[Path], progress: Callable[[int], None] | None = None
) -> tuple[list[FileAnswer], list[SpeakerLabel]]:
    """The answer on each file, and who speaks when in it, as rows of a table of speakers.

    Args:
      judge: the model.
      files: to judge.
      progress: learns how many are done.
    """
    answers, labels = [], []
    for number, file in enumerate(files, 1):
        watch = WindowWatch(judge.settings.search)
        answers.append(judge.answer(file, watch=watch))
        labels += as_labels(file.name, turns(answers[-1], watch.tracks))
        if progress:
            progress(number)
    return answers, labels


def as_labels(file: str, speaker_turns: Sequence[Turn]) -> list[SpeakerLabel]:
    """Turns as rows of a table of speakers, times to the millisecond."""
    return [
        SpeakerLabel(file, _milli(turn.start), _milli(turn.end), str(turn.face), Face(*turn.box), turn.speaking)
        for turn in speaker_turns
        if _milli(turn.start) < _milli(turn.end)
    ]


def _milli(seconds: float) -> Fraction:
    return Fraction(round(seconds * 1000), 1000)


def scene_counts(answers: Sequence[FileAnswer]) -> SceneCounts | None:
    """Compares with the truth that lies beside made-up films (`NAME.json`); None where there is none."""
    counts = SceneCounts(*(Counts() for _ in range(6)))
    known = [(answer, answer.file.with_suffix(".json")) for answer in answers]
    for answer, path in known:
        if path.is_file() and not answer.failure:
            _compare(answer, json.loads(path.read_text()), counts)
    return counts if counts.cuts.total else None


def _compare(answer: FileAnswer, truth: dict[str, Any], counts: SceneCounts) -> None:
    scenes = truth["scenes"]
    cuts = {round(scene["start_s"], 4) for scene in scenes}
    detected = {round(float(time - answer.facts.start), 4) for time in answer.facts.shots}
    counts.cuts.add(len(cuts & detected), len(cuts))
    counts.strangers.add(len(detected - cuts), len(detected))
    for scene in scenes:
        spoken = [*scene["off_screen_s"], *(span for face in scene["faces"] for span in face["speaking_s"])]
        for face in scene["faces"]:
            _follow(answer, truth, scene, face, spoken, counts)
    for judged in answer.scenes:
        _judge(judged, answer, truth, counts)


def _follow(answer: FileAnswer, truth: dict, scene: dict, face: dict, spoken: list, counts: SceneCounts) -> None:
    """Counts the seconds of a face while anybody speaks."""
    step = 0.1
    for time in np.arange(scene["start_s"] + step / 2, scene["end_s"], step):
        if any(start <= time < end for start, end in spoken):
            box = _true_box(truth, scene, face, time)
            tracks = (track for judged in answer.scenes for track in judged.tracks)
            counts.face_time.add(step * any(_shows(track, time, box, answer) for track in tracks), step)


def _true_box(truth: dict, scene: dict, face: dict, time: float) -> np.ndarray:
    share = (time - scene["start_s"]) / (scene["end_s"] - scene["start_s"])
    start, end = (np.asarray(face[key]) for key in ("start_box_px", "end_box_px"))
    return (start + share * (end - start)) / np.tile([truth["width_px"], truth["height_px"]], 2)


def _shows(track: JudgedTrack, time: float, box: np.ndarray, answer: FileAnswer) -> bool:
    time = time + float(answer.facts.start)
    if not float(track.start) <= time <= float(track.end):
        return False
    at = int(np.argmin(np.abs([float(moment) - time for moment in track.times])))
    return bool(overlaps(track.boxes[at : at + 1].astype(np.float64), box[None])[0, 0] >= SAME)


def _judge(judged: JudgedScene, answer: FileAnswer, truth: dict, counts: SceneCounts) -> None:
    """Counts a judged scene: its speaker and offset."""
    origin = float(answer.facts.start)
    start, end = float(judged.start) - origin, float(judged.end) - origin
    middle = (start + end) / 2
    scene = next(
        (candidate for candidate in truth["scenes"] if candidate["start_s"] <= middle < candidate["end_s"]), None
    )
    if scene is None or not judged.tracks:
        return
    speaking = [face for face in scene["faces"] if any(a < end and b > start for a, b in face["speaking_s"])]
    speaker = None if judged.speaker is None else judged.tracks[judged.speaker]
    if not speaking:
        counts.nobody.add(speaker is None)
        return
    time = 0.0 if speaker is None else float(speaker.times[len(speaker.times) // 2]) - origin
    right = speaker is not None and any(
        _shows(speaker, time, _true_box(truth, scene, face, time), answer) for face in speaking
    )
    counts.speakers.add(right)
    if right and speaker and speaker.judgement:
        error = speaker.judgement.offset_ms - scene["offset_ms"]
        counts.offsets.add(bool(STRICT.holds(np.asarray([error]))[0]))


def scene_table(counts: SceneCounts) -> Lines:
    """The counts as a table for the terminal."""
    names = {
        "cuts": "cuts found at the very picture",
        "strangers": "found cuts that are none",
        "face_time": "face time followed while anybody speaks (s)",
        "speakers": "scenes whose speaker is found",
        "nobody": "scenes without a visible speaker where nobody is",
        "offsets": "speakers found, offset within 40 ms",
    }
    rows = tuple(
        (name, f"{count.right:.0f} of {count.total:.0f}", percent(count.right / count.total) if count.total else "-")
        for key, name in names.items()
        for count in [getattr(counts, key)]
    )
    return Lines("Made-up films", ("what", "right", "%"), rows, "Scenes as judged: a shot's part with speech.")
