"""Why no offset is told of a file, in its viewers' terms, and what could be done next."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from divas_jax.judging.calibration import LONG_ENOUGH
from divas_jax.judging.judge import Judgement
from divas_jax.sync.tolerances import in_few_words
from divas_jax.title.scan import Facts
from divas_jax.title.scene_judging import JudgedScene, JudgedTrack, is_told
from divas_jax.title.scenes import SHORTEST

SILENT = 1e-4
"""A file whose loudest sample is below this (-80 dBFS) is silent."""

SMALL_PX = 25.0
"""Faces below this height (pixels) show too little of their lips: the smallest that the model card has figures of."""

STILL = 0.25
"""A face whose pictures differ from each other by less than this (grey levels of 256) does not move."""

NOISY_DB = 8.0
"""Sound whose loud and quiet moments lie no farther apart than this (dB) holds more noise than speech."""

FARTHER_MS = (2_000, 10_000)
"""So far each way (ms) a file is searched next, where its offset seems to lie farther, or is advised to be, where it
shows no speaker: within a shorter search a sound that is far off looks like another picture's."""

APART_MS = 100.0
"""Scenes whose offset differs from the file's by more than this contradict it (ms): more than errors and leans do."""

MOST_APART = 0.25
"""Largest share of the scenes that are sure by themselves and may contradict it: a few that are sure are wrong."""

_STEP_MS = 100
"""Searches end on whole pictures, so much (ms) before what was asked for at most."""

_CLOSE_UPS = "try a part with close-ups of who speaks"
_LONGER = "try a longer piece, or the whole film"
_OTHER_SOUND = "another sound track or channel (--track, --channel)"


class Reason(NamedTuple):
    """Why nothing is told.

    Attributes:
      why: the end of a sentence; empty if an offset is told.
      advice: what to try next, the end of a sentence; empty if an offset is told.
    """

    why: str = ""
    advice: str = ""


def why_thin(
    facts: Facts, scenes: Sequence[JudgedScene], judgement: Judgement | None, tracks: Sequence[JudgedTrack]
) -> Reason:
    """Why no offset is told; empty if one is. Of several reasons the first.

    Args:
      facts: of the file.
      scenes: judged.
      judgement: of all `tracks` together.
      tracks: that speak for the file.
    """
    if judgement and is_told(judgement):
        return _why_mixed(judgement, scenes)
    if facts.loudest < SILENT:
        return Reason("its sound is silent", f"try {other_track(facts) or _OTHER_SOUND}")
    if not facts.spoken:
        other = other_track(facts) or _OTHER_SOUND
        return Reason("no speech was heard", f"try a part in which somebody speaks; or {other}")
    if not scenes:
        pieces = f"{facts.spoken:.1f} s in all, and no piece of it lasts {float(SHORTEST):g} s"
        return Reason(f"its speech is too short to be judged: {pieces}", _or_other_track(_LONGER, facts))
    if not any(scene.tracks for scene in scenes):
        return Reason("no face was seen while somebody spoke", _CLOSE_UPS)
    if judgement is None:
        return Reason(next(track.failure for scene in scenes for track in scene.tracks), _LONGER)
    return _why_unsure(facts, judgement, tracks)


def _why_mixed(judgement: Judgement, scenes: Sequence[JudgedScene]) -> Reason:
    """Of a file whose scenes together have an offset: whether too many that are sure alone have another one."""
    speaking = (scene.tracks[scene.speaker].judgement for scene in scenes if scene.speaker is not None)
    told = [each.offset_ms for each in speaking if each and is_told(each)]
    apart = [offset for offset in told if abs(offset - judgement.offset_ms) > APART_MS]
    if len(apart) < 2 or len(apart) <= MOST_APART * len(told):
        return Reason()
    offsets = f"{in_few_words(judgement.offset_ms)} in most, {in_few_words(float(np.median(apart)))} in {len(apart)}"
    return Reason(
        f"its scenes have no offset in common: {offsets} of {len(told)} that are sure",
        "try its parts one by one, cut where divas check shows the change",
    )


def other_track(facts: Facts) -> str:
    """The sound track of a file to try next, and how to try each, part of a sentence; empty if none is left."""
    if facts.hearing is None or not facts.hearing.unheard:
        return ""
    return f"another sound track (--track {facts.hearing.unheard[0]}; divas score --track all judges each)"


def _or_other_track(advice: str, facts: Facts) -> str:
    return "; or ".join(filter(None, (advice, other_track(facts))))


def _why_unsure(facts: Facts, judgement: Judgement, tracks: Sequence[JudgedTrack]) -> Reason:
    """Of a file with speech and faces: what keeps their minimum from being clear."""
    if _middle([track.motion for track in tracks]) < STILL:
        return Reason("the picture of the faces stands still", "try a part in which the speaker moves")
    if (height := _middle([track.height for track in tracks])) < SMALL_PX:
        small = f"the faces are too small, {height:.0f} pixels high where {SMALL_PX:.0f} are needed"
        return Reason(small, f"{_CLOSE_UPS}, or a copy of higher resolution")
    if _middle([track.contrast_db for track in tracks]) < NOISY_DB:
        other = other_track(facts) or _OTHER_SOUND
        return Reason("the speech hardly stands out of the noise", f"try a quieter part; or {other}")
    seconds = sum(float(track.end - track.start) for track in tracks)
    if seconds < LONG_ENOUGH:
        return Reason(
            f"only {seconds:.1f} s of speech by a visible face, where about {float(LONG_ENOUGH):g} s are needed",
            _or_other_track(_LONGER, facts),
        )
    advice = f"{_CLOSE_UPS}: the voice may be off screen or dubbed"
    if farther := next((ms for ms in FARTHER_MS if judgement.curve_ms[-1] < ms - _STEP_MS), None):
        advice += f"; or search farther (--search-ms {farther}): its sound may be off by more"
    return Reason(f"no visible speaker: {judgement.unsure or 'no clear minimum'}", _or_other_track(advice, facts))


def _middle(values: Sequence[float]) -> float:
    """The median of what is known; infinite where nothing is."""
    known = [value for value in values if np.isfinite(value)]
    return float(np.median(known)) if known else float("inf")
