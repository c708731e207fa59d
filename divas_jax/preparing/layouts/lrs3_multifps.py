"""LRS3 at native rates: face crops cut from the original videos, as the paper trains on (5.3).

The originals are for users to have; nothing is downloaded here.
"""

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from divas_jax.data.timed_record import TimedRecord
from divas_jax.errors import UserError
from divas_jax.faces.crops import crop_face
from divas_jax.media.encode import encode_clip
from divas_jax.media.span import container_rate, decode_span
from divas_jax.preparing.acceptance import accepted
from divas_jax.preparing.folder import SUFFIXES
from divas_jax.preparing.layouts.lrs3 import require_parts
from divas_jax.preparing.layouts.lrs3_text import read_text, video_of
from divas_jax.preparing.splits import capped, divided
from divas_jax.rates import rate_name, standard_rate

HIGH = "test_high"
"""The split of the clips above 30 frames/s, kept apart to test on rates that were never trained on (5.3)."""

LONGEST = 300
"""Longer tracks are refused (s): they are held in memory as a whole."""

_HIGHEST_TRAINED = Fraction(31)
_SAME_RATE = Fraction(1, 2000)
_MISSING = "has no original video"


@dataclass(frozen=True)
class OriginalClip:
    """A clip that is yet to be cut from its original video.

    Attributes:
      text: LRS3's text file of the clip.
      video: the original; None if it is missing.
      name: path of the clip below LRS3's folder.
      speaker: YouTube's name of the original.
      split: where the clip belongs; empty until chosen.
      trouble: why nothing can be cut; empty if nothing is known to be wrong.
    """

    text: Path
    video: Path | None
    name: str
    speaker: str = ""
    split: str = ""
    trouble: str = ""

    def record(self) -> TimedRecord:
        """Cuts, crops and encodes the clip (H.264 and AAC, 5.3) at its native rates.

        Raises:
          UserError: the clip is rejected; the message says why, after its name.
        """
        if self.trouble or self.video is None:
            raise UserError(f"{self.name} {self.trouble or _MISSING}")
        try:
            text_file = read_text(self.text)
        except UserError as error:
            raise UserError(f"{self.name} has a text file of no use ({error})") from None
        if text_file.end - text_file.start > LONGEST:
            raise UserError(f"{self.name} is longer than {LONGEST} s ({float(text_file.end - text_file.start):.0f} s)")

        def shown(time: Fraction, picture: UInt8[np.ndarray, "H W 3"]) -> UInt8[np.ndarray, "h w 3"]:
            height, width = picture.shape[:2]
            return crop_face(picture, text_file.track.at(time).scaled(width, height))

        clip = decode_span(self.video, text_file.start, text_file.end, name=self.name, shown=shown)
        media = encode_clip(clip)
        return accepted(media, name=self.name, speaker=self.speaker, source="lrs3-multifps", split=self.split)


@dataclass(frozen=True)
class Lrs3MultifpsSource:
    """LRS3's text files, and the original videos that they are about.

    The folder holds `trainval/<id>/<clip>.txt`, `test/` and `pretrain/` as
    LRS3 does (its mp4 files are not needed); `videos` holds, at any depth,
    `<YouTube's name>.mp4` or another container.

    The paper's splits are not published. Here, originals above 30 frames/s
    make a split of their own, `test_high`, and the others are divided by
    original, at each frame rate alike, so that every rate is in every split.
    Speakers of LRS3's own test/ are only ever tested on.

    Attributes:
      folder: where trainval/ and test/ are.
      videos: where the originals are.
      pretrain: whether the tracks of pretrain/ are cut too.
      val_share: share of the originals of each rate for validation.
      test_share: likewise for testing.
      most: at most so many clips of a split, an arbitrary but fixed choice; `test_high` is held to that of test.
    """

    folder: Path
    videos: Path
    pretrain: bool = False
    val_share: float = 0.05
    test_share: float = 0.05
    most: Mapping[str, int] = field(default_factory=dict)

    def candidates(self) -> tuple[OriginalClip, ...]:
        """Clips to be tried, by name. Reads the header of every text file and original.

        Raises:
          UserError: a folder cannot be used, or there is no text file or no original.
        """
        require_parts(self.folder, self.pretrain)
        if not self.videos.is_dir():
            raise UserError(f"{self.videos} is not a folder of original videos")
        originals = _originals(self.videos)
        parts = ("test", "trainval", *(("pretrain",) if self.pretrain else ()))
        clips = [clip for part in parts for clip in self._clips_of_part(part, originals)]
        if not clips:
            raise UserError(f"{self.folder} holds no text file in the folders of LRS3")
        if not any(clip.video for clip in clips):
            raise UserError(f"{self.videos} holds none of the originals that {self.folder} names, such as <id>.mp4")
        return self._split(clips)

    def _clips_of_part(self, part: str, originals: Mapping[str, Path]) -> Iterator[OriginalClip]:
        for text in sorted((self.folder / part).glob("*/*.txt")):
            name = text.relative_to(self.folder).with_suffix("").as_posix()
            try:
                speaker = video_of(text)
            except UserError as error:
                yield OriginalClip(text, None, name, trouble=f"has a text file of no use ({error})")
                continue
            yield OriginalClip(text, originals.get(speaker), name, speaker, "test" if part == "test" else "")

    def _split(self, clips: list[OriginalClip]) -> tuple[OriginalClip, ...]:
        """Balanced over rates; what cannot be cut goes along, to be reported."""
        rates, useless = _rates(clips)
        tested = {clip.speaker for clip in clips if clip.split}
        groups: dict[str, list[OriginalClip]] = defaultdict(list)
        for clip in clips:
            trouble = clip.trouble or (useless.get(clip.video, "") if clip.video else _MISSING)
            if trouble or clip.video is None:
                groups["trouble"].append(replace(clip, split="train", trouble=trouble))
            elif rates[clip.video] > _HIGHEST_TRAINED:
                groups[HIGH].append(replace(clip, split=HIGH))
            else:
                tried = replace(clip, split="test" if clip.speaker in tested else "")
                groups[rate_name(rates[clip.video])].append(tried)
        useful = [
            clip
            for rate, group in groups.items()
            if rate != "trouble"
            for clip in divided(group, self.val_share, self.test_share)
        ]
        most = {**self.most, HIGH: self.most["test"]} if "test" in self.most else self.most
        return (*capped(useful, most), *groups["trouble"])


def _originals(folder: Path) -> dict[str, Path]:
    """Media files by their names without ending."""
    originals: dict[str, Path] = {}
    for place, folders, files in os.walk(folder):
        folders.sort()
        for file in sorted(files):
            path = Path(place, file)
            if path.suffix.lower() in SUFFIXES:
                originals.setdefault(path.stem, path)
    return originals


def _rates(clips: list[OriginalClip]) -> tuple[dict[Path, Fraction], dict[Path, str]]:
    """Frames/s of each original by its header, and why each of the others is of no use."""
    rates, useless = {}, {}
    for video in sorted({clip.video for clip in clips if clip.video}):
        try:
            rates[video] = standard_rate(container_rate(video) or Fraction(25), _SAME_RATE)
        except UserError as error:
            useless[video] = f"has an original of no use ({error})"
    return rates, useless
