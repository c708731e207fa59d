"""The data report: what a prepared data set holds, what its padding costs, and what was turned away."""

import re
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from divas_jax.clip import Rung
from divas_jax.data.ladder import padding_waste
from divas_jax.preparing.leaks import find_leaks, some
from divas_jax.preparing.staging import Staged
from divas_jax.rates import rate_name
from divas_jax.writing import write_json, write_whole

Numbers = Mapping[str, int | float]

MOST_SHOWN = 20
"""Leaks that are shown in the terminal; report.md has all."""


@dataclass(frozen=True)
class DataReport:
    """Counts of a data set.

    Attributes:
      totals: by split: clips, hours, speakers, megabytes.
      rates: by frame rate and sample rate, as people write them: clips, hours.
      waste: by rung: clips and the shares of padded picture and sound tokens.
      outside: clips that fit no rung.
      rejected: by reason: what was turned away, each as "name: why".
      leaks: speakers, media files and sounds that are in two splits, each a sentence.
      unnamed: clips whose speaker is unknown, so that no leak of theirs can be seen.
      moved: by split, where any clip was put in sync: clips that were, and how late their sound was (ms); empty
        where no offset is known.
      lips: clips with lip shapes; None where none were given.
    """

    totals: Mapping[str, Numbers]
    rates: Mapping[str, Numbers]
    waste: Sequence[Numbers]
    outside: int
    rejected: Mapping[str, Sequence[str]]
    leaks: Sequence[str]
    unnamed: int
    moved: Mapping[str, Numbers]
    lips: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return dict(vars(self))

    def save(self, folder: Path) -> None:
        """Writes report.json and report.md."""
        write_json(folder / "report.json", self.to_dict())
        write_whole(folder / "report.md", self.to_markdown().encode())

    def print(self, console: Console) -> None:
        """Shows it in the terminal."""
        for title, head, rows in self._tables():
            table = Table(*head, title=title, title_justify="left", title_style="bold")
            for row in rows:
                table.add_row(*row)
            console.print(table)
        for note in self._notes(MOST_SHOWN):
            console.print(note, style="yellow", markup=False, soft_wrap=True)

    def to_markdown(self) -> str:
        """The same tables in Markdown, and the names of what was rejected."""
        lines = ["# Data report", ""]
        for title, head, rows in self._tables():
            lines += [f"## {title}", "", _line(head), _line(["---"] * len(head)), *map(_line, rows), ""]
        lines += [f"- {note}" for note in self._notes(len(self.leaks))]
        for reason, items in self.rejected.items():
            lines += ["", f"## Rejected: {reason}", "", *(f"- {item}" for item in items)]
        return "\n".join(lines) + "\n"

    def _tables(self) -> list[tuple[str, list[str], list[list[str]]]]:
        tables = [
            ("Splits", ["split", "clips", "hours", "speakers", "MB"], [_cells(*kv) for kv in self.totals.items()]),
            ("Rates", ["frames/s x Hz", "clips", "hours"], [_cells(*kv) for kv in self.rates.items()]),
            (
                "Padding",
                ["rung (frames x patches)", "clips", "picture padding", "sound padding"],
                [
                    [f"{w['frames']} x {w['patches']}", str(w["clips"]), f"{w['picture']:.1%}", f"{w['sound']:.1%}"]
                    for w in self.waste
                ],
            ),
        ]
        if self.moved:
            head = ["put in sync", "moved", "as filed", "median ms late", "least", "most"]
            tables.append(("Offsets", head, [_cells(*kv) for kv in self.moved.items()]))
        if self.rejected:
            rows = [[reason, str(len(items)), some(items)] for reason, items in self.rejected.items()]
            tables.append(("Rejected", ["reason", "clips", "for example"], rows))
        return tables

    def _notes(self, most: int) -> list[str]:
        notes = [f"leak: {leak}" for leak in self.leaks[:most]]
        if len(self.leaks) > most:
            notes.append(f"{len(self.leaks) - most} more leaks are in report.md")
        if self.lips is not None:
            total = sum(int(numbers["clips"]) for numbers in self.totals.values())
            notes.append(f"{self.lips} of {total} clips have lip shapes")
        if self.outside:
            notes.append(f"{self.outside} clips fit no rung of the ladder")
        if self.unnamed:
            notes.append(f"{self.unnamed} clips have no known speaker, so their speakers may be in two splits")
        return notes


def data_report(
    clips: Iterable[Staged], rejected: Mapping[str, str], rungs: Sequence[Rung], lips: int | None = None
) -> DataReport:
    """Counts a data set.

    Args:
      clips: what was accepted.
      rejected: why each other clip was not, by name.
      rungs: the ladder that padding is judged by.
      lips: clips with lip shapes, where any were given.
    """
    clips = sorted(clips, key=lambda clip: clip.key)
    waste, outside = padding_waste([(c.record.fps, c.record.sample_rate) for c in clips], rungs)
    return DataReport(
        totals=_grouped(clips, lambda c: c.record.split, _split_total),
        rates=_grouped(sorted(clips, key=lambda c: (c.record.fps, c.record.sample_rate)), _rates, _total),
        waste=[
            {
                "frames": w.rung.frames,
                "patches": w.rung.patches,
                "clips": w.clips,
                "picture": w.picture,
                "sound": w.sound,
            }
            for w in waste
        ],
        outside=outside,
        rejected=_by_reason(rejected),
        leaks=find_leaks(clips),
        unnamed=sum(not clip.record.speaker for clip in clips),
        moved=_grouped(clips, lambda c: c.record.split, _moved) if any(c.record.sound_late for c in clips) else {},
        lips=lips,
    )


def _grouped(
    clips: Sequence[Staged], key: Callable[[Staged], str], total: Callable[[Sequence[Staged]], Numbers]
) -> dict[str, Numbers]:
    groups: dict[str, list[Staged]] = defaultdict(list)
    for clip in clips:
        groups[key(clip)].append(clip)
    return {name: total(clips_of_group) for name, clips_of_group in groups.items()}


def _total(clips: Sequence[Staged]) -> Numbers:
    return {"clips": len(clips), "hours": sum(clip.record.duration for clip in clips) / 3600}


def _split_total(clips: Sequence[Staged]) -> Numbers:
    speakers = {clip.record.speaker for clip in clips if clip.record.speaker}
    return {**_total(clips), "speakers": len(speakers), "MB": sum(clip.n_bytes for clip in clips) / 1e6}


def _moved(clips: Sequence[Staged]) -> Numbers:
    late = [float(clip.record.sound_late * 1000) for clip in clips if clip.record.sound_late] or [0.0]
    known = sum(bool(clip.record.sound_late) for clip in clips)
    numbers: Numbers = {"moved": known, "as_filed": len(clips) - known}
    return {**numbers, "median_ms": statistics.median(late), "least_ms": min(late), "most_ms": max(late)}


def _rates(clip: Staged) -> str:
    rate = rate_name(clip.record.fps) if clip.record.constant_rate else "variable"
    return f"{rate} x {clip.record.sample_rate}"


def _by_reason(rejected: Mapping[str, str]) -> dict[str, list[str]]:
    reasons: dict[str, list[str]] = defaultdict(list)
    for name, sentence in sorted(rejected.items()):
        why = sentence.removeprefix(name).strip()
        # What varies from file to file follows a bracket, a colon or a count.
        reasons[re.split(r" \(|: | of \d", why)[0]].append(f"{name}: {why}")
    return dict(sorted(reasons.items(), key=lambda item: -len(item[1])))


def _cells(name: str, numbers: Numbers) -> list[str]:
    return [name, *(f"{value:.2f}" if isinstance(value, float) else str(value) for value in numbers.values())]


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"
