"""`python -m divas_jax.prepare`: writes a data set of made-up talkers, or of clips in folders, LRS2, LRS3 and titles.

A run that is stopped goes on where it was when the same command is given again.
`--beam CLIPS` cuts the faces out of videos on many machines.
`--audit CHECKPOINT` lists the clips of a data set whose sound and picture do
not fit, and `--exclude` leaves listed clips out when it is prepared anew.
"""

import argparse
import dataclasses
import functools
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.progress import Progress

from divas_jax.catalogue.options import BEAM, check_beam_arguments, split_runner_options
from divas_jax.command import DONE_OR_NOT, command_parser, console, errors, run
from divas_jax.errors import UserError
from divas_jax.preparing.folder import FolderSource, excluded_clips
from divas_jax.preparing.known_offsets import UNKNOWN
from divas_jax.preparing.layouts import Lrs2Source, Lrs3MultifpsSource, Lrs3Source, TitleSource
from divas_jax.preparing.splits import SPLITS
from divas_jax.rates import parse_rate
from divas_jax.title_arguments import listed_names
from divas_jax.writing import write_whole

if TYPE_CHECKING:
    from divas_jax.preparing.data_report import DataReport

AUDIT = "audit.csv"
"""What an audit writes into the data set's folder."""

LAYOUTS = {
    "folder": FolderSource,
    "lrs2": Lrs2Source,
    "lrs3": Lrs3Source,
    "lrs3-multifps": Lrs3MultifpsSource,
    "titles": TitleSource,
}
"""What --source may say besides talkers and media: clips that lie in folders."""

_EXAMPLES = (
    "divas prepare --source talkers --out DATA               # made-up talkers, to try things with",
    "divas prepare --source folder --path CLIPS --manifest late.csv --out DATA",
    "divas prepare --out DATA --audit RUN                    # list clips whose sound does not fit",
    "divas prepare --source media --list videos.txt --beam CLIPS   # on many machines, by Apache Beam",
)


def main() -> int:
    """Prepares what the command line asks for and prints the data report."""
    words, runner_options = split_runner_options(sys.argv[1:])
    arguments = _parser().parse_args(words)
    if arguments.beam:
        return _cut_catalogue(arguments, runner_options)
    if arguments.out is None or arguments.list or arguments.limit:
        raise UserError("--list and --limit go with --beam" if arguments.out else "--out DIR is missing")
    if arguments.audit:
        return _audit(arguments)
    if not arguments.source:
        raise UserError(f"--source is missing: talkers, media, {', '.join(LAYOUTS)}")
    try:
        report = _talkers(arguments) if arguments.source == "talkers" else _layout(arguments)
    except KeyboardInterrupt:
        errors.print(f"{arguments.out} is unfinished; the same command goes on with it")
        raise
    if report is None:
        console.print(f"{arguments.out} is already prepared (--force prepares it again)", markup=False, soft_wrap=True)
    else:
        report.print(console)
        console.print(f"wrote {arguments.out}", markup=False, soft_wrap=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    what = "Writes a data set to train or measure models with; stopped and given again, the command goes on."
    parser = command_parser("divas prepare", what, _EXAMPLES, DONE_OR_NOT)
    add = parser.add_argument
    add(
        "--source",
        choices=("talkers", "media", *LAYOUTS),
        help="made-up talkers, any videos (media), or clips in folders",
    )
    add("--out", type=Path, metavar="DIR", help="folder of the data set")
    add(
        "--path",
        type=Path,
        metavar="FOLDER",
        help="folder of clips (a manifest.csv is read), of raw videos (media), of LRS2, …",
    )
    add(
        "--videos",
        type=Path,
        metavar="FOLDER",
        help="original videos that lrs3-multifps is cut from, ID.mp4 or so",
    )
    add("--pretrain", action="store_true", help="the pretraining clips of LRS2 or LRS3 as well")
    add("--count", type=_count, metavar="N", help="training clips: talkers 600, others all")
    add("--val", type=_count, metavar="N", help="validation clips: talkers 60, others all")
    add("--test", type=_count, metavar="N", help="test clips: talkers 60, others all")
    add("--seed", type=_count, default=0, metavar="S", help="another seed makes other talkers")
    add("--rates", type=_rates, metavar="25,30,…", help="frame rates of talkers")
    add("--sample-rates", type=_whole_numbers, metavar="16000,…", help="sample rates of talkers (Hz)")
    add("--duration", type=_seconds, metavar="S", help="length of a talker's clip (s), 4 by default")
    add("--whole-pictures", action="store_true", help="talkers somewhere in a picture, for full-frame models")
    add(
        "--where",
        type=_condition,
        action="append",
        default=[],
        metavar="COLUMN=V1,V2",
        help="only clips of which the manifest says so",
    )
    add(
        "--val-share",
        type=_share,
        metavar="0.05",
        help="share of speakers for validation, where clips name none",
    )
    add("--test-share", type=_share, metavar="0.05", help="likewise for testing")
    add("--split", choices=SPLITS, help="put all clips of a folder into this split")
    add("--unknown", choices=UNKNOWN, help="what to do with clips whose offset the manifest does not tell (leave-out)")
    add(
        "--as-filed",
        action="store_true",
        help="take clips as they are, whatever offsets the manifest tells",
    )
    add(
        "--lips",
        type=Path,
        metavar="FILE.npz",
        help="where the lips are in the clips, for targets.lips",
    )
    add("--manifest", type=Path, metavar="FILE.csv", help="a folder's manifest, as divas align writes it")
    add("--exclude", type=_excluded, metavar="CSV", help="clips to leave out of a folder: columns name and doubt")
    add(
        "--audit",
        type=Path,
        metavar="CHECKPOINT",
        help="list clips that do not fit their sound in DIR/audit.csv",
    )
    add("--workers", type=_count, metavar="N", help="clips worked on at the same time (one for each CPU)")
    beam = "cut the faces out of the videos of --path and --list by Apache Beam into CLIPS; its options go after --"
    add(BEAM, metavar="CLIPS", help=beam)
    add("--list", type=Path, metavar="FILE", help="with --beam: a text file with one video on each line")
    add("--limit", type=_seconds, metavar="S", help="with --beam: give a video up after S seconds (a day)")
    add("--force", action="store_true", help="throw away what was prepared in DIR before")
    return parser


def _talkers(arguments: argparse.Namespace) -> "DataReport | None":
    if arguments.path or _asked(arguments):
        raise UserError("--path, --where and other settings of real clips go with --source folder or another")
    from divas_jax.preparing.preparation import prepare_talkers  # late: it writes by TFDS, and --help needs none

    defaults = {"train": (arguments.count, 600), "val": (arguments.val, 60), "test": (arguments.test, 60)}
    return prepare_talkers(
        arguments.out,
        {split: usual if asked is None else asked for split, (asked, usual) in defaults.items()},
        seed=arguments.seed,
        rates=arguments.rates,
        sample_rates=arguments.sample_rates,
        duration=arguments.duration,
        workers=arguments.workers,
        force=arguments.force,
        whole=arguments.whole_pictures,
    )


def _layout(arguments: argparse.Namespace) -> "DataReport | None":
    kind, asked = arguments.source, _asked(arguments)
    if arguments.path is None:
        raise UserError(f"--source {kind} needs --path FOLDER")
    of_talkers = (arguments.rates, arguments.sample_rates, arguments.duration, arguments.whole_pictures or None)
    if any(value is not None for value in of_talkers):
        raise UserError("--rates, --sample-rates, --duration and --whole-pictures go with --source talkers")
    layout = _media(arguments.out) if kind == "media" else LAYOUTS[kind]
    settings = {field.name for field in dataclasses.fields(LAYOUTS.get(kind, FolderSource))}
    settings -= {"where", "exclude", "split", "unknown", "as_filed", "lips", "manifest"} if kind == "media" else set()
    for key in sorted(asked.keys() - settings):
        raise UserError(f"--{key.replace('_', '-')} does not go with --source {kind}")
    if "videos" in settings - asked.keys():
        raise UserError(f"--source {kind} needs --videos FOLDER, where the original videos are")
    from divas_jax.preparing.preparation import prepare_folder, prepare_layout  # late: as above

    most = {"train": arguments.count, "val": arguments.val, "test": arguments.test}
    most = {split: count for split, count in most.items() if count is not None}
    source = layout(folder=arguments.path, most=most, **asked)
    prepare = prepare_folder if kind == "folder" else functools.partial(prepare_layout, kind)
    return prepare(source, arguments.out, workers=arguments.workers, force=arguments.force)


def _media(out: Path) -> Any:
    """Raw videos, whose faces are cut into a folder beside the records."""
    from divas_jax.title.cutting import MediaSource  # late: only this source looks for faces

    return functools.partial(MediaSource, crops=out / "crops")


def _cut_catalogue(arguments: argparse.Namespace, runner_options: Sequence[str]) -> int:
    """Clips of faces and their manifest, cut on many machines; `--source folder` makes a data set of them."""
    check_beam_arguments(arguments, [arguments.path] if arguments.path else [], ("out", "audit", "force"))
    if arguments.source != "media" or _asked(arguments) or not (arguments.path or arguments.list):
        raise UserError("--beam cuts videos: it goes with --source media and --path or --list, and no other setting")
    from divas_jax.catalogue.addresses import title_addresses  # late: only this needs Beam
    from divas_jax.catalogue.cutting import LIMIT_S, cutting_plan
    from divas_jax.catalogue.pipeline import keep_records
    from divas_jax.title.batch import media_files

    here = map(str, media_files([arguments.path] if arguments.path else []))
    plan = cutting_plan(arguments.beam, float(arguments.limit or LIMIT_S), arguments.workers or 1)
    counts = keep_records(title_addresses([*here, *listed_names(arguments.list)]), plan, runner_options)
    said = counts.outcomes
    console.print(f"{counts.made} videos cut or tried, {counts.kept} had their record: {said['clip']} clips")
    console.print(f"{said['nothing']} show no single speaking face, {said['failed']} not read", soft_wrap=True)
    if said["clip"]:
        console.print(f"a data set of them: divas prepare --source folder --path {arguments.beam} --out DATA")
    return 2 if said["failed"] else 0


def _asked(arguments: argparse.Namespace) -> dict[str, Any]:
    """The settings of layouts that the command line gives."""
    given = {
        "where": dict(arguments.where) or None,
        "exclude": arguments.exclude,
        "split": arguments.split,
        "lips": arguments.lips,
        "manifest": arguments.manifest,
        "unknown": arguments.unknown,
        "as_filed": arguments.as_filed or None,
        "videos": arguments.videos,
        "pretrain": arguments.pretrain or None,
        "val_share": arguments.val_share,
        "test_share": arguments.test_share,
    }
    return {key: value for key, value in given.items() if value is not None}


def _audit(arguments: argparse.Namespace) -> int:
    if arguments.source or _asked(arguments):
        raise UserError("--audit reads a data set that is prepared already: it goes with --out alone")
    from divas_jax.data.records import open_records, splits_of
    from divas_jax.evaluation.audit import audit, audit_csv, audit_table  # late: preparing starts no JAX
    from divas_jax.evaluation.lines import as_rich
    from divas_jax.evaluation.protocols import without_offsets
    from divas_jax.judging.embedding import Embedder
    from divas_jax.loading import load_weights

    config, parameters = load_weights(arguments.audit)
    embedder, splits = Embedder(config, parameters), splits_of(arguments.out)
    records = {split: open_records(arguments.out, split) for split in splits}
    with Progress(*Progress.get_default_columns(), console=errors, transient=True) as bar:
        task = bar.add_task("auditing", total=sum(map(len, records.values())))
        trials = {
            split: without_offsets(embedder, split_records, config.evaluate, lambda clips, _: bar.advance(task, clips))
            for split, split_records in records.items()
        }
    clips = audit(trials)
    write_whole(arguments.out / AUDIT, audit_csv(clips))
    console.print(as_rich(audit_table(clips)))
    doubted = sum(bool(clip.doubt) for clip in clips)
    console.print(f"{doubted} of {len(clips)} clips are doubted: {arguments.out / AUDIT}", markup=False, soft_wrap=True)
    return 0


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return number


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share < 1:
        raise argparse.ArgumentTypeError("must be from 0 up to 1")
    return share


def _seconds(text: str) -> Fraction:
    try:
        return Fraction(text)
    except ZeroDivisionError as error:
        raise ValueError from error


def _rates(text: str) -> tuple[Fraction, ...]:
    try:
        return tuple(map(parse_rate, text.split(",")))
    except UserError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _whole_numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(",")))


def _excluded(text: str) -> dict[str, str]:
    return excluded_clips(Path(text))


def _condition(text: str) -> tuple[str, frozenset[str]]:
    column, equals, values = text.partition("=")
    if not equals or not column:
        raise argparse.ArgumentTypeError(f"{text!r} is not COLUMN=V1,V2")
    return column, frozenset(values.split(","))


if __name__ == "__main__":
    sys.exit(run(main))
