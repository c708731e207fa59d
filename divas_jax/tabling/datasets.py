"""The data of the tables: folders that are given, or talkers that are made when they are first needed."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from divas_jax.data.clip_record import ClipSource
from divas_jax.data.records import open_records
from divas_jax.errors import UserError
from divas_jax.evaluation.reading import chosen_evenly, within_rates
from divas_jax.preparing.preparation import prepare_talkers
from divas_jax.tabling.effort import Effort
from divas_jax.talkers.films import write_films
from divas_jax.talkers.films.draw import ALONE, AMONG, SEVERAL

LRS2, LRS3, FRAMES, TITLES, FILMS = NAMES = ("lrs2", "lrs3", "frames", "titles", "films")
"""Face crops at 25 frames/s; at many rates; whole pictures; harder face crops; whole films with labels of speakers."""

SLOW, FAST = (0.0, 31.0), (59.0, 61.0)
"""Frames/s of both halves of Table 2."""

_SLOW_RATES = (Fraction(24000, 1001), Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(30))
_FAST_RATES = (Fraction(60000, 1001), Fraction(60))


@dataclass(frozen=True)
class _Made:
    """Talkers in place of a data set: `options` are of `prepare_talkers`."""

    what: str
    options: Mapping[str, Any]


_MADE = {
    LRS2: _Made(
        "talkers, 25 frames/s, 16 kHz",
        {"rates": [Fraction(25)], "sample_rates": [16_000], "seed": 11, "distractions": False},
    ),
    LRS3: _Made(
        "talkers, 23.976 to 30 and 59.94 and 60 frames/s, 16 kHz",
        {"rates": [*_SLOW_RATES, *_FAST_RATES], "sample_rates": [16_000], "seed": 12, "distractions": False},
    ),
    FRAMES: _Made(
        "talkers in whole pictures, 23.976 to 30 frames/s, 16 kHz",
        {"rates": _SLOW_RATES, "sample_rates": [16_000], "seed": 13, "duration": Fraction(6), "whole": True},
    ),
    TITLES: _Made(
        "talkers with rooms, music, noise and other voices, 23.976 to 30 frames/s, 48 kHz",
        {"rates": _SLOW_RATES, "sample_rates": [48_000], "seed": 14},
    ),
}
_FAST_SHARE = len(_FAST_RATES) / (len(_SLOW_RATES) + len(_FAST_RATES))


class DataSets:
    """Data sets by name.

    Args:
      given: folders of `divas prepare` by name; `films` is a folder of films with their speakers.csv.
      folder: where the others are made.
      effort: how large they are made.

    Raises:
      UserError: a name is unknown.
    """

    def __init__(self, given: Mapping[str, Path], folder: Path, effort: Effort) -> None:
        for name in given:
            if name not in NAMES:
                raise UserError(f"--data {name}=… names no data set of the tables (there are {', '.join(NAMES)})")
        self._given, self._folder, self._effort = given, folder, effort

    def is_made(self, name: str) -> bool:
        """Whether it is made up, not given."""
        return name not in self._given

    def about(self, name: str) -> str:
        """What it is, in a few words."""
        if name in self._given:
            return str(self._given[name])
        return "made-up films" if name == FILMS else f"made-up {_MADE[name].what}"

    def path(self, name: str) -> Path:
        """The folder of a data set; makes it where nobody gave one.

        Raises:
          UserError: it cannot be written.
        """
        if name in self._given:
            return self._given[name]
        folder, effort = self._folder / name, self._effort
        if name == FILMS:
            if not (folder / "speakers.csv").is_file():
                folder.mkdir(parents=True, exist_ok=True)
                _write_films(folder, effort)
            return folder
        tested = effort.tested if name != LRS3 else round(effort.tested / (1 - _FAST_SHARE) * 1.5)
        counts = {"train": effort.clips, "val": max(8, effort.tested // 2), "test": tested}
        prepare_talkers(folder, counts, **{"duration": effort.clip_s, **_MADE[name].options})
        return folder

    def tested(self, name: str, rates: tuple[float, float] = SLOW) -> ClipSource:
        """The clips to be judged: of split "test", or "val" where a given folder has no other; at most so many.

        Raises:
          UserError: there are none.
        """
        folder = self.path(name)
        try:
            records: ClipSource = open_records(folder, "test")
        except UserError:
            records = open_records(folder, "val")
        records = within_rates(records, *rates)
        if not len(records):
            raise UserError(f"{folder} has no test clip between {rates[0]:g} and {rates[1]:g} frames/s")
        return chosen_evenly(records, 0 if self._effort.minutes is None else self._effort.tested)

    def learnt(self, name: str, rates: tuple[float, float] = SLOW) -> ClipSource:
        """The clips that competitors learn from.

        Raises:
          UserError: there are none.
        """
        records = within_rates(open_records(self.path(name), "train"), *rates)
        if not len(records):
            raise UserError(f"{self.path(name)} has no training clip between {rates[0]:g} and {rates[1]:g} frames/s")
        return records


def _write_films(folder: Path, effort: Effort) -> None:
    """Films whose scenes have one speaker, one among others, or several in turn (5.6)."""
    height = effort.film_height
    width = 2 * round(height * 8 / 9)
    options = {"duration": Fraction(effort.film_s), "height": height, "width": width, "fps": Fraction(25)}
    kinds = (ALONE, AMONG, SEVERAL)
    write_films(folder, range(21, 21 + effort.films), **options, sample_rate=48_000, kinds=kinds)
