"""The ffmpeg command that would do the same as a repair, for people who want to see or run it themselves."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from divas_jax.media.heard_sound import HeardSound
from divas_jax.title.repair import Repair


def ffmpeg_command(file: Path, out: Path, repair: Repair, sounds: Sequence[HeardSound], keep_pitch: bool) -> str:
    """The command line; empty where no single one does the same (cuts in silence).

    Args:
      file: that is read.
      out: that is written.
      repair: what is to be done.
      sounds: that are repaired.
      keep_pitch: whether a stretched sound keeps its pitch.
    """
    if repair.cuts:
        return ""
    words = ["ffmpeg", "-i", str(file), "-map", "0", "-c", "copy", "-copyinkf"]
    for heard in sounds:
        words += _sound_words(repair, heard, keep_pitch)
    return shlex.join([*words, str(out)])


def _sound_words(repair: Repair, heard: HeardSound, keep_pitch: bool) -> list[str]:
    """What the command says of one sound stream."""
    filters = ["aresample=async=1:first_pts=0"]  # from here on its first sample is at the file's start
    if repair.ratio != 1 and keep_pitch:
        filters.append(f"atempo={1 / repair.ratio:.9f}")
    elif repair.ratio != 1:
        # a rate that is told finely and read as samples: FFmpeg's asetrate takes whole numbers only
        fine = 1000 * heard.sample_rate
        filters += [
            f"aresample={fine // 10}",
            f"asetrate={round(fine / 10 / repair.ratio)}",
            f"aresample={heard.sample_rate}:resampler=soxr",
        ]
    by = repair.by + float(heard.file_start) * (repair.ratio - 1)
    if by > 0:
        filters.append(f"adelay={1000 * by:.3f}:all=1")
    elif by < 0:
        filters += [f"atrim=start={-by:.6f}", "asetpts=PTS-STARTPTS", f"apad=pad_dur={-by:.6f}"]
    rate = [f"-b:a:{heard.number}", str(heard.bit_rate)] if heard.bit_rate else []
    place = f"a:{heard.number}"
    return [f"-c:{place}", heard.encoder, *rate, f"-filter:{place}", ",".join(filters)]
