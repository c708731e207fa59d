"""`python -m divas_jax.embed CLIP|FOLDER… --out FOLDER`: embeddings of every window of many clips, a file a clip.

Clips are media files as the model was trained on (face crops, or whole pictures), folders of them, and data sets of
`divas prepare`. Each has a file of NumPy arrays and a row in `index.csv`. A clip whose file is there, made by the same
weights and version of the same clip, is left as it is: the same command goes on where it was stopped. The exit code
is 2 if a clip could not be read; the others are embedded all the same.
"""

import argparse
import functools
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

from divas_jax import __version__
from divas_jax.batch_arguments import add_files_arguments, check_files_arguments, part_of
from divas_jax.catalogue.options import BEAM, check_beam_arguments, split_runner_options
from divas_jax.command import command_parser, console, errors, run
from divas_jax.driving import Driven, Record, each_done, until_stopped
from divas_jax.errors import UserError
from divas_jax.title_arguments import listed_files, listed_names
from divas_jax.writing import check_can_make, make_folder, write_text

if TYPE_CHECKING:
    from divas_jax.catalogue.plan import Plan
    from divas_jax.embeddings.clips import ClipPlace

_EXAMPLES = (
    "divas embed CLIPS --out EMBEDDINGS              # EMBEDDINGS/a.mp4.npz of CLIPS/a.mp4 …, and index.csv",
    "divas embed DATA --out EMBEDDINGS --workers 2   # all splits of a data set of divas prepare",
    "divas embed --beam EMBEDDINGS --list clips.txt -- --runner=DataflowRunner   # on many machines",
)

_EXIT_CODES = "exit code: 0 every clip is embedded, 2 one could not be read, or something named here cannot be used"

_LIMIT_S = 600.0


def main() -> int:
    """Embeds the clips of the command line."""
    arguments = _arguments()
    _check(arguments)
    if arguments.beam:
        return _embed_catalogue(arguments)

    from divas_jax.embeddings.clips import named_clips  # late: bad arguments start no JAX
    from divas_jax.embeddings.files import kept_records
    from divas_jax.embeddings.index import csv_text, index_file
    from divas_jax.loading import weights_mark

    clips = part_of(named_clips([*arguments.files, *listed_files(arguments.list)]), arguments.part)
    made_with = f"{__version__} {weights_mark(arguments.checkpoint)}"
    done = kept_records(arguments.out, clips, made_with)
    before, todo = len(done), [clip for clip in clips if clip not in done]
    index = index_file(arguments.out, arguments.part)
    stopped = _embed(arguments, todo, made_with, done)
    records = [done[clip] for clip in clips if clip in done]
    write_text(index, csv_text(records))
    failed = sum(bool(record["error"]) for record in records)
    if not arguments.quiet:
        counts = f"{len(records) - failed} clips are embedded, {before} of them before; {failed} not read"
        console.print(f"{counts}; index: {index}", markup=False, soft_wrap=True)
    Driven(records, len(clips) - len(done), stopped).end("the same command does the rest")
    return 2 if failed else 0


def _embed(
    arguments: argparse.Namespace, todo: "Sequence[ClipPlace]", made_with: str, done: "dict[ClipPlace, Record]"
) -> KeyboardInterrupt | None:
    """Embeds clips and adds their records to those of `done`; by whom it was stopped."""
    from divas_jax.embeddings.index import failed_record
    from divas_jax.embeddings.making import write_embeddings
    from divas_jax.loading import load_embedder, load_weights

    make_folder(arguments.out, "--out")
    if todo:
        load_weights(arguments.checkpoint)  # a model that cannot be used is told here, not by every clip
    places = {str(clip): clip for clip in todo}

    def keep(record: Record) -> None:
        done[places[record["file"]]] = record
        _say_failure(record)

    records = each_done(
        functools.partial(load_embedder, arguments.checkpoint),
        todo,
        arguments.workers or 1,
        arguments.limit,
        functools.partial(write_embeddings, arguments.out, made_with),
        failed_record,
        arguments.quiet,
    )
    return until_stopped(records, keep)


def _say_failure(record: Record) -> None:
    if record["error"]:
        errors.print(f"[bold red]not read[/] {escape(record['error'])}")


def _embed_catalogue(arguments: argparse.Namespace) -> int:
    """Embeddings and records of clips on many machines."""
    from divas_jax.catalogue.addresses import title_addresses
    from divas_jax.catalogue.pipeline import keep_records
    from divas_jax.title.batch import media_files

    listed = listed_names(arguments.list)
    _refuse_data_sets([*arguments.files, *map(Path, listed)])
    named = map(str, media_files(arguments.files))
    clips = part_of(title_addresses([*named, *listed]), arguments.part)
    counts = keep_records(clips, _plan(arguments), arguments.runner_options)
    failed = counts.outcomes["failed"]
    if not arguments.quiet:
        console.print(f"{counts.made} clips were embedded or tried, {counts.kept} had their record", soft_wrap=True)
        console.print(f"{failed} not read; index: {arguments.beam}", markup=False, soft_wrap=True)
    return 2 if failed else 0


def _plan(arguments: argparse.Namespace) -> "Plan":
    """What `--beam` makes of each clip."""
    from divas_jax.catalogue.addresses import address_of
    from divas_jax.catalogue.plan import CONTENT, Plan
    from divas_jax.embeddings.index import INDEX, csv_text, failed_record, outcomes
    from divas_jax.embeddings.making import handed_over
    from divas_jax.loading import load_embedder, load_weights, weights_mark

    load_weights(arguments.checkpoint)  # a model that cannot be used is told here, not by every clip
    return Plan(
        address_of(arguments.beam),
        f"{__version__} {weights_mark(arguments.checkpoint)}",
        begin=functools.partial(load_embedder, arguments.checkpoint),
        work=functools.partial(handed_over, CONTENT),
        failed=failed_record,
        csv_text=csv_text,
        outcomes=outcomes,
        limit_s=arguments.limit,
        workers=arguments.workers or 1,
        table=INDEX,
        keeps_files=True,
    )


def _refuse_data_sets(named: Sequence[Path]) -> None:
    from divas_jax.embeddings.clips import is_data_set

    for path in named:
        if is_data_set(path):
            raise UserError(f"{path} is a data set of divas prepare, which --beam does not read: embed it with --out")


def _arguments() -> argparse.Namespace:
    """Of the command line; `runner_options` are those of Beam."""
    words, runner_options = split_runner_options(sys.argv[1:])
    return _parser().parse_args(words, argparse.Namespace(runner_options=runner_options))


def _parser() -> argparse.ArgumentParser:
    what = "Writes the embeddings of every window of 0.2 s of many clips, pictures and sounds, as NumPy arrays."
    parser = command_parser("divas embed", what, _EXAMPLES, _EXIT_CODES)
    add = parser.add_argument
    add("--out", type=Path, metavar="FOLDER", help="where NAME.npz of each clip and index.csv are written")
    add("--checkpoint", type=Path, metavar="DIR", help="the model: a training folder or an export (the package's own)")
    beam = "embeddings of the clips of --list by Apache Beam, instead of --out; its options go after --"
    add(BEAM, metavar="FOLDER", help=beam)
    add("--quiet", action="store_true", help="say only which clips could not be read")
    add_files_arguments(parser, _LIMIT_S, "CLIP|FOLDER")
    return parser


def _check(arguments: argparse.Namespace) -> None:
    check_files_arguments(arguments, least_workers=1)
    if arguments.beam:
        check_beam_arguments(arguments, arguments.files, ("out",))
    elif arguments.out is None:
        raise UserError("--out FOLDER is missing: where the embeddings go")
    else:
        check_can_make("--out", arguments.out)


if __name__ == "__main__":
    sys.exit(run(main))
