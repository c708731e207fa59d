"""Which clips are meant by files, folders and data sets, and what each is called."""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from divas_jax.clip import Clip
from divas_jax.command import check_any_exists
from divas_jax.data.clip_record import ClipSource, decode_record, facts_of
from divas_jax.media.decode import decode_clip
from divas_jax.title.batch import media_files
from divas_jax.title.journal import file_stamp
from divas_jax.writing import unique_names


@dataclass(frozen=True)
class ClipPlace:
    """Where a clip is: a media file, or a record of a data set; as text it is the file, or data set, split and record.

    Attributes:
      file: the media file, or the folder of the data set.
      name: unlike those of all other clips; its embeddings are NAME.npz.
      split: of the data set; empty for a media file.
      record: its name in the split.
      index: its number in the split.
    """

    file: Path
    name: str
    split: str = ""
    record: str = ""
    index: int = 0

    def __str__(self) -> str:
        return f"{self.file}: {self.split}/{self.record}" if self.split else str(self.file)

    @property
    def path(self) -> str:
        """The same from every folder."""
        return str(replace(self, file=self.file.absolute()))

    @property
    def state(self) -> list[int]:
        """Whether it is still the same clip; data sets are written once."""
        if not self.split:
            return file_stamp(self.file)
        from divas_jax.data.records import info_file  # late: only data sets need the extra

        return file_stamp(info_file(self.file))


def named_clips(named: Sequence[Path]) -> list[ClipPlace]:
    """The clips of files, of folders of them at any depth, and of data sets, in order and each once.

    A file is called as it is called in its folder (`NAME` or `SUB/NAME`), a record `SPLIT/NAME`; of several clips of
    one name the second is `NAME-2`.

    Raises:
      UserError: a folder holds no clips, or nothing that is named exists.
    """
    check_any_exists(named)
    places = {str(place): place for path in named for place in _clips_of(path)}
    names = unique_names([place.name for place in places.values()])
    return [replace(place, name=name) for place, name in zip(places.values(), names, strict=True)]


def is_data_set(folder: Path) -> bool:
    """Whether `divas prepare` wrote the folder."""
    if not any((folder / "clips").glob("*/dataset_info.json")):
        return False
    from divas_jax.data.records import is_complete  # late: of most folders it is clear without the extra

    return is_complete(folder)


def read_clip(place: ClipPlace) -> Clip:
    """The clip; that of a record in sync, as far as its data set knows.

    Raises:
      UserError: it cannot be read.
    """
    if not place.split:
        return decode_clip(place.file)
    return replace(decode_record(_opened(place.file, place.split)[place.index]), name=str(place))


def _clips_of(path: Path) -> Iterator[ClipPlace]:
    if not path.is_dir():
        yield ClipPlace(path, path.name)
    elif is_data_set(path):
        yield from _records_of(path)
    else:
        for file in media_files([path]):
            yield ClipPlace(file, file.relative_to(path).as_posix())


def _records_of(folder: Path) -> Iterator[ClipPlace]:
    from divas_jax.data.records import splits_of

    for split in splits_of(folder):
        for index, known in enumerate(facts_of(_opened(folder, split))):
            yield ClipPlace(folder, f"{split}/{_below(known.name)}", split, known.name, index)


def _below(name: str) -> str:
    """A record's name as a path that does not leave its folder, whatever the data set says."""
    return "/".join(part for part in PurePosixPath(name).parts if part not in ("/", "//", ".."))


@functools.cache
def _opened(folder: Path, split: str) -> ClipSource:
    from divas_jax.data.records import open_records

    return open_records(folder, split)
