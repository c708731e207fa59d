"""A copy of a title whose sound is repaired, proved to hold all that the file holds; nothing is judged here."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from divas_jax.errors import UserError
from divas_jax.media.heard_sound import HeardSound
from divas_jax.media.remux import Remake, picture_packets, with_other_sound
from divas_jax.title.end_check import check_copy
from divas_jax.title.repair import Repair, lead_of
from divas_jax.title.repaired_sound import repaired_sound


@dataclass(frozen=True)
class Written:
    """What is to be said of a copy.

    Attributes:
      warnings: what is left out or doubtful, each a sentence.
      proof: that its picture is the file's, a sentence.
    """

    warnings: tuple[str, ...]
    proof: str


def write_repaired(
    file: Path,
    partial: Path,
    out: Path,
    repair: Repair,
    cut_times: Sequence[float],
    sounds: Sequence[HeardSound],
    keep_pitch: bool = False,
) -> Written:
    """Writes a copy whose sound is repaired, and compares its picture and the levels of its sound with the file's.

    Args:
      file: to be read.
      partial: to be written.
      out: what it will be called, which tells the container.
      repair: what is to be done.
      cut_times: of its cuts, in the sound as it is (s).
      sounds: to be repaired; the first is the one that is judged.
      keep_pitch: whether a stretched sound keeps its pitch.

    Raises:
      UserError: the file cannot be read, the copy cannot be written, or it would lack something; it must not be kept.
    """

    def remake(sound: HeardSound) -> Remake:
        return repaired_sound(repair, cut_times, sound, keep_pitch)

    moved = [replace(s, lead=lead_of(repair, s.start, s.file_start, s.sample_rate)) for s in sounds]
    copy = with_other_sound(file, partial, out, moved, remake)
    proof = _picture_proof(file, partial, out)
    check_copy(file, partial, out, repair, cut_times, moved[0])
    return Written((*copy.left_out, *copy.warnings), proof)


def _picture_proof(file: Path, partial: Path, out: Path) -> str:
    """That the copy has the picture of the file.

    Raises:
      UserError: it has not.
    """
    (count, digest), (copied, other) = picture_packets(file), picture_packets(partial)
    if count != copied:
        raise UserError(f"{out} would have {copied} packets of picture, {file} has {count}: not written")
    if digest == other:
        return f"the picture is the same, bit for bit ({count:,} packets, SHA-256 {digest[:12]}…)"
    return f"the picture has the same {count:,} packets, framed for the other container"
