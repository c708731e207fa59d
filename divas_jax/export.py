"""`python -m divas_jax.export --checkpoint DIR --out DIR`: a model as safetensors with its config, and as StableHLO.

`weights.safetensors` and `config.json` are the archive: `divas_jax.load` reads
them back bit for bit, or rounded with --dtype float16. `calibration.json` says
how sure the answers are (`divas calibrate` makes it). `pictures.stablehlo` and
`sounds.stablehlo` run the two encoders without this package; `stablehlo.json`
says in which order their arguments come. Several checkpoints of one kind
become one model (an ensemble): their embeddings stand side by side, or, with
--average, their weights are averaged.
"""

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from divas_jax.command import DONE_OR_NOT, command_parser, console, run
from divas_jax.config import Config, DataConfig, ModelConfig
from divas_jax.errors import UserError
from divas_jax.writing import write_json, write_whole

if TYPE_CHECKING:
    from divas_jax.judging.calibration import Calibration
    from divas_jax.model.shapes import Parameters

_EXAMPLES = (
    "divas export --checkpoint RUN --out MODEL --dtype float16 --calibration calibration.json",
    "divas export --checkpoint RUN1 RUN2 --out MODEL         # several become one model, side by side",
    "divas export --checkpoint RUN1 RUN2 --average --out MODEL",
)


def main() -> int:
    """Exports what the command line asks for."""
    arguments = _parser().parse_args()

    from divas_jax.judging.calibration import FILE, read_calibration  # late: --help starts no JAX
    from divas_jax.loading import load_calibration
    from divas_jax.model.shapes import Parameters, parameter_count
    from divas_jax.model.weights import read_weights, write_weights
    from divas_jax.training.checkpoints import has_checkpoint

    if has_checkpoint(arguments.out):
        raise UserError(f"--out {arguments.out} is a training folder: name another one")
    parameters: Parameters
    config, parameters = _joined(arguments.checkpoint, arguments.average)
    calibration = None
    if arguments.calibration:
        calibration = read_calibration(arguments.calibration)
    elif len(arguments.checkpoint) == 1:
        calibration = load_calibration(arguments.checkpoint[0])
    write_weights(arguments.out, config.without_folders(), parameters, arguments.dtype)
    _write_calibration(arguments.out / FILE, calibration)
    config, parameters = read_weights(arguments.out)  # the programs are of the weights as they were rounded
    if arguments.stablehlo:
        _write_programs(arguments.out, config.model, config.data, parameters)
    console.print(f"exported {parameter_count(config.model):,} parameters to {arguments.out}:", markup=False)
    for path in sorted(arguments.out.iterdir()):
        console.print(f"  {path.name:<20} {path.stat().st_size:>12,} bytes", markup=False)
    return 0


def _parser() -> argparse.ArgumentParser:
    what = "Writes a trained model as safetensors with its config, and as StableHLO programs that need no DiVAS."
    parser = command_parser("divas export", what, _EXAMPLES, DONE_OR_NOT)
    add = parser.add_argument
    add(
        "--checkpoint", type=Path, nargs="+", required=True, metavar="DIR",
        help="a training folder (its best checkpoint); several of one kind become one model",
    )  # fmt: skip
    add("--out", type=Path, required=True, metavar="DIR", help="folder to write")
    add(
        "--dtype",
        choices=("float32", "float16"),
        default="float32",
        help="float16 is half as large (float32)",
    )
    add(
        "--calibration",
        type=Path,
        metavar="FILE",
        help="what divas calibrate wrote (that of the model)",
    )
    add(
        "--average",
        action="store_true",
        help="average the weights of several: one model of the same size, for runs that began from the same weights",
    )
    add("--no-stablehlo", dest="stablehlo", action="store_false", help="write the weights and their config only")
    return parser


def _joined(folders: Sequence[Path], average: bool) -> "tuple[Config, Parameters]":
    """One model out of one or several; the first one's config goes for all."""
    from divas_jax.loading import load_weights
    from divas_jax.model.parameters import averaged, joined

    configs, weights = zip(*map(load_weights, folders), strict=True)
    for folder, config in zip(folders, configs, strict=True):
        if (_kind(config.model), config.view) != (_kind(configs[0].model), configs[0].view):
            raise UserError(f"{folder} has another kind of model or view than {folders[0]}: they cannot be joined")
    if average:
        return configs[0], averaged(weights)
    if len(folders) > 1 and configs[0].model.members > 1:
        raise UserError(f"{folders[0]} is of several members already: name the checkpoints that it was made of")
    return dataclasses.replace(
        configs[0], model=dataclasses.replace(configs[0].model, members=configs[0].model.members * len(folders))
    ), joined(weights)


def _kind(model: ModelConfig) -> ModelConfig:
    """The model, whatever it was computed in: weights of an accelerator's run and of a CPU's are of one kind."""
    return dataclasses.replace(model, dtype="float32", attention="plain")


def _write_calibration(file: Path, calibration: "Calibration | None") -> None:
    if calibration:
        write_json(file, calibration.to_json())
    else:
        file.unlink(missing_ok=True)  # that of other weights


def _write_programs(folder: Path, model: ModelConfig, data: DataConfig, parameters: dict) -> None:
    from divas_jax.data.ladder import ladder_of
    from divas_jax.model.stablehlo import encoder_programs

    programs, description = encoder_programs(model, ladder_of(model, data), parameters)
    for name, program in programs.items():
        write_whole(folder / name, program)
    write_json(folder / "stablehlo.json", description)


if __name__ == "__main__":
    sys.exit(run(main))
