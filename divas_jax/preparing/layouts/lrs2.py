"""LRS2: face crops from television at 25 frames/s and 160x160 pixels, with lists of its splits (5.2)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from divas_jax.errors import UserError
from divas_jax.preparing.folder import FolderClip
from divas_jax.preparing.splits import SPLITS, capped

_LISTED = re.compile(r"(\w[\w.-]*)/(\w[\w.-]*)")


@dataclass(frozen=True)
class Lrs2Source:
    """A copy of LRS2.

    Its folder holds `main/<id>/<clip>.mp4` and the lists train.txt, val.txt
    and test.txt, whose lines begin with `<id>/<clip>`; for pretraining clips
    also `pretrain/` with pretrain.txt. The lists give the splits; `<id>`, one
    broadcast, counts as the speaker, and the data report names those in two splits.

    The stored square is taken to be SyncNet's crop itself: train with
    `--config.view.stored=1.0`.

    Attributes:
      folder: where the lists are.
      pretrain: whether clips for pretraining are trained on too.
      most: at most so many clips of a split, an arbitrary but fixed choice.
    """

    folder: Path
    pretrain: bool = False
    most: Mapping[str, int] = field(default_factory=dict)

    def candidates(self) -> tuple[FolderClip, ...]:
        """Listed clips, by name; whether a file can be used shows when it is decoded.

        Raises:
          UserError: the folder has no list, or a list cannot be read.
        """
        if not self.folder.is_dir():
            raise UserError(f"{self.folder} is not a folder")
        lists = [(self.folder / f"{split}.txt", "main", split) for split in SPLITS]
        lists = [listing for listing in lists if listing[0].is_file()]
        if not lists:
            raise UserError(f"{self.folder} is no copy of LRS2: it has none of train.txt, val.txt and test.txt")
        if self.pretrain:
            lists.append((self.folder / "pretrain.txt", "pretrain", "train"))
        clips = [clip for path, part, split in lists for clip in self._listed(path, part, split)]
        if not clips:
            raise UserError(f"{self.folder} has lists of LRS2, but no clip is in them")
        return capped(clips, self.most)

    def _listed(self, listing: Path, part: str, split: str) -> Iterator[FolderClip]:
        try:
            lines = listing.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"{listing} cannot be read ({getattr(error, 'strerror', None) or error})") from None
        seen = set()
        for number, line in enumerate(lines, 1):
            columns = line.split()
            if not columns or columns[0] in seen:
                continue
            seen.add(columns[0])
            match = _LISTED.fullmatch(columns[0])
            if not match:
                raise UserError(f"{listing} line {number} begins with {columns[0]!r}, which is not <id>/<clip>")
            name = f"{part}/{columns[0]}.mp4"
            yield FolderClip(self.folder / name, name, speaker=match[1], source="lrs2", split=split)
