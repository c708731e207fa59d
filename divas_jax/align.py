"""`python -m divas_jax.align FOLDER --out MANIFEST.csv`: by how much each recording's sound is late.

With it a corpus can be put in sync. FOLDER is a prepared data set, a folder of face clips with a manifest.csv (clips of
one recording share one offset: its column `recording`, or --recording), or a folder of any videos, whose faces are cut
first. What is not sure gets no value. The manifest goes to
`divas prepare --source folder --path FOLDER --manifest MANIFEST.csv` as it is; `--apply DIR` writes copies of the files
that are in sync instead, and measures them again. `--releases` measures where zero is, by physics, without a model: how
long after closed lips open the sound rises.
"""

import argparse
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from divas_jax.command import DONE_OR_NOT, command_parser, console, errors, run
from divas_jax.errors import UserError
from divas_jax.title_arguments import SEARCH_MS, number
from divas_jax.writing import write_json, write_text

if TYPE_CHECKING:
    from divas_jax.aligning.recordings import Recording
    from divas_jax.aligning.sources import Entry

CROPS, JOURNAL = ".crops", ".journal"
"""Beside the manifest, called as it is: faces cut from videos, and what is known of each clip."""

IN_SYNC_MS = 20.0
"""A copy is in sync if it is measured again as this near to 0 (ms)."""

_EXAMPLES = (
    "divas align CORPUS --out late.csv                       # then: divas prepare --manifest late.csv …",
    "divas align CORPUS --out late.csv --apply IN_SYNC       # and write copies that are in sync",
    "divas align CLIPS --releases --lips lips.npz            # where zero is, without a model",
)


def main() -> int:
    """Aligns the folder of the command line."""
    arguments = _parser().parse_args()
    _check(arguments)
    if arguments.releases:
        return _releases(arguments)
    entries = _entries(arguments)
    if arguments.make_folds:
        return _fold(arguments, entries)
    recordings = _aligned(arguments, entries)
    _say(recordings)
    _write(arguments, entries, recordings)
    return _apply(arguments, entries, recordings) if arguments.apply else 0


def _parser() -> argparse.ArgumentParser:
    what = "Says by how much the sound of each recording of a corpus is late, for training on it."
    parser = command_parser("divas align", what, _EXAMPLES, DONE_OR_NOT)
    add = parser.add_argument
    add(
        "folder",
        type=Path,
        metavar="FOLDER",
        help="a data set, clips with a manifest.csv, or any videos",
    )
    add("--out", type=Path, metavar="FILE.csv", help="the table to write: clips and by how much their sound is late")
    add(
        "--recording",
        default="",
        metavar="COLUMN",
        help="clips alike in it have one offset ('file', 'folder' …)",
    )
    add("--split", default="", metavar="NAME", help="only clips of this split")
    add("--crops", action="store_true", help="the videos show one face each already: look for none")
    add(
        "--checkpoint",
        action="append",
        default=[],
        metavar="[FOLD=]DIR",
        help="the model, or that of a fold (the package's)",
    )
    add("--fold", default="fold", metavar="COLUMN", help="the column that says to which fold a clip belongs (fold)")
    add("--make-folds", type=int, metavar="N", help="only sort clips into N folds that share no speaker")
    add("--search-ms", type=number, default=Fraction(600), metavar="MS", help=SEARCH_MS)
    add("--csv", type=Path, metavar="FILE.csv", help="a row for each recording")
    add("--json", type=Path, metavar="FILE.json", help="the same for other programs")
    add("--plot", type=Path, metavar="FILE.png", help="a picture: a line for each recording")
    add("--apply", type=Path, metavar="DIR", help="write copies that are put in sync, and measure these")
    add(
        "--releases",
        action="store_true",
        help="tell how long after lips open the sound rises; no model",
    )
    add("--lips", type=Path, metavar="FILE.npz", help="where the lips are in the clips, for --releases")
    add(
        "--as-filed",
        action="store_true",
        help="for --releases: take clips as they are, as if no offset were known",
    )
    add("--workers", type=int, default=1, metavar="N", help="processes that look for faces in videos (1)")
    return parser


def _check(arguments: argparse.Namespace) -> None:
    """Before anything is read."""
    if not arguments.folder.is_dir():
        raise UserError(f"{arguments.folder} is not a folder of clips or videos")
    if not arguments.out and not arguments.releases:
        raise UserError("--out FILE.csv is missing: the manifest to write")
    endings = {"out": ".csv", "csv": ".csv", "json": ".json", "plot": ".png"}
    for option, ending in endings.items():
        path = getattr(arguments, option)
        if path and (path.suffix.lower() != ending or not path.absolute().parent.is_dir() or path.is_dir()):
            raise UserError(f"--{option} {path} must be a {ending} file in a folder that exists")
    if arguments.search_ms < 100 or arguments.search_ms > 10000:
        raise UserError("--search-ms must be from 100 to 10000")
    if arguments.make_folds is not None and arguments.make_folds < 2:
        raise UserError("--make-folds must be 2 or more")
    if arguments.workers < 1:
        raise UserError("--workers must be 1 or more")
    out = arguments.apply
    if out and (out.absolute() == arguments.folder.absolute() or (out.exists() and not out.is_dir())):
        raise UserError(f"--apply {out} must be another folder than {arguments.folder}, and no file")


def _raw(arguments: argparse.Namespace) -> bool:
    """Whether faces must be cut first."""
    from divas_jax.aligning.sources import is_raw

    return is_raw(arguments.folder) and not arguments.crops


def _entries(arguments: argparse.Namespace) -> "list[Entry]":
    """The clips; those of raw videos are cut first."""
    from divas_jax.aligning.sources import cut_videos, entries_of

    if _raw(arguments):
        if arguments.recording or arguments.split or arguments.make_folds:
            raise UserError("--recording, --split and --make-folds are for clips: of videos, each file is a recording")
        return cut_videos(arguments.folder, arguments.out.with_suffix(CROPS), arguments.workers)
    return entries_of(arguments.folder, arguments.recording, arguments.split)


def _aligned(arguments: argparse.Namespace, entries: "list[Entry]") -> "list[Recording]":
    from divas_jax.aligning.consensus import likelihood_of
    from divas_jax.aligning.evidence import late_grid
    from divas_jax.aligning.models import by_choice, choices_of, judged
    from divas_jax.aligning.recordings import aligned

    parts = by_choice(entries, choices_of(arguments.checkpoint), arguments.fold)
    search, journal = arguments.search_ms / 1000, arguments.out.with_suffix(JOURNAL)
    with _bar() as bar:
        task = bar.add_task("listening", total=len(entries))
        evidence, known = judged(parts, search, journal, lambda count: bar.advance(task, count))
    grid = late_grid(search)
    return aligned(entries, evidence, grid, likelihood_of(entries, evidence, grid, known))


def _bar() -> Progress:
    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), "left", TimeRemainingColumn())
    return Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal)


def _say(recordings: "list[Recording]") -> None:
    from divas_jax.aligning.lateness_tables import agreement_words, left_out, recording_lines, source_lines
    from divas_jax.evaluation.lines import as_rich

    console.print(as_rich(recording_lines(recordings)))
    if len({each.source for each in recordings}) > 1:
        console.print(as_rich(source_lines(recordings)))
    why = left_out(recordings)
    for sentence in why[:10]:
        console.print(f"no value: {sentence}", markup=False, soft_wrap=True)
    if len(why) > 10:
        console.print(f"no value: {len(why) - 10} more, each with its reason in --csv and --json", markup=False)
    valued = sum(each.told_ms is not None for each in recordings)
    console.print(f"{valued} of {len(recordings)} recordings get a value", markup=False)
    for sentence in agreement_words(recordings):
        console.print(sentence, markup=False, soft_wrap=True)


def _write(arguments: argparse.Namespace, entries: "list[Entry]", recordings: "list[Recording]") -> None:
    """The manifest, and what is asked for beside it."""
    from divas_jax.aligning.evidence import late_grid
    from divas_jax.aligning.lateness_tables import as_json, manifest_csv, recordings_csv, videos_csv

    if arguments.plot:
        from divas_jax.aligning.picture import plot_recordings

        plot_recordings(recordings, late_grid(arguments.search_ms / 1000), arguments.plot)
    about = {"folder": str(arguments.folder), "clips": len(entries), "search_ms": float(arguments.search_ms)}
    if arguments.csv:
        write_text(arguments.csv, recordings_csv(recordings))
    if arguments.json:
        write_json(arguments.json, as_json(recordings, about | {"checkpoint": arguments.checkpoint or ["package"]}))
    if _raw(arguments):
        crops = arguments.out.with_suffix(CROPS)
        write_text(crops / "manifest.csv", manifest_csv(entries, recordings))
        console.print(f"faces, with their offsets: {crops}", markup=False, soft_wrap=True)
    write_text(arguments.out, videos_csv(recordings) if _raw(arguments) else manifest_csv(entries, recordings))
    console.print(f"manifest: {arguments.out}", markup=False, soft_wrap=True)


def _apply(arguments: argparse.Namespace, entries: "list[Entry]", recordings: "list[Recording]") -> int:
    """Copies, and what is measured of them; 1 where one of them is not in sync, or could not be written."""
    from divas_jax.aligning.applying import copies, sources_of

    raw, out = _raw(arguments), arguments.apply
    late = {each.name: each.told_ms for each in recordings}
    of = {each.name: each.name for each in recordings} if raw else {entry.name: entry.recording for entry in entries}
    files, failed = sources_of(arguments.folder, entries, recordings, raw), 0
    for name, copy, why in copies(files, lambda name: late[of[name]], out):
        if why and late[of[name]] is not None:
            console.print(f"[yellow]{'warning' if copy else 'not written'}:[/] {escape(name)}: {escape(why)}")
            failed += copy is None
    return max(_measured_again(arguments, {file: of[file] for file in files}), int(failed > 0))


def _measured_again(arguments: argparse.Namespace, recording: dict[str, str]) -> int:
    """Says what the copies' recordings are late by; 1 where one of them is not in sync."""
    from divas_jax.aligning.sources import cut_videos, entries_of

    if _raw(arguments):
        copied = cut_videos(arguments.apply, arguments.out.with_suffix(f".copies{CROPS}"), arguments.workers)
    else:
        copied = entries_of(arguments.apply)
        copied = [replace(entry, recording=recording[entry.name]) for entry in copied if entry.name in recording]
    again = _aligned(arguments, copied)
    off = [each for each in again if each.told_ms is not None and abs(each.told_ms) > IN_SYNC_MS]
    valued = sum(each.told_ms is not None for each in again)
    console.print(
        f"{arguments.apply}: {len(copied)} copies, measured again: {valued} of {len(again)} recordings get a value, "
        f"{valued - len(off)} of these within {IN_SYNC_MS:.0f} ms of 0",
        markup=False,
        soft_wrap=True,
    )
    for each in off:
        console.print(
            f"[bold red]not in sync:[/] {escape(each.name)}: {round(each.told_ms or 0):+d} ms", soft_wrap=True
        )
    return int(bool(off))


def _releases(arguments: argparse.Namespace) -> int:
    """Lays the sound after opening lips over each other, by source."""
    from divas_jax.aligning.lateness_tables import release_lines
    from divas_jax.aligning.releases import energies_by_source, releases
    from divas_jax.aligning.sources import entries_of, with_lips
    from divas_jax.data.lip_shapes import read_lips
    from divas_jax.evaluation.lines import as_rich

    entries = entries_of(arguments.folder, arguments.recording, arguments.split)
    entries = with_lips(entries, read_lips(arguments.lips) if arguments.lips else {})
    if not entries:
        raise UserError(f"{arguments.folder} has no lip shapes: name a file of them by --lips (docs/data.md: format)")
    with _bar() as bar:
        task = bar.add_task("looking", total=len(entries))
        openings = releases(energies_by_source(entries, not arguments.as_filed, lambda: bar.advance(task)))
    console.print(as_rich(release_lines(openings)))
    if arguments.json:
        write_json(arguments.json, {"folder": str(arguments.folder), "sources": [each._asdict() for each in openings]})
    return 0


def _fold(arguments: argparse.Namespace, entries: "list[Entry]") -> int:
    """A manifest with one more column."""
    from divas_jax.aligning.folds import fold_of
    from divas_jax.aligning.lateness_tables import as_csv
    from divas_jax.aligning.sources import columns_of

    folds = fold_of(entries, arguments.make_folds)
    rows = [{**entry.row, arguments.fold: fold} for entry, fold in zip(entries, folds, strict=True)]
    columns = [column for column in columns_of(entries) if column != arguments.fold]
    write_text(arguments.out, as_csv([*columns, arguments.fold], rows))
    sizes = ", ".join(f"{folds.count(fold)} in fold {fold}" for fold in sorted(set(folds)))
    console.print(f"{len(entries)} clips: {sizes}; written to {arguments.out}", markup=False, soft_wrap=True)
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
