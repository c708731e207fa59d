"""Preparing a data set: candidates are tried, staged, built into records and reported on; resumable at any point."""

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TimeRemainingColumn
from rich.text import Text

from divas_jax.clip import Rung
from divas_jax.command import errors
from divas_jax.config import DataConfig
from divas_jax.data.clip_record import LipShapes
from divas_jax.data.lip_shapes import FILE, of_records, read_lips, write_lips
from divas_jax.data.records import is_complete, remove_records, write_records
from divas_jax.data.timed_record import TimedRecord
from divas_jax.errors import UserError
from divas_jax.preparing.acceptance import accepted
from divas_jax.preparing.data_report import DataReport, data_report
from divas_jax.preparing.folder import FolderSource
from divas_jax.preparing.splits import SPLITS
from divas_jax.preparing.staging import Staging, recall_arguments, sole_writer
from divas_jax.preparing.workers import Candidate, Rejected, attempts
from divas_jax.talkers import (
    FRAME_RATES,
    SAMPLE_RATES,
    SPEAKER,
    draw_rates,
    talker_lips,
    talker_record,
    talker_seed,
)
from divas_jax.talkers.films import film_bytes, talker_in_picture

LipsOf = Callable[[Sequence[TimedRecord]], dict[str, LipShapes]]
"""Finds the lip shapes of records, by name; records of which nothing is known are left out."""


@dataclass(frozen=True)
class TalkerClip:
    """A talker that is yet to be made.

    Attributes:
      index: which talker of the split.
      split: "train", "val" or "test".
      seed: another seed gives other people.
      rates: frame rates (frames/s) to draw from.
      sample_rates: sample rates (Hz) to draw from.
      duration: s.
      whole: whether it is seen somewhere in a whole picture, not as a face crop.
      distractions: whether rooms, music, noise and other voices may be heard.
    """

    index: int
    split: str
    seed: int
    rates: tuple[Fraction, ...]
    sample_rates: tuple[int, ...]
    duration: Fraction
    whole: bool = False
    distractions: bool = True

    @property
    def name(self) -> str:
        """Unique within a data set."""
        return f"{self.split}-{self.index:06d}"

    def record(self) -> TimedRecord:
        """Makes the talker, and reads it back as every real file is read."""
        if self.whole:
            return self._in_picture()
        made = talker_record(
            self.index,
            split=self.split,
            seed=self.seed,
            rates=self.rates,
            sample_rates=self.sample_rates,
            duration=self.duration,
            distractions=self.distractions,
        )
        return accepted(made.media, name=self.name, speaker=made.speaker, source=made.source, split=self.split)

    def _in_picture(self) -> TimedRecord:
        identity = talker_seed(self.index, self.split, self.seed)
        fps, sample_rate = draw_rates(identity, self.rates, self.sample_rates)
        film = talker_in_picture(
            identity, fps=fps, sample_rate=sample_rate, duration=self.duration, distractions=self.distractions
        )
        media = film_bytes(film)
        return accepted(media, name=self.name, speaker=f"{SPEAKER}{identity}", source="talkers", split=self.split)


def prepare_talkers(
    out: Path,
    counts: Mapping[str, int],
    seed: int = 0,
    rates: Sequence[Fraction] | None = None,
    sample_rates: Sequence[int] | None = None,
    duration: Fraction | None = None,
    workers: int | None = None,
    progress: bool = True,
    force: bool = False,
    whole: bool = False,
    distractions: bool = True,
) -> DataReport | None:
    """Makes a data set of talkers in `out`; does nothing where that is already done.

    Args:
      out: folder of the data set.
      counts: clips of each split.
      seed: another seed gives other people.
      rates: frame rates (frames/s) to draw from; the usual ones by default.
      sample_rates: sample rates (Hz) to draw from; the usual ones by default.
      duration: of a clip (s); 4 by default.
      workers: processes; one for each CPU by default.
      progress: whether to show a bar.
      force: whether to discard what `out` was prepared from before.
      whole: whether talkers are seen in whole pictures, not as face crops; of such ones no lip shapes are kept.
      distractions: whether rooms, music, noise and other voices may be heard.

    Returns:
      The data report, or None if the data set was there already.

    Raises:
      UserError: `out` holds another data set or cannot be written, or an argument is out of range.
    """
    unknown = sorted(set(counts) - set(SPLITS))
    if unknown or min(counts.values(), default=0) < 0:
        raise UserError(f"counts of talkers must be of {', '.join(SPLITS)} and not negative, not {dict(counts)}")
    chosen: dict[str, Any] = {
        "seed": seed,
        "rates": tuple(rates or FRAME_RATES),
        "sample_rates": tuple(sample_rates or SAMPLE_RATES),
        "duration": Fraction(4) if duration is None else duration,
    }
    # Only what is unusual: folders that were prepared before these settings existed are recalled as they are.
    if whole:
        chosen["whole"] = True
    if not distractions:
        chosen["distractions"] = False
    candidates = [
        TalkerClip(index=index, split=split, **chosen) for split in SPLITS for index in range(counts.get(split, 0))
    ]
    arguments = {"source": "talkers", "counts": {split: counts.get(split, 0) for split in SPLITS}, **chosen}
    lips = None if whole else partial(_talker_lips, chosen["duration"])
    return prepare(candidates, out, arguments, workers=workers, progress=progress, force=force, lips=lips)


def _talker_lips(duration: Fraction, records: Sequence[TimedRecord]) -> dict[str, LipShapes]:
    """Talkers know what their lips do."""
    lips = {}
    for record in records:
        times = float(record.picture_start) + record.frame_pts * float(record.time_base)
        lips[record.name] = talker_lips(int(record.speaker.removeprefix(SPEAKER)), duration, times)
    return lips


@runtime_checkable
class Layout(Protocol):
    """Clips that lie in folders, as a frozen dataclass of settings (`FolderSource`, those of `layouts/`)."""

    def candidates(self) -> Sequence[Candidate]:
        """Clips to be tried; a UserError if the folders cannot be used."""
        ...


def prepare_layout(
    kind: str, source: Layout, out: Path, workers: int | None = None, progress: bool = True, force: bool = False
) -> DataReport | None:
    """Makes a data set of clips that lie in folders; does nothing where that is already done.

    Args:
      kind: what `source` is called.
      source: the folders, and what to take of them.
      out: folder of the data set.
      workers: processes; one for each CPU by default.
      progress: whether to show a bar.
      force: whether to discard what `out` was prepared from before.

    Returns:
      The data report, or None if the data set was there already.

    Raises:
      UserError: a folder cannot be used, or `out` holds another data set or cannot be written.
    """
    arguments: dict[str, Any] = {"source": kind}
    for key, value in vars(source).items():
        arguments[key] = value.resolve() if isinstance(value, Path) else value
    given = source.lips if isinstance(source, FolderSource) else None
    lips = partial(of_records, read_lips(given)) if given else None
    return prepare(source.candidates(), out, arguments, workers=workers, progress=progress, force=force, lips=lips)


def prepare_folder(
    source: FolderSource, out: Path, workers: int | None = None, progress: bool = True, force: bool = False
) -> DataReport | None:
    """Makes a data set of a folder of clips, as `prepare_layout` does."""
    where = {column: sorted(values) for column, values in source.where.items()}
    return prepare_layout("folder", replace(source, where=where), out, workers, progress, force)


def prepare(
    candidates: Sequence[Candidate],
    out: Path,
    arguments: Mapping[str, Any],
    *,
    workers: int | None = None,
    progress: bool = True,
    force: bool = False,
    lips: LipsOf | None = None,
) -> DataReport | None:
    """Makes a data set of any candidates.

    What is accepted is staged, so that a run that was stopped goes on where it
    was. Equal candidates give equal records in the same order, however often
    they were interrupted.

    Args:
      candidates: what to try.
      out: folder of the data set.
      arguments: what tells these candidates from others, remembered in `out`.
      workers: processes; one for each CPU by default.
      progress: whether to show a bar.
      force: whether to discard what `out` was prepared from before.
      lips: finds the lip shapes of records; they are kept beside these.

    Returns:
      The data report, or None if the data set was there already.

    Raises:
      UserError: `out` was prepared with other arguments or cannot be written, or no candidate is of use.
    """
    with sole_writer(out):
        if force:
            _clear(out)
        recall_arguments(out, json.loads(json.dumps(arguments, default=str)))
        if is_complete(out):
            Staging(out).remove()
            return None
        staging = Staging(out)
        rejected = _fill(staging, candidates, workers or len(os.sched_getaffinity(0)), progress)
        known = lips([clip.record for clip in staging.clips.values()]) if lips else {}
        rungs = [Rung(*rung) for rung in DataConfig().rungs]
        report = data_report(staging.clips.values(), rejected, rungs, len(known) if lips else None)
        report.save(out)
        if not staging.clips:
            raise UserError(f"no clip can be used; {out / 'report.md'} says why")
        if known:
            write_lips(out / FILE, known)
        splits = dict.fromkeys((*SPLITS, *sorted(split for split, _ in staging.clips)))
        write_records({split: staging.records(split) for split in splits}, out)
        staging.remove()
    return report


def _fill(staging: Staging, candidates: Sequence[Candidate], workers: int, progress: bool) -> dict[str, str]:
    """Stages what is not staged yet and returns why the rest is not."""
    wanted = [each for each in candidates if not getattr(each, "excluded", "")]
    staging.keep(
        {(each.split, each.name): {name: getattr(each, name) for name in _SAID & set(vars(each))} for each in wanted}
    )
    missing = [candidate for candidate in candidates if (candidate.split, candidate.name) not in staging.clips]
    rejected = {}
    columns = ("preparing", BarColumn(), MofNCompleteColumn(), _Speed(), TimeRemainingColumn())
    with Progress(*columns, console=errors, disable=not progress) as bar:
        task = bar.add_task("", total=len(candidates), completed=len(candidates) - len(missing))
        for outcome in attempts(missing, staging.folder, workers):
            if isinstance(outcome, Rejected):
                rejected[outcome.name] = outcome.why
            else:
                staging.add(outcome)
            bar.advance(task)
    return rejected


_SAID = {"speaker", "source", "sound_late", "sound_group"}
"""What is said of a clip beside what its file shows; a resumed run asks again whether it still holds."""


class _Speed(ProgressColumn):
    def render(self, task: Task) -> Text:
        """Clips/s, once there is an estimate."""
        return Text(f"{task.finished_speed or task.speed or 0:.1f} clips/s")


def _clear(out: Path) -> None:
    """Removes what an earlier preparation wrote, and nothing that it did not."""
    if (out / "prepare.json").is_file():
        remove_records(out)
        shutil.rmtree(out / ".staging", ignore_errors=True)
        for name in ("report.json", "report.md", FILE, "prepare.json"):
            (out / name).unlink(missing_ok=True)
