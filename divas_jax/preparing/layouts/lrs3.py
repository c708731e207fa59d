"""LRS3: face crops from TED talks at 25 frames/s and 224x224 pixels."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from divas_jax.errors import UserError
from divas_jax.preparing.folder import FolderClip
from divas_jax.preparing.splits import capped, divided


@dataclass(frozen=True)
class Lrs3Source:
    """A copy of LRS3.

    Its folder holds `trainval/<id>/<clip>.mp4`, `test/` and `pretrain/`, where
    `<id>` is one talk and counts as the speaker. Validation speakers are held
    out of trainval by a hash of their names, the same with pretraining clips or
    without; what pretrain/ holds of them, or of test speakers, is left out.

    The stored square is taken to be SyncNet's crop itself: train with
    `--config.view.stored=1.0`.

    Attributes:
      folder: where trainval/ and test/ are.
      pretrain: whether clips for pretraining are trained on too.
      val_share: share of trainval's speakers for validation.
      most: at most so many clips of a split, an arbitrary but fixed choice.
    """

    folder: Path
    pretrain: bool = False
    val_share: float = 0.05
    most: Mapping[str, int] = field(default_factory=dict)

    def candidates(self) -> tuple[FolderClip, ...]:
        """Clips to be tried, by name; whether a file can be used shows when it is decoded.

        Raises:
          UserError: the folder is no copy of LRS3.
        """
        require_parts(self.folder, self.pretrain)
        clips = list(divided(list(self._clips_of_part("trainval", "")), self.val_share, 0.0))
        clips += self._clips_of_part("test", "test")
        if self.pretrain:
            held_out = {clip.speaker for clip in clips if clip.split != "train"}
            clips += [clip for clip in self._clips_of_part("pretrain", "train") if clip.speaker not in held_out]
        if not clips:
            raise UserError(f"{self.folder} holds no mp4 file in the folders of LRS3")
        return capped(clips, self.most)

    def _clips_of_part(self, part: str, split: str) -> Iterator[FolderClip]:
        for path in sorted((self.folder / part).glob("*/*.mp4")):
            name = path.relative_to(self.folder).as_posix()
            yield FolderClip(path, name, speaker=path.parent.name, source="lrs3", split=split)


def require_parts(folder: Path, pretrain: bool) -> None:
    """Checks that a folder looks like LRS3.

    Raises:
      UserError: it has neither trainval/ nor test/, or no pretrain/ where that is wanted.
    """
    if not any((folder / part).is_dir() for part in ("trainval", "test")):
        raise UserError(f"{folder} is no copy of LRS3: it has neither trainval/ nor test/")
    if pretrain and not (folder / "pretrain").is_dir():
        raise UserError(f"{folder} has no pretrain/")
