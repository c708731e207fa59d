"""What is said of a whole file: its scenes taken together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Literal

import jax.numpy as jnp
import numpy as np
from scipy.special import ndtri

from divas_jax.errors import UserError
from divas_jax.judging.calibration import Calibration
from divas_jax.judging.doubts import rate_doubts
from divas_jax.judging.judge import SEARCH, Judge, Judgement, with_probability
from divas_jax.media.tracks import NOTHING, Wish
from divas_jax.sync.offsets import parabola_shift
from divas_jax.sync.tolerances import STRICT, Tolerance
from divas_jax.title.reasons import why_thin
from divas_jax.title.scan import Facts, Progress, Scan
from divas_jax.title.scene_judging import JudgedScene, JudgedTrack, Watch, judge_scenes
from divas_jax.title.scenes import AROUND, BEYOND
from divas_jax.title.watching import MakeWatcher

AGREES_MS = 60.0
"""A face agrees with its file where its offset differs from the file's by no more than this (ms), and ..."""

AGREES_SHARE = 0.5
"""... its confidence is at least this share of the file's."""

KNOWN = (0.05, 0.995)
"""Least and largest probability of being right: nothing is taken to be surely wrong or right."""

Status = Literal["told", "thin", "failed"]


@dataclass(frozen=True)
class FileAnswer:
    """A file and what became of it.

    Attributes:
      file: as it was named by the user.
      scenes: its scenes, judged.
      judgement: of all its speakers together, or, where no scene tells one, of its likeliest faces; None without any.
      reason: why no offset is told, the end of a sentence; empty if one is.
      advice: what to try next where none is told, likewise.
      failure: why the file could not be read, a sentence; empty if it was.
      facts: what the pass saw.
      search: how far each way offsets were searched (s).
      others: the same beside each of the file's other sounds, where all were wanted.
    """

    file: Path
    scenes: tuple[JudgedScene, ...] = ()
    judgement: Judgement | None = None
    reason: str = ""
    advice: str = ""
    failure: str = ""
    facts: Facts = field(default_factory=Facts)
    search: Fraction = SEARCH
    others: tuple["FileAnswer", ...] = ()

    @property
    def lies_farther(self) -> bool:
        """Whether it looks as if the offset were larger than what was searched: no answer, and minima at the end."""
        if self.status != "thin":
            return False
        judgements = [scene.best.judgement for scene in self.scenes if scene.best and scene.best.judgement]
        at_end = sum(judgement.at_end for judgement in judgements)
        return bool(self.judgement and self.judgement.at_end) or 2 * at_end > len(judgements) > 1

    @property
    def status(self) -> Status:
        """`told`: an offset; `thin`: not enough evidence for one; `failed`: not read."""
        if self.failure:
            return "failed"
        return "thin" if self.reason else "told"

    def warned(self, warnings: Sequence[str]) -> "FileAnswer":
        """The answer with further warnings about the file; this one stays as it is."""
        return replace(self, facts=replace(self.facts, warnings=(*self.facts.warnings, *warnings)))

    def within(self, tolerance: Tolerance) -> bool | None:
        """Whether the offset is in the tolerance; None where none is told."""
        if self.status != "told" or self.judgement is None:
            return None
        return bool(tolerance.holds(np.asarray([self.judgement.offset_ms]))[0])

    def chance_within(self, tolerance: Tolerance) -> float | None:
        """Probability that it is in the tolerance, 0 to 1; None where nothing is told, or nobody knows how surely."""
        if self.within(tolerance) is None or self.judgement is None or self.judgement.probability is None:
            return None
        right = float(np.clip(self.judgement.probability, *KNOWN))
        return tolerance.chance(self.judgement.offset_ms, STRICT.early / float(ndtri((1 + right) / 2)))


def answer_file(
    judge: Judge,
    file: Path,
    make_watcher: MakeWatcher,
    *,
    search: Fraction = SEARCH,
    fineness: int = 1,
    progress: Progress | None = None,
    watch: Watch | None = None,
    each: Callable[[JudgedScene], None] | None = None,
    wish: Wish = NOTHING,
) -> FileAnswer:
    """Finds and judges everything in a file that can be judged.

    Args:
      judge: the model.
      file: a media file.
      make_watcher: follows faces, or keeps whole pictures.
      search: how far each way an offset is searched (s).
      fineness: steps searched per frame interval.
      progress: learns how far the pass has come.
      watch: sees every track's embeddings.
      each: gets every judged scene, beside the first sound, as soon as it is.
      wish: which picture and sound are wanted, where there are several.
    """
    scan, scenes = Scan(file, make_watcher, progress, wish, max(AROUND, search + BEYOND)), []
    try:
        for beside in judge_scenes(judge, scan, scan.facts.stages, search, fineness, watch):
            scenes.append(beside)
            if each:
                each(beside[0])
    except UserError as error:
        seen = tuple(beside[0] for beside in scenes)
        return FileAnswer(file, seen, failure=str(error), facts=scan.facts, search=search)
    first, *others = (
        answer_of(judge, file, [beside[place] for beside in scenes], facts, search)
        for place, facts in enumerate((scan.facts, *scan.facts.others))
    )
    return replace(first, others=tuple(others))


def answer_of(judge: Judge, file: Path, scenes: Sequence[JudgedScene], facts: Facts, search: Fraction) -> FileAnswer:
    """The answer on a file beside one of its sounds.

    Args:
      judge: the model.
      file: the media file.
      scenes: judged.
      facts: what was seen and heard.
      search: how far each way an offset was searched (s).
    """
    if facts.fps:
        rates = rate_doubts(str(file), facts.fps, facts.sample_rate, judge.config.data)
        facts = replace(facts, warnings=(*facts.warnings, *rates))
    tracks = evidence(scenes)
    judgement = joint_judgement(str(file), tracks, judge.calibration, search, chance_rivals(scenes))
    thin = why_thin(facts, scenes, judgement, tracks)
    known = scenes if judgement is None or thin.why else [with_agreeing_speaker(scene, judgement) for scene in scenes]
    return FileAnswer(file, tuple(known), judgement, thin.why, thin.advice, facts=facts, search=search)


def with_agreeing_speaker(scene: JudgedScene, of_file: Judgement) -> JudgedScene:
    """The scene with a speaker, if a face has the offset of the file's judgement and stands out nearly as much.

    A short scene is seldom sure by itself; that its best offset is that of all others is no accident.
    """
    if scene.speaker is not None:
        return scene
    agreeing = [
        (judgement.confidence, place)
        for place, judgement in enumerate(track.judgement for track in scene.tracks)
        if judgement
        and abs(judgement.offset_ms - of_file.offset_ms) <= AGREES_MS
        and judgement.confidence >= AGREES_SHARE * of_file.confidence
    ]
    return replace(scene, speaker=max(agreeing)[1]) if agreeing else scene


def evidence(scenes: Sequence[JudgedScene]) -> list[JudgedTrack]:
    """The tracks that speak for the file: the speakers, or, where there are none, the likeliest face of each scene."""
    speakers = [scene.tracks[scene.speaker] for scene in scenes if scene.speaker is not None]
    return speakers or [scene.best for scene in scenes if scene.best]


def chance_rivals(scenes: Sequence[JudgedScene]) -> float:
    """Mean number of faces a scene of `evidence`, divided by the number of scenes, at least 1.

    The best of n faces is n times as likely to fit by chance; that several scenes fit the same offset by chance is the
    less likely the more they are (a guess at how much).
    """
    chosen = [scene for scene in scenes if scene.speaker is not None] or [scene for scene in scenes if scene.best]
    faces = [len(scene.tracks) for scene in chosen]
    return max(1.0, sum(faces) / len(faces) / len(faces)) if faces else 1.0


def joint_judgement(
    name: str,
    tracks: Sequence[JudgedTrack],
    calibration: Calibration | None,
    search: Fraction,
    faces: float = 1.0,
) -> Judgement | None:
    """One judgement of many tracks that share an offset: of the mean of their curves, weighted by their windows.

    Args:
      name: of the file.
      tracks: at other rates than the longest one's, they are read at its offsets.
      calibration: of the model.
      search: how far each way was searched (s).
      faces: from how many each was chosen, see `chance_rivals`.
    """
    judged = [(track, track.judgement) for track in tracks if track.judgement]
    if not judged:
        return None
    longest, base = max(judged, key=lambda pair: pair[1].windows)
    weights = np.asarray([judgement.windows for _, judgement in judged], float)
    curves = np.stack([_at(judgement, base.curve_ms) for _, judgement in judged])
    known = np.isfinite(curves)
    total = (weights[:, None] * np.where(known, curves, 0)).sum(0)
    weight = (weights[:, None] * known).sum(0)
    curve = np.where(weight > weights.sum() / 2, total / np.maximum(weight, 1), np.inf)
    best, step = int(np.argmin(curve)), float(base.curve_ms[1] - base.curve_ms[0])
    joint = Judgement(
        name=name,
        offset_ms=float(base.curve_ms[best]) + float(parabola_shift(jnp.asarray(curve), jnp.asarray(best))) * step,
        coarse_ms=float(base.curve_ms[best]),
        confidence=float(np.median(curve[np.isfinite(curve)]) - curve[best]),
        windows=int(weights.sum()),
        curve_ms=base.curve_ms,
        curve=curve,
    )
    return joint if calibration is None else with_probability(joint, calibration, longest.fps, search, faces)


def _at(judgement: Judgement, curve_ms: np.ndarray) -> np.ndarray:
    """A track's curve at other offsets; inf where it knows nothing."""
    known = np.isfinite(judgement.curve)
    if not known.any():
        return np.full(len(curve_ms), np.inf)
    curve = np.interp(curve_ms, judgement.curve_ms[known], judgement.curve[known])
    inside = np.interp(curve_ms, judgement.curve_ms, known.astype(float), left=0, right=0) > 0.5
    return np.where(inside, curve, np.inf)
