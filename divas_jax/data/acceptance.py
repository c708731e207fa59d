"""Which media files are good enough to be clips of a data set, found by decoding each of them once."""

from fractions import Fraction

import numpy as np

from divas_jax.clip import Clip
from divas_jax.data.records import TimedRecord, pack_pts
from divas_jax.errors import UserError
from divas_jax.media.decode import decode_clip
from divas_jax.rates import WINDOW_SECONDS

SMALLEST_SIDE = 32
"""Pictures with a shorter side than this are rejected (pixels)."""

FAINTEST = 1e-3
"""Sound whose loudest sample is below this is rejected as silent (-60 dBFS)."""


def accepted(
    media: bytes,
    *,
    name: str,
    speaker: str = "",
    source: str = "",
    split: str = "train",
    sound_late: Fraction = Fraction(0),
    sound_group: str = "",
) -> TimedRecord:
    """A media file as a record, with the rates and times that decoding it reports.

    Args:
      media: bytes of the file.
      name: unique within the data set.
      speaker: whoever is seen; empty if unknown.
      source: where it comes from.
      split: "train", "val" or "test".
      sound_late: s by which its sound is late; the record is of the clip put in sync.
      sound_group: of clips that share a sound.

    Raises:
      UserError: it is rejected; the message is its name and the reason.
    """
    clip = decode_clip(media, name=name).shifted(sound_late)
    return TimedRecord(
        name=name,
        media=media,
        fps=clip.fps,
        n_frames=len(clip.frames),
        constant_rate=clip.constant_rate,
        sample_rate=clip.sample_rate,
        duration=float(common_seconds(clip)),
        speaker=speaker,
        source=source,
        split=split,
        pts=pack_pts(clip.frame_pts),
        time_base=clip.time_base,
        picture_start=clip.picture_start,
        sound_late=sound_late,
        sound_group=sound_group,
    )


def common_seconds(clip: Clip) -> Fraction:
    """Seconds in which picture and sound both run.

    Raises:
      UserError: the clip is of no use.
    """
    height, width = clip.frames.shape[1:3]
    if min(height, width) < SMALLEST_SIDE:
        raise UserError(f"{clip.name} has a picture below {SMALLEST_SIDE} pixels ({width}x{height})")
    start = max(clip.frame_time(0), clip.sound_start)
    common = min(clip.picture_end, clip.sound_end) - start
    if common < WINDOW_SECONDS + 1 / clip.fps:
        raise UserError(f"{clip.name} is shorter than a window and one frame ({max(0.0, float(common)):.2f} s)")
    if not np.abs(clip.samples).max() >= FAINTEST:  # NaN is as useless
        raise UserError(f"{clip.name} is silent")
    return common
