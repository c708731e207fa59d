"""`python -m divas_jax.calibrate --data DIR [--out FILE.json]`: how sure a model's answers are.

Clips that the model was not trained on are judged under offsets, whole and
cut to 1, 2 and 4 s, and with the sound of another clip; five speakers or more
are needed, as the check leaves a fifth of them out at a time. A posterior over
offsets is fitted to the distance curves: it says with what probability an answer
errs by at most 40 ms, and one more hypothesis whether the sound belongs to the
picture at all. `divas export --calibration FILE.json` puts it
beside the weights. A reliability plot goes beside the file. Without --out
nothing is fitted: the model's own calibration is checked on the clips named.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.progress import Progress

from divas_jax.command import DONE_OR_NOT, command_parser, console, run
from divas_jax.errors import UserError
from divas_jax.writing import write_json

if TYPE_CHECKING:
    from divas_jax.evaluation.reliability import HeldOutAnswers
    from divas_jax.evaluation.trial import Trial
    from divas_jax.judging.calibration import Calibration

_EXAMPLES = (
    "divas calibrate --checkpoint RUN --data DATA --out calibration.json",
    "divas calibrate --data DATA --split test                # check the calibration that comes along",
)


def main() -> int:
    """Judges, fits, checks, writes; or only checks."""
    arguments = _parser().parse_args()
    out = arguments.out
    if out and (not out.parent.is_dir() or out.suffix != ".json"):
        raise UserError(f"--out {out} must be a .json file in a folder that exists")

    from divas_jax.evaluation.calibrating import FOLDS, cross_checked, few_speakers, fit  # late: --help starts no JAX
    from divas_jax.evaluation.reliability import facts
    from divas_jax.evaluation.scores import answered

    known = None if out else _known(arguments)
    trials = answered(_trials(arguments))
    if not trials:
        raise UserError(f"no clip of {', '.join(map(str, arguments.data))}, split {arguments.split!r}, could be judged")
    if known:
        _say(facts(trials, _checked(known, trials)), "by the calibration of the model, fitted on other clips")
        return 0
    thresholds = (arguments.threshold, arguments.strangers)
    checked = cross_checked(trials, *thresholds)
    about = facts(trials, checked)
    _plot(trials, checked, out.with_suffix(".png"))
    write_json(out, replace(fit(trials, *thresholds), facts={"split": arguments.split} | about).to_json())
    _say(about, f"by {min(FOLDS, about['speakers'])}-fold cross-validation over speakers")
    if doubt := few_speakers(about["speakers"]):
        console.print(f"[yellow]warning:[/] {doubt}", soft_wrap=True)
    console.print(f"written to {out} and {out.with_suffix('.png')}", markup=False, soft_wrap=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    what = "Finds out how sure the answers of a model are, on clips that it was not trained on (five speakers or more)."
    parser = command_parser("divas calibrate", what, _EXAMPLES, DONE_OR_NOT)
    add = parser.add_argument
    add("--checkpoint", type=Path, metavar="DIR", help="training folder or export (default: the package's weights)")
    add("--data", type=Path, required=True, nargs="+", metavar="DIR", help="folders written by divas prepare")
    add("--split", default="val", help="which clips of them; not those that were trained on (val)")
    add("--out", type=Path, metavar="FILE.json", help="the calibration to write; without it the model's own is checked")
    add("--threshold", type=_share, default=0.7, metavar="P", help="an answer less likely than this is not told (0.7)")
    add(
        "--strangers",
        type=_share,
        default=0.02,
        metavar="P",
        help="offsets told of clips with another's sound, at most (0.02)",
    )
    add(
        "--trials",
        type=int,
        default=4,
        choices=range(1, 101),
        metavar="N",
        help="offsets tried on each clip (4)",
    )
    add("--seed", type=int, default=0, metavar="N", help="another seed draws other offsets (0)")
    add("--clips", type=int, default=0, metavar="N", help="at most so many clips, spread evenly (0: all)")
    return parser


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not from 0 to 1")
    return value


def _trials(arguments: argparse.Namespace) -> "list[Trial]":
    from divas_jax.data.clip_record import joined
    from divas_jax.data.records import open_records, short_names
    from divas_jax.evaluation.calibrating import calibration_trials
    from divas_jax.evaluation.reading import chosen_evenly
    from divas_jax.judging.embedding import Embedder
    from divas_jax.loading import load_weights

    sources = [open_records(folder, arguments.split) for folder in arguments.data]
    records = chosen_evenly(joined(dict(zip(short_names(arguments.data), sources, strict=True))), arguments.clips)
    config, parameters = load_weights(arguments.checkpoint)
    settings = replace(config.evaluate, trials=arguments.trials, seed=arguments.seed)
    with Progress(console=console) as bar:
        task = bar.add_task("judging", total=2 * len(records))
        embedder = Embedder(config, parameters)
        return calibration_trials(embedder, records, settings, lambda clips, _: bar.advance(task, clips))


def _known(arguments: argparse.Namespace) -> "Calibration":
    from divas_jax.loading import load_calibration

    known = load_calibration(arguments.checkpoint)
    if known is None:
        raise UserError("the model has no calibration that could be checked: --out FILE.json fits one")
    return known


def _checked(known: "Calibration", trials: "list[Trial]") -> "HeldOutAnswers":
    from divas_jax.evaluation.calibrating import checked_by, sureness_of

    return checked_by(sureness_of(trials, known))


def _plot(trials: "list[Trial]", checked: "HeldOutAnswers", path: Path) -> None:
    from divas_jax.evaluation.figures import plot_calibration
    from divas_jax.evaluation.reliability import is_right, reliability_of

    matched = np.asarray([trial.matched for trial in trials])
    clips = [trial.clip for trial in trials if trial.matched]
    plot_calibration(reliability_of(checked.probability[matched], is_right(trials)[matched], clips), path)


def _say(facts: dict[str, Any], how: str) -> None:
    from divas_jax.evaluation.lines import as_rich
    from divas_jax.evaluation.reliability import calibration_table

    checked = facts["checked"]
    console.print(as_rich(calibration_table(checked["by_part"])))
    for line in (
        f"{facts['clips']} clips of {facts['speakers']} speakers: {facts['trials']} answers, and "
        f"{facts['shuffled_trials']} with the sound of another clip",
        f"expected calibration error {checked['expected_calibration_error']:.3f}, {how}",
    ):
        console.print(line, markup=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(run(main))
