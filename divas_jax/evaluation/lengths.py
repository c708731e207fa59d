"""How good the answers are by how much of a clip was judged: its middle 1, 2 and 4 s, and all of it.

A part is judged as a file of that length would be: the windows of that
stretch of picture and, displaced by the artificial offset, of as long a
stretch of real sound. And once more as a scene of a longer film: of the
same picture, but with all of the clip's sound around it. Its windows are the
clip's; nothing is embedded again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
from jaxtyping import Int32

from divas_jax.config import EvaluateConfig
from divas_jax.evaluation.lines import Lines, interval, number, percent
from divas_jax.evaluation.protocols import drawn_offsets, moved_trials
from divas_jax.evaluation.reading import EmbeddedClip
from divas_jax.evaluation.scores import Scores, scores
from divas_jax.evaluation.trial import Trial
from divas_jax.judging.embedding import ClipEmbeddings
from divas_jax.rates import frames_in, nearest
from divas_jax.sync.tolerances import ACCEPTABLE, STRICT, TOLERANCES

PARTS = (Fraction(1), Fraction(2), Fraction(4))
"""Lengths (s) cut out of the middle of clips that are at least as long."""

LONG = 4.0
"""Duration (s) from which a whole clip counts as long."""

LEAN = f"Lean: mean signed error of answers within {-ACCEPTABLE.late:g} ms; positive: judged too early."

WHOLE = "whole clip"

AROUND = ", sound around"
"""Ends the names of parts that are judged with the sound around them, as a scene of a longer film is."""


def length_trials(group: Sequence[EmbeddedClip], settings: EvaluateConfig) -> list[Trial]:
    """The trials of `protocols.offset_trials`, and the same offsets on the middle of each clip, in both ways."""
    reaches = [settings.v_shift] * len(group)
    drawn = drawn_offsets(group, settings, reaches)
    around = [
        replace(trial, sound_around=True)
        for seconds in PARTS
        for trial in _part_trials(group, drawn, reaches, seconds, sound_around=True)
    ]
    return [*trials_by_length(group, drawn, reaches), *around]


def trials_by_length(
    group: Sequence[EmbeddedClip], frames: Int32[np.ndarray, "clips trials"], reaches: Sequence[int]
) -> list[Trial]:
    """Trials on whole clips, then on each of `PARTS` of the clips that have it. Arguments as `moved_trials`."""
    cut = [trial for seconds in PARTS for trial in _part_trials(group, frames, reaches, seconds)]
    return [*moved_trials(group, frames, reaches), *cut]


def _part_trials(
    group: Sequence[EmbeddedClip],
    frames: Int32[np.ndarray, "clips trials"],
    reaches: Sequence[int],
    seconds: Fraction,
    *,
    sound_around: bool = False,
) -> list[Trial]:
    parts, moves, reach = [], [], []
    for (index, _), count in np.ndenumerate(frames):
        part = middle(group[index], seconds, int(count), sound_around=sound_around)
        if part is not None:
            parts.append(part)
            moves.append(count)
            reach.append(reaches[index])
    judged = moved_trials(parts, np.asarray(moves, np.int32).reshape(len(parts), 1), reach)
    return [replace(trial, part=float(seconds)) for trial in judged]


def middle(
    clip: EmbeddedClip, seconds: Fraction, moved_frames: int, *, sound_around: bool = False
) -> EmbeddedClip | None:
    """The middle of a clip whose sound is early by `moved_frames`; None where the clip is shorter or unreadable.

    Args:
      clip: embedded.
      seconds: of its picture.
      moved_frames: artificial offset.
      sound_around: all of the clip's sound, instead of as much as there is picture.
    """
    if clip.embeddings is None:
        return None
    fps = clip.record.fps
    windows = nearest(seconds * fps) - frames_in(clip.embeddings.window, fps) + 1
    if not 0 < windows <= len(clip.embeddings.pictures):
        return None
    first = (len(clip.embeddings.pictures) - windows) // 2
    shown = replace(
        clip.embeddings,
        pictures=clip.embeddings.pictures[first : first + windows],
        aligned=clip.embeddings.aligned[first : first + windows],
    )
    if not sound_around:
        shown = _with_its_sound(shown, moved_frames * shown.steps_per_frame)
    return replace(clip, embeddings=shown)


def _with_its_sound(clip: ClipEmbeddings, moved: int) -> ClipEmbeddings:
    """The clip with as much sound as there is picture, `moved` steps late."""
    aligned = clip.aligned
    begin = max(0, int(aligned[0]) + moved)
    end = max(begin, int(aligned[-1]) + moved + 1)
    return replace(
        clip,
        sounds=clip.sounds[begin:end],
        sound_mask=clip.sound_mask[begin:end],
        aligned=aligned - np.int32(begin),
    )


def by_part(trials: Sequence[Trial]) -> dict[str, Scores]:
    """Scores by what was judged, shortest first; long clips once more by themselves."""
    cut = [trial for trial in trials if not trial.sound_around]
    parts = {f"middle {float(seconds):g} s": [t for t in cut if t.part == seconds] for seconds in PARTS}
    around = [trial for trial in trials if trial.sound_around]
    scenes = {f"{name}{AROUND}": [t for t in around if t.part == s] for name, s in zip(parts, PARTS, strict=True)}
    whole = [trial for trial in trials if not trial.part]
    long = [trial for trial in whole if trial.duration >= LONG]
    groups = parts | (scenes if around else {}) | {WHOLE: whole, f"whole clip of {LONG:g} s and longer": long}
    return {name: scores(group) for name, group in groups.items()}


def lengths_table(title: str, trials: Sequence[Trial]) -> Lines:
    """Accuracy of whole frames with its 95 % interval (`shares.Share`) by what was judged, and chance beside it."""
    rows = []
    for name, part_scores in by_part(trials).items():
        shares = part_scores.accuracy.values()
        shown = (f"{percent(share.value)} ({interval(share, 0)})" if share.total else "-" for share in shares)
        chance = "/".join(number(100 * share.chance, 0) for share in shares)
        errors = f"{number(part_scores.mean_abs_ms, 1)} / {number(part_scores.median_abs_ms, 1)}"
        rows.append((name, str(part_scores.trials), *shown, chance, errors))
    head = ("judged", "trials", *(tolerance.name for tolerance in TOLERANCES), "chance", "error (ms)")
    note = (
        "% of whole-frame answers, as the paper counts, inside the tolerances, with 95 % intervals (at 24 frames/s one "
        "frame off is 41.7 ms); chance: uniformly random answers in the search range. A part is judged as a file of "
        "that length would be, and with the sound around it as a scene of a film. Error: absolute, mean / median."
    )
    return Lines(title, head, tuple(rows), note)


def fine_table(trials: Sequence[Trial]) -> Lines:
    """Accuracy of the sub-frame answers that users get, by what was judged, and how far they lean to one side."""
    rows = []
    for name, part_scores in by_part(trials).items():
        share = part_scores.fine_accuracy[STRICT.name]
        shown = (percent(share.value), interval(share)) if share.total else ("-", "-")
        errors = f"{number(part_scores.fine_mean_abs_ms, 1)} / {number(part_scores.fine_median_abs_ms, 1)}"
        rows.append((name, str(part_scores.trials), *shown, errors, number(part_scores.bias_ms, 1)))
    head = ("judged", "trials", "strict", "95 % interval", "error (ms)", "lean (ms)")
    note = f"Error: absolute, mean / median. {LEAN}"
    return Lines("Sub-frame answers, as users get them", head, tuple(rows), note)


def by_set(sets: Mapping[str, Sequence[Trial]]) -> Lines:
    """Sub-frame strict accuracy of each set of clips, by what was judged, and how far its answers lean."""
    rows = []
    for name, trials in sets.items():
        parts = by_part([trial for trial in trials if not trial.sound_around])
        shares = [part_scores.fine_accuracy[STRICT.name] for part_scores in parts.values()]
        shown = (percent(share.value) if share.total else "-" for share in shares)
        bias = scores([trial for trial in trials if not trial.part]).bias_ms
        rows.append((name, str(parts[WHOLE].trials), *shown, number(bias, 0)))
    head = ("clips", "trials", *(f"{float(seconds):g} s" for seconds in PARTS), "whole", f"≥ {LONG:g} s", "lean (ms)")
    return Lines("By set and source", head, tuple(rows), f"% of sub-frame answers within 40 ms. {LEAN}")
