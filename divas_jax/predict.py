"""`python -m divas_jax.predict FILE…`: how far the sound of each file is from its picture.

The model is the package's own, or that of --checkpoint DIR. Where it holds a
calibration, the answer says how sure it is, or that there is no telling and why.
Of several files each answer is a line, said as soon as it is known; Ctrl-C writes
what is done.

A file shows one face, cropped as usual, or with --full-frame whatever the
model was trained on. The exit code is 2 if any file could not be judged; the
others are judged all the same. `--make-example` writes a file with a known
offset instead.
"""

import argparse
import dataclasses
import importlib
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from divas_jax import __version__
from divas_jax.command import check_any_exists, command_parser, console, errors, progress_bar, run
from divas_jax.config import Config
from divas_jax.driving import Driven, Record, until_stopped
from divas_jax.errors import UserError
from divas_jax.media.encode import encode_clip
from divas_jax.title_arguments import FINE, SEARCH_MS, add_wish_arguments, checkpoint_of, number, wish_of
from divas_jax.writing import STANDARD_OUTPUT, check_can_write, make_folder, write_json

if TYPE_CHECKING:
    from divas_jax.judging.clip_files import Answer
    from divas_jax.judging.judge import Judge

_EXAMPLES = (
    "divas predict face.mp4                                  # the offset, and how sure it is",
    "divas predict *.mp4 --json answers.json --plot CURVES",
    "divas predict --make-example late.mp4 --shift-ms -120   # a file to try: its sound is 120 ms late",
)

_EXIT_CODES = "exit code: 0 every file has an answer, 2 one could not be judged, 3 of one nothing can be told"


def main() -> int:
    """Judges the files of the command line, or makes an example."""
    arguments = _parser().parse_args()
    if arguments.make_example:
        return _make_example(arguments.make_example, arguments.shift_ms, arguments.seed, arguments.seconds)
    plots = _plot_files(arguments.files, arguments.plot)
    _check(arguments)

    judge = _judge(arguments)
    output = Console(quiet=True) if arguments.json == STANDARD_OUTPUT else console
    done = _each_judged(arguments, judge, plots, output)
    if arguments.json:
        write_json(arguments.json, {"divas_jax": __version__, "checkpoint": _model(arguments), "files": done.records})
    failed = _sum_up(output, done.records, plots)
    done.end()
    failed += _draw_attention(judge, done.records, arguments.attention, output) if arguments.attention else 0
    thin = any(record["status"] == "thin" for record in done.records)
    return 2 if failed else 3 if thin else 0


def _each_judged(arguments: argparse.Namespace, judge: "Judge", plots: Sequence[Path], output: Console) -> Driven:
    """Judges every file, says and draws each answer as soon as it is known, and ends with what is done on Ctrl-C."""
    from divas_jax.judging.clip_files import answer, print_answer  # late: bad arguments start no JAX
    from divas_jax.title.listening import listen

    files, search, records = arguments.files, arguments.search_ms / 1000, list[Record]()
    ways = iter(plots)

    def show(judged: "Answer") -> None:
        print_answer(output, judged, alone=len(files) == 1)
        if judged.failure:
            _say_error(judged.failure)
        if plot := next(ways, None):
            _draw(judged, plot)
        records.append(judged.record(search))

    with progress_bar() as progress:
        asked = (search, arguments.fine, listen, wish_of(arguments))
        answers = (answer(judge, file, *asked) for file in progress.track(files, description="judging"))
        stopped = until_stopped(answers, show)
    return Driven(records, len(files) - len(records), stopped)


def _sum_up(output: Console, records: Sequence[Record], plots: Sequence[Path]) -> int:
    """Says how many files were judged and where their curves are; how many were not."""
    judged = sum(record["status"] != "failed" for record in records)
    if len(records) > 1:
        output.print(f"{judged} of {len(records)} files judged")
    if plots and judged:
        where = plots[0] if len(plots) == 1 else plots[0].parent
        output.print(f"distance curve{'s' * (len(plots) > 1)} in {escape(str(where))}", soft_wrap=True)
    return len(records) - judged


def _say_error(sentence: str) -> None:
    errors.print("[bold red]error:[/]", escape(sentence))


def _parser() -> argparse.ArgumentParser:
    what = "Says how far the sound of a short clip of one face is from its picture (any other film: divas score)."
    parser = command_parser("divas predict", what, _EXAMPLES, _EXIT_CODES)
    add = parser.add_argument
    add("files", type=Path, nargs="*", metavar="FILE", help="a media file that shows one face")
    add("--checkpoint", type=Path, metavar="DIR", help="the model: a training folder or an export (the package's own)")
    add("--json", type=Path, metavar="FILE", help="write the answers as JSON; - prints them instead of sentences")
    add("--plot", type=Path, metavar="FILE.png", help="draw how well each offset fits; a folder for several files")
    add("--attention", type=Path, metavar="DIR", help="draw where the model looks and listens: a picture and a film")
    add(
        "--full-frame",
        action="store_true",
        help="whole pictures, not one face: less exact",
    )
    add("--search-ms", type=_positive, default=Fraction(600), metavar="MS", help=SEARCH_MS)
    add("--fine", type=_count, default=1, metavar="N", help=FINE)
    add_wish_arguments(parser)
    add(
        "--stored",
        type=_positive,
        metavar="S",
        help="for files cut wider than usual: by how much (SyncNet's crop is 1)",
    )
    example = parser.add_argument_group("a file with a known offset, to try a model with")
    example.add_argument("--make-example", type=Path, metavar="OUT.mp4", help="write a made-up talker and stop")
    example.add_argument(
        "--shift-ms", type=number, default=Fraction(0), metavar="MS", help="how early its sound is; below 0: late"
    )
    example.add_argument("--seconds", type=number, default=Fraction(4), metavar="S", help="how long it is (4)")
    example.add_argument("--seed", type=int, default=0, metavar="N", help="another number, another talker (0)")
    return parser


def _positive(text: str) -> Fraction:
    value = number(text)
    if value <= 0:
        raise argparse.ArgumentTypeError("must be above 0")
    return value


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _check(arguments: argparse.Namespace) -> None:
    arguments.checkpoint = checkpoint_of(arguments)
    if not arguments.files:
        raise UserError("no FILE is named")
    check_can_write("--json", arguments.json)
    check_any_exists(arguments.files)
    if arguments.attention and arguments.attention.exists() and not arguments.attention.is_dir():
        raise UserError(f"--attention {arguments.attention} is a file, not a folder")
    if arguments.plot or arguments.attention:
        importlib.import_module("matplotlib")  # where it is not installed, no file is judged in vain


def _plot_files(files: Sequence[Path], plot: Path | None) -> list[Path]:
    """Where the curve of each file goes; nothing if none was asked for."""
    if plot is None:
        return []
    if plot.suffix.lower() == ".png" and not plot.is_dir():
        if len(files) > 1:
            raise UserError(f"--plot {plot} is one file, but there are {len(files)} curves: name a folder")
        return [plot]
    return [plot / f"{name}.png" for name in _names(files)]


def _names(files: Sequence[Path]) -> list[str]:
    """What is written about each file is called so: its stem, where no other's is the same."""
    stems = [file.stem for file in files]
    unique = [file.name if stems.count(file.stem) > 1 else file.stem for file in files]
    numbers = [unique[:index].count(name) for index, name in enumerate(unique)]
    return [f"{name}{f'-{number + 1}' * bool(number)}" for name, number in zip(unique, numbers, strict=True)]


def _judge(arguments: argparse.Namespace) -> "Judge":
    from divas_jax.judging.judge import Judge
    from divas_jax.loading import load_calibration, load_weights

    config, parameters = load_weights(arguments.checkpoint)
    return Judge(_with_view(config, arguments), parameters, load_calibration(arguments.checkpoint))


def _with_view(config: Config, arguments: argparse.Namespace) -> Config:
    """The checkpoint's config with what the user says about the pictures."""
    if arguments.full_frame and not config.view.full_frame:
        raise UserError(f"--full-frame needs a model of full frames, but {_model(arguments)} was trained on crops")
    if arguments.stored is None:
        return config
    if config.view.full_frame:
        raise UserError(f"--stored is about face crops, but {_model(arguments)} was trained on full frames")
    return dataclasses.replace(config, view=dataclasses.replace(config.view, stored=float(arguments.stored)))


def _model(arguments: argparse.Namespace) -> str:
    return str(arguments.checkpoint or "the package's weights")


def _draw(answer: "Answer", plot: Path) -> None:
    """Draws the curve of a file that was judged."""
    from divas_jax.evaluation.figures import plot_curve

    if answer.judgement:
        make_folder(plot.parent)
        plot_curve(answer.judgement, plot)


def _draw_attention(judge: "Judge", records: Sequence[Record], folder: Path, output: Console) -> int:
    """Writes a picture and a film of the attention in each judged file; says what failed, and how many did."""
    from divas_jax.evaluation.attention_film import draw_attention

    files = [Path(record["file"]) for record in records]
    names = zip(records, files, _names(files), strict=True)
    judged = [(file, name) for record, file, name in names if record["status"] != "failed"]
    places = []
    with progress_bar() as progress:
        for file, name in progress.track(judged, description="drawing"):
            make_folder(folder)
            drawn = (folder / f"{name}.attention.{kind}" for kind in ("png", "mp4"))
            try:
                across, down = draw_attention(judge.embedder, file, *drawn)
            except UserError as error:
                _say_error(str(error))
            else:
                places.append(
                    f"{file.name}: the model looks most at {across:.0%} across and {down:.0%} down the picture"
                )
    for place in places:
        output.print(escape(place), soft_wrap=True)
    if places:
        output.print(f"attention of the model in {escape(str(folder))}", soft_wrap=True)
    return len(judged) - len(places)


def _make_example(target: Path, shift_ms: Fraction, seed: int, seconds: Fraction) -> int:
    from divas_jax.sync.tolerances import in_words
    from divas_jax.talkers.example import shifted_talker

    clip = shifted_talker(shift_ms / 1000, seed, seconds)
    make_folder(target.parent)
    encode_clip(clip, target, container=target.suffix[1:] or "mp4")
    console.print(
        f"{target}: a made-up talker that no model was trained on; by construction its {in_words(float(shift_ms))}",
        markup=False,
        soft_wrap=True,
    )
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
