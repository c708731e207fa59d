"""Which media files are good enough to be clips of a data set, found by decoding each of them once."""

from fractions import Fraction

from divas_jax.data.timed_record import TimedRecord, pack_pts
from divas_jax.data.usable import common_seconds
from divas_jax.media.decode import decode_clip


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
