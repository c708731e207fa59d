"""Titles: films and episodes, one file each, with a list of the scenes to be cut from them (5.4).

Beside `film.mkv` lies `film.json`, a list of scenes with speech:

    [{"start_s": 61.5, "end_s": 64.02},
     {"start_s": "1501500/24000", "end_s": 66, "speaker": "anna", "split": "val"}]

Times are seconds on the file's own timeline, taken exactly: decimals as they are
written, or fractions as text. `split` (train, val or test) must be the same in
all scenes of a title; titles without one are divided by a hash of their names.
`speaker` is one person in all titles: the data report names those in two splits.
"""

import contextlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from divas_jax.data.timed_record import TimedRecord
from divas_jax.errors import UserError
from divas_jax.media.encode import encode_clip
from divas_jax.media.span import decode_span
from divas_jax.preparing.acceptance import accepted
from divas_jax.preparing.folder import SUFFIXES
from divas_jax.preparing.splits import SPLITS, capped, divided

HEIGHT = 240
"""Pictures are stored at this height (pixels), the paper's for full frames (5.1), and at their own aspect."""

LONGEST = 120
"""Longer scenes are refused (s): they are held in memory as a whole."""

_KEYS = {"start_s", "end_s", "split", "speaker"}
_MOST_BYTES = 64 << 20
_SECONDS = re.compile(r"\d{1,7}(\.\d{1,15})?([eE][+-]?\d)?|\d{1,18}/\d{1,12}")


@dataclass(frozen=True)
class ListedScene:
    """A stretch of a title that is yet to be cut.

    Attributes:
      path: the title.
      name: unique within the data set.
      title: the title's path below the source's folder, without its ending.
      start: s, on the title's own timeline.
      end: s.
      person: who speaks; empty if unknown.
      split: "train", "val" or "test"; empty until one is chosen.
    """

    path: Path
    name: str
    title: str
    start: Fraction
    end: Fraction
    person: str = ""
    split: str = ""

    @property
    def speaker(self) -> str:
        """What splits must not share: the title."""
        return self.title

    def record(self) -> TimedRecord:
        """Cuts the scene at full frames, scaled down, and encodes it (H.264 and AAC) at its native rates.

        Raises:
          UserError: the scene is rejected; the message says why, after its name.
        """
        if self.end - self.start > LONGEST:
            raise UserError(f"{self.name} is longer than {LONGEST} s ({float(self.end - self.start):.0f} s)")
        clip = decode_span(self.path, self.start, self.end, name=self.name, height=HEIGHT)
        speaker = self.person or self.title
        return accepted(encode_clip(clip), name=self.name, speaker=speaker, source="titles", split=self.split)


@dataclass(frozen=True)
class TitleSource:
    """Titles of a folder, each with its scenes in a JSON file of the same name beside it.

    Train on them with `configs/full_frames.py`.

    Attributes:
      folder: where the titles are, at any depth.
      val_share: share of the titles for validation where nothing says the split.
      test_share: likewise for testing.
      most: at most so many scenes of a split, an arbitrary but fixed choice.
    """

    folder: Path
    val_share: float = 0.05
    test_share: float = 0.05
    most: Mapping[str, int] = field(default_factory=dict)

    def candidates(self) -> tuple[ListedScene, ...]:
        """Scenes to be tried, by name; whether a title can be used shows when it is decoded.

        Raises:
          UserError: the folder holds no titles, or a list of scenes cannot be used.
        """
        if not self.folder.is_dir():
            raise UserError(f"{self.folder} is not a folder of titles")
        titles = list(_titles(self.folder))
        if not titles:
            raise UserError(f"{self.folder} holds no title with a list of scenes beside it (film.mkv and film.json)")
        scenes = [scene for path in titles for scene in _scenes(path, self.folder)]
        if not scenes:
            raise UserError(f"{self.folder} holds titles, but their lists of scenes are empty")
        return capped(divided(scenes, self.val_share, self.test_share), self.most)


def _titles(folder: Path) -> Iterator[Path]:
    taken: dict[Path, Path] = {}
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for path in (Path(place, file) for file in sorted(files)):
            listing = path.with_suffix(".json")
            if path.suffix.lower() not in SUFFIXES or not listing.is_file():
                continue
            if listing in taken:
                raise UserError(f"{listing} could be of {taken[listing].name} or of {path.name}")
            taken[listing] = path
            yield path


def _scenes(path: Path, folder: Path) -> Iterator[ListedScene]:
    listing = path.with_suffix(".json")
    title = path.relative_to(folder).with_suffix("").as_posix()
    scenes = [_scene(item, path, title, index, listing) for index, item in enumerate(_parsed(listing))]
    splits = {scene.split for scene in scenes if scene.split}
    if len(splits) > 1:
        raise UserError(f"{listing} puts one title into {' and '.join(sorted(splits))}; a title has one split")
    for scene in scenes:
        yield replace(scene, split=next(iter(splits), ""))


def _parsed(listing: Path) -> list[Any]:
    try:
        if listing.stat().st_size > _MOST_BYTES:
            raise UserError(f"{listing} is too large for a list of scenes")
        items = json.loads(listing.read_text(encoding="utf-8"), parse_float=str, parse_int=str)
    except OSError as error:
        raise UserError(f"{listing} cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{listing} is not JSON ({error})") from None
    if not isinstance(items, list):
        raise UserError(f"{listing} is not a list of scenes")
    return items


def _scene(item: Any, path: Path, title: str, index: int, listing: Path) -> ListedScene:
    where = f"{listing} scene {index + 1}"
    if not isinstance(item, dict) or not {"start_s", "end_s"} <= item.keys():
        raise UserError(f"{where} has no start_s and end_s")
    if unknown := sorted(item.keys() - _KEYS):
        raise UserError(f"{where} has the unknown key {unknown[0]!r} (known: {', '.join(sorted(_KEYS))})")
    start, end = (_seconds(item[key], f"{where} {key}") for key in ("start_s", "end_s"))
    if not start < end:
        raise UserError(f"{where} ends at {float(end)} s, but begins at {float(start)} s")
    split, person = item.get("split") or "", item.get("speaker") or ""
    if split not in ("", *SPLITS):
        raise UserError(f"{where} has the split {split!r}, but must have one of {', '.join(SPLITS)}")
    if not isinstance(person, str):
        raise UserError(f"{where} has a speaker that is not text")
    return ListedScene(path, f"{title}/{index:05d}", title, start, end, person, split)


def _seconds(value: Any, where: str) -> Fraction:
    if isinstance(value, str) and _SECONDS.fullmatch(value):
        with contextlib.suppress(ZeroDivisionError):
            return Fraction(value)
    raise UserError(f"{where} is {value!r}, which is no time in seconds")
