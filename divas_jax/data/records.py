"""Data sets on disk: a TFDS builder that writes ArrayRecord without TensorFlow, and random access to it.

A folder written here reads back with `tfds.builder_from_directory(FOLDER / "clips" / VERSION)` as well.
"""

import io
import itertools
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout, suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from divas_jax.data.clip_record import ClipRecord, LipShapes, without_media
from divas_jax.data.facts import facts_file, read_facts, write_facts
from divas_jax.data.lip_shapes import FILE, read_lips
from divas_jax.data.timed_record import TimedRecord
from divas_jax.errors import UserError

VERSION = "1.0.0"
"""Version of the record format."""

_NAME = "clips"


def write_records(splits: Mapping[str, Iterable[ClipRecord]], out: Path) -> None:
    """Writes one data set, whole or not at all.

    Each split is read once and never held in memory. Its records are stored
    in an order that depends on their names alone.

    Args:
      splits: the records of each split; empty splits are left out.
      out: folder of the data set; made if missing.

    Raises:
      UserError: `out` already holds a data set or cannot be written, or there is no record.
    """
    if (out / _NAME / VERSION).exists():
        raise UserError(f"{out} already holds a data set")
    filled = {name: full for name, records in splits.items() if (full := _unless_empty(records)) is not None}
    if not filled:
        raise UserError(f"there is no clip to write to {out}")
    try:
        out.mkdir(parents=True, exist_ok=True)
        remove_unfinished(out)
        tfds.disable_progress_bar()
        builder = Clips(filled, data_dir=out)
        with redirect_stdout(io.StringIO()):  # TFDS announces itself there
            builder.download_and_prepare(file_format="array_record", download_dir=out / _NAME / "downloads")
        for split in filled:
            StoredClips(out, split).facts()
    except OSError as error:
        raise UserError(f"{out} cannot be written ({error.strerror or error})") from error
    except RuntimeError as error:
        # How ArrayRecord reports a full disk.
        failure = re.search(r"write\(\) failed: ([^;]+)", str(error))
        if failure is None:
            raise
        raise UserError(f"{out} cannot be written ({failure[1]})") from error
    finally:
        remove_unfinished(out)


def is_complete(out: Path) -> bool:
    """Whether `out` holds a whole data set."""
    return info_file(out).is_file()


def info_file(folder: Path) -> Path:
    """What is written last of a data set, and once."""
    return folder / _NAME / VERSION / "dataset_info.json"


def remove_records(out: Path) -> None:
    """Removes the data set in `out`, whole or unfinished, and nothing else."""
    shutil.rmtree(out / _NAME / VERSION, ignore_errors=True)
    for facts in out.glob(facts_file(out, "*").name):
        facts.unlink(missing_ok=True)
    remove_unfinished(out)


def remove_unfinished(out: Path) -> None:
    """Removes what a killed `write_records` left in `out`."""
    for leftover in ("downloads", "incomplete.*"):
        for folder in (out / _NAME).glob(leftover):
            shutil.rmtree(folder, ignore_errors=True)


def splits_of(folder: Path) -> tuple[str, ...]:
    """Names of the splits of a data set, training first.

    Raises:
      UserError: the folder holds no data set.
    """
    return tuple(sorted(_opened(folder).info.splits, key=lambda name: (name != "train", name != "val", name)))


def short_names(folders: Sequence[Path]) -> list[str]:
    """What data sets are called beside each other: by their folders' last parts, if these differ."""
    last = [folder.name for folder in folders]
    return last if len(set(last)) == len(last) else [str(folder) for folder in folders]


def open_records(folder: Path, split: str) -> "StoredClips":
    """Random access to the records of one split, as `TimedRecord`s; may be pickled to worker processes.

    Raises:
      UserError: the folder holds no data set, or not this split.
    """
    present = splits_of(folder)
    if split not in present:
        raise UserError(f"{folder} has no split {split!r} (it has: {', '.join(present)})")
    return StoredClips(folder, split)


class _Info(tfds.core.DatasetInfo):
    """What is written of a data set."""

    def initialize_from_bucket(self) -> None:
        """Nothing is known of it anywhere else; TFDS leaves an empty temporary folder each time that it looks."""


class Clips(tfds.core.GeneratorBasedBuilder):
    """Encoded clips with exact rates and presentation times."""

    name = _NAME
    VERSION = tfds.core.Version(VERSION)

    def __init__(self, records: Mapping[str, Iterable[ClipRecord]], **settings: Any) -> None:
        """Remembers what to write.

        Args:
          records: the records of each split.
          **settings: those of TFDS, such as `data_dir`.
        """
        self._records = records
        super().__init__(**settings)

    def _info(self) -> tfds.core.DatasetInfo:
        text, number = tfds.features.Text(), tfds.features.Scalar(np.int64)
        features = {
            "name": text,
            # Audio, Video and Image features would need TensorFlow.
            "media": tfds.features.Scalar(np.object_),
            "fps_num": number,
            "fps_den": number,
            "n_frames": number,
            "constant_rate": tfds.features.Scalar(np.bool_),
            "sample_rate": number,
            # A float would be rounded to 32 bits by tf.train.Example.
            "duration_num": number,
            "duration_den": number,
            "pts": tfds.features.Scalar(np.object_),
            "time_base_num": number,
            "time_base_den": number,
            "picture_start_num": number,
            "picture_start_den": number,
            "speaker": text,
            "source": text,
            "split": text,
            "sound_late_num": number,
            "sound_late_den": number,
            "sound_group": text,
        }
        return _Info(
            builder=self,
            description="Clips of talking faces, as media files with exact rates and presentation times.",
            features=tfds.features.FeaturesDict(features),
        )

    def _split_generators(self, dl_manager: Any) -> dict[str, Iterator[tuple[str, dict[str, Any]]]]:
        return {split: self._generate_examples(split) for split in self._records}

    def _generate_examples(self, split: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for record in self._records[split]:
            yield record.name, _example(record, split)


class StoredClips:
    """A `ClipSource`: one split on disk, opened on first use, once in every process."""

    def __init__(self, folder: Path, split: str) -> None:
        self._folder, self._split = folder, split
        self._source: Any = None
        self._lips: dict[str, LipShapes] = {}

    def _open(self) -> Any:
        if self._source is None:
            self._source = _opened(self._folder).as_data_source(split=self._split)
            self._lips = read_lips(self._folder / FILE) if (self._folder / FILE).is_file() else {}
        return self._source

    def __len__(self) -> int:
        return len(self._open())

    def __getitem__(self, index: int) -> TimedRecord:
        if not 0 <= index < len(self):
            raise IndexError(index)
        record = _record(self._open()[index])
        return replace(record, lips=self._lips.get(record.name))

    def facts(self) -> list[ClipRecord]:
        """The records without their media, out of the file beside them, which is made if it is missing."""
        path = facts_file(self._folder, self._split)
        known = read_facts(path, len(self))
        if known is None:
            known = [without_media(_record(example)) for example in self._open()]
            with suppress(UserError):  # a data set that only others may write is as good
                write_facts(path, known)
        return [replace(record, lips=self._lips.get(record.name)) for record in known]

    def __getstate__(self) -> dict[str, Any]:
        return {"_folder": self._folder, "_split": self._split, "_source": None, "_lips": {}}


def _unless_empty(records: Iterable[ClipRecord]) -> Iterator[ClipRecord] | None:
    """The same records, or None if there is none (TFDS refuses an empty split)."""
    rest = iter(records)
    first = next(rest, None)
    return None if first is None else itertools.chain([first], rest)


def _opened(folder: Path) -> Any:
    try:
        return tfds.builder_from_directory(folder / _NAME / VERSION)
    except (OSError, ValueError, KeyError, AssertionError, RuntimeError) as error:
        raise UserError(f"{folder} holds no data set written by divas_jax.prepare") from error


def _example(record: ClipRecord, split: str) -> dict[str, Any]:
    timed = record if isinstance(record, TimedRecord) else TimedRecord(**vars(record))
    example = {**vars(timed), "split": split}
    del example["lips"]  # beside the records, in a file of their own
    for key in ("fps", "time_base", "picture_start", "duration", "sound_late"):
        example[f"{key}_num"], example[f"{key}_den"] = example.pop(key).as_integer_ratio()
    return example


def _record(example: Mapping[str, Any]) -> TimedRecord:
    def text(key: str) -> str:
        return example[key].decode()

    def fraction(key: str) -> Fraction:
        return Fraction(int(example[f"{key}_num"]), int(example[f"{key}_den"]))

    return TimedRecord(
        name=text("name"),
        media=bytes(example["media"]),
        fps=fraction("fps"),
        n_frames=int(example["n_frames"]),
        constant_rate=bool(example["constant_rate"]),
        sample_rate=int(example["sample_rate"]),
        duration=float(fraction("duration")),
        speaker=text("speaker"),
        source=text("source"),
        split=text("split"),
        pts=bytes(example["pts"]),
        time_base=fraction("time_base"),
        picture_start=fraction("picture_start"),
        # Data sets of earlier versions hold clips as they were filed.
        sound_late=fraction("sound_late") if "sound_late_num" in example else Fraction(0),
        sound_group=text("sound_group") if "sound_group" in example else "",
    )
