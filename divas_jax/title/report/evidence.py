"""Short clips of a title beside its report: the speaker as it is, and with the sound where the verdict puts it."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from divas_jax.clip import Clip
from divas_jax.data.view import Box, cut
from divas_jax.errors import UserError
from divas_jax.media.encode import encode_clip
from divas_jax.media.hearing import Hearing
from divas_jax.media.playable import playable
from divas_jax.media.span import decode_span
from divas_jax.media.tracks import NOTHING, Wish
from divas_jax.rates import nearest
from divas_jax.title.checked_title import CheckedTitle
from divas_jax.title.report.evidence_choice import Choice, chosen
from divas_jax.title.scene_judging import JudgedTrack
from divas_jax.writing import write_whole

FOLDER = "evidence"
"""Name of the clips' folder beside the page."""

SIDE = 256
"""Height and width of a clip (pixels)."""

LARGEST = 300_000
"""A clip that takes more (bytes) is coded more coarsely, as far as `_QUALITIES` go."""

_QUALITIES = (24, 30, 36, 42)
_ROOM = 2.2
"""Side of what is seen, in longer sides of the face's box."""


@dataclass(frozen=True)
class Excerpt:
    """A scene that can be watched.

    Attributes:
      choice: which, and why.
      as_it_is: the clip's path beside the page.
      put_right: of the same with the sound moved.
      poster: its middle picture, RGB.
    """

    choice: Choice
    as_it_is: str
    put_right: str
    poster: UInt8[np.ndarray, "H W 3"]


def write_evidence(
    folder: Path, checked: CheckedTitle, count: int, wish: Wish = NOTHING
) -> tuple[list[Excerpt], list[str]]:
    """Writes clips to `folder/evidence`; those of an earlier report go.

    Args:
      folder: of the report; exists.
      checked: the title, whose file is read again.
      count: how many of the surest scenes; 0 for no clip at all.
      wish: which picture was judged, where there are several.

    Returns:
      What was written, and a sentence on each scene that could not be cut.
    """
    target, written, warnings = folder / FOLDER, [], []
    for old in target.glob("scene-*.mp4"):
        with suppress(OSError):
            old.unlink()
    jumps = checked.answer.facts.jumps
    for choice in chosen(checked, count):
        try:
            if jumps and choice.end > jumps[0].at:
                raise UserError("it comes after a jump of the clock, where nothing can be found by its time")
            target.mkdir(exist_ok=True)
            written.append(_written(target, checked.file, choice, wish, checked.answer.facts.hearing))
        except Exception as error:  # a clip is a help to see, and no part of the verdict
            warnings.append(f"{checked.file}: scene {choice.scene} could not be cut out to be looked at ({error})")
    return written, warnings


def evidence_records(excerpts: Sequence[Excerpt]) -> list[dict[str, Any]]:
    """What report.json says of the clips."""
    return [
        {
            "scene": each.choice.scene,
            "start_s": round(float(each.choice.start), 6),
            "end_s": round(float(each.choice.end), 6),
            "moved_ms": float(1000 * each.choice.by),
            "why": each.choice.why,
            "as_it_is": each.as_it_is,
            "put_right": each.put_right,
        }
        for each in excerpts
    ]


def _written(target: Path, file: Path, choice: Choice, wish: Wish, hearing: Hearing | None) -> Excerpt:
    """Both clips of a scene.

    Raises:
      UserError: the file cannot be read there, or a clip cannot be written.
    """
    clip = decode_span(
        file,
        choice.start,
        choice.end,
        shown=_framing(choice.track, choice.start, choice.end),
        around=abs(choice.by),
        wish=wish,
        hearing=hearing,
    )
    clip = playable(clip)
    before, after = (f"scene-{choice.scene}-{what}.mp4" for what in ("as-it-is", "put-right"))
    for name, by in ((before, Fraction(0)), (after, choice.by)):
        write_whole(target / name, _coded(moved(clip, by)))
    return Excerpt(choice, f"{FOLDER}/{before}", f"{FOLDER}/{after}", clip.frames[len(clip.frames) // 2])


def moved(clip: Clip, by: Fraction) -> Clip:
    """The clip with its sound so much later (s), by time stamps alone; what the picture does not cover is left out."""
    start, rate = clip.sound_start + by, clip.sample_rate
    first = max(0, ceil((clip.frame_time(0) - start) * rate))
    last = max(first, nearest((clip.picture_end - start) * rate))
    return replace(clip, samples=clip.samples[first:last], sound_start=start + Fraction(first, rate))


def _coded(clip: Clip) -> bytes:
    """H.264 and AAC, in `LARGEST` bytes if that can be."""
    media = b""
    for quality in _QUALITIES:
        media = encode_clip(clip, crf=quality, preset="medium")
        if len(media) <= LARGEST:
            break
    return media


def _framing(track: JudgedTrack, start: Fraction, end: Fraction) -> Callable[[Fraction, np.ndarray], np.ndarray]:
    """A square of the picture that holds the face all the time, and does not move: faces are judged by eye."""
    times = np.asarray([float(time) for time in track.times])
    boxes = track.boxes[(times >= float(start)) & (times < float(end))]
    boxes = np.asarray(boxes if len(boxes) else track.boxes, np.float64)

    def shown(time: Fraction, picture: UInt8[np.ndarray, "H W 3"]) -> UInt8[np.ndarray, "h w 3"]:
        return cut(picture[None], _square(boxes, *picture.shape[:2]), SIDE)[0]

    return shown


def _square(boxes: np.ndarray, height: int, width: int) -> Box:
    """In pixels, inside of the picture.

    Args:
      boxes: left, top, width and height of the face in each picture, as fractions; shape (T, 4).
      height: of the picture (pixels).
      width: likewise.
    """
    size = np.asarray([width, height], np.float64)
    first, last = boxes[:, :2].min(0) * size, (boxes[:, :2] + boxes[:, 2:]).max(0) * size
    longer = float((np.median(boxes[:, 2:], axis=0) * size).max())
    side = min(max(_ROOM * longer, 1.1 * float((last - first).max())), height, width)
    left, top = np.clip((first + last - side) / 2, 0, size - side)
    return Box(float(left), float(top), side)
