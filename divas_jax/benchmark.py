"""`python -m divas_jax.benchmark`: how fast each part is, beside what this machine can do, in one run.

Machines differ and are noisy, so every part is measured in turn with its
yardstick, several rounds, and the best of each is kept. Compare the ratios;
absolute figures mean something on an idle accelerator only.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from rich.table import Table

from divas_jax import command
from divas_jax.benchmarking.memory import peak_mib
from divas_jax.errors import UserError
from divas_jax.writing import write_json


@dataclass(frozen=True)
class Measurement:
    """One line of the report.

    Attributes:
      part: what was measured.
      rate: how much of `unit` a second, the best round.
      unit: of `rate`, without the second.
      ratio: `rate` against the yardstick; 0 for none.
      yardstick: what it is compared with, or whatever else there is to say; empty for nothing.
      peak_mib: largest memory of this process so far (MiB).
    """

    part: str
    rate: float
    unit: str
    ratio: float = 0.0
    yardstick: str = ""
    peak_mib: float = 0.0


_EXAMPLES = (
    "divas benchmark                                         # everything, some minutes",
    "divas benchmark --parts film --film mine.mp4 --rounds 1 --json speed.json",
    "divas benchmark --parts film --against ../older          # another checkout beside this one",
)


def main() -> int:
    """Runs the parts that are asked for."""
    arguments = _parser().parse_args()
    if arguments.against:
        return _against(arguments)
    parts = PARTS | {"film": partial(film, given=arguments.film), "scaling": partial(scaling, plot=arguments.plot)}

    import jax

    lines: list[Measurement] = []
    for part in arguments.parts:
        with command.console.status(f"measuring {part}"):
            lines += parts[part](max(1, arguments.rounds))
    device = f"{jax.device_count()} x {jax.devices()[0].device_kind}, jax {jax.__version__}"
    command.console.print(_table(lines, device))
    if arguments.json:
        report = {"device": device, "measurements": [asdict(line) for line in lines]}
        write_json(arguments.json, report)
    return 0


def _against(arguments: argparse.Namespace) -> int:
    """Measures this checkout and another one in turn, each in processes of its own."""
    from divas_jax.benchmarking.checkouts import measured_in_turn

    if not (arguments.against / "divas_jax" / "benchmark.py").is_file():
        raise UserError(f"--against {arguments.against} is no checkout of divas_jax")
    film = ["--film", str(arguments.film.absolute())] if arguments.film else []
    checkouts = {"then": arguments.against, "now": Path(__file__).resolve().parents[1]}
    with command.console.status("measuring both checkouts in turn"):
        measurements = measured_in_turn(checkouts, [*arguments.parts], max(1, arguments.rounds), film)
    table = Table(title="best of each, measured in turn")
    for name in ("part", "then", "now", "now / then"):
        table.add_column(name, justify="left" if name == "part" else "right")
    for (part, unit), rates in measurements.items():
        then, now = rates.get("then"), rates.get("now")
        cells = [f"{rate:,.0f} {unit}/s" if rate else "" for rate in (then, now)]
        table.add_row(part, *cells, f"{now / then:.2f}" if now and then else "")
    command.console.print(table)
    if arguments.json:
        lines = [{"part": part, "unit": unit, **rates} for (part, unit), rates in measurements.items()]
        write_json(arguments.json, {"measurements": lines})
    return 0


def _parser() -> argparse.ArgumentParser:
    what = "Measures how fast each part of DiVAS is on this machine, beside what the machine can do."
    parser = command.command_parser("divas benchmark", what, _EXAMPLES, command.DONE_OR_NOT)
    add = parser.add_argument
    add(
        "--parts",
        nargs="+",
        metavar="PART",
        choices=sorted(PARTS),
        default=[part for part in PARTS if part not in ASKED_FOR],
        help=f"only these of {', '.join(sorted(PARTS))} (all but {' and '.join(ASKED_FOR)})",
    )
    add("--rounds", type=int, default=5, metavar="N", help="measure N times, the best counts (5)")
    add("--film", type=Path, metavar="FILE", help="for the part film: this one (a made-up one)")
    add("--against", type=Path, metavar="CHECKOUT", help="measure another checkout of divas_jax in turn with this one")
    add("--plot", type=Path, metavar="FILE", help="for the part scaling: a picture of it")
    add("--json", type=Path, metavar="FILE", help="write the figures too")
    return parser


def encoders(rounds: int) -> list[Measurement]:
    """The face_crops encoders against plain matrix products, in each kind of number that the device is made for."""
    from divas_jax.benchmarking.encoders import encoder_rates, load_of_device

    whole, lines = "of it, were the last layer computed for all tokens", []
    for dtype in load_of_device().dtypes:
        rates, part = encoder_rates(rounds, dtype), f"encoders, face_crops, {dtype}"
        lines += [
            Measurement(f"matrix product, {dtype}", rates.product / 1e9, "GFLOP", peak_mib=peak_mib()),
            Measurement(part, rates.windows, "windows", rates.share, "of the matrix product's rate", peak_mib()),
            Measurement(part, rates.windows, "windows", rates.whole_share, whole, peak_mib()),
        ]
    return lines


def step(rounds: int) -> list[Measurement]:
    """Training steps of face_crops against the same windows only embedded, and with clips in device memory."""
    from divas_jax.benchmarking.encoders import load_of_device, step_rates

    lines = []
    for dtype in load_of_device().dtypes:
        rates, part = step_rates(rounds, dtype), f"training step, face_crops, {dtype}"
        lines += [
            Measurement(part, rates.windows, "windows", rates.of_embedding, "of embedding alone", peak_mib()),
            Measurement(f"{part}, its work", rates.work / 1e9, "GFLOP", peak_mib=peak_mib()),
            Measurement(
                f"{part}, resident clips", rates.resident, "windows", rates.of_step, "of that step", peak_mib()
            ),
        ]
    return lines


def decode(rounds: int) -> list[Measurement]:
    """Decoding stored clips, in processor time, beside PyAV alone."""
    from divas_jax.benchmarking.input import decode_rates

    ours, alone = decode_rates(rounds)
    return [Measurement("decode, clips of 4 s, 128x128", ours, "clips", ours / alone, "of PyAV alone", peak_mib())]


def stream(rounds: int) -> list[Measurement]:
    """Decoded, augmented, padded batches of the quickstart."""
    from divas_jax.benchmarking.input import stream_rate

    return [Measurement("stream, quickstart", stream_rate(rounds), "windows", peak_mib=peak_mib())]


def offsets(rounds: int) -> list[Measurement]:
    """Offset matrices in one pass against a plain loop over windows and offsets."""
    from divas_jax.benchmarking.encoders import offset_rates

    clips, ratio = offset_rates(rounds)
    return [Measurement("offset matrix, 100 windows", clips, "clips", ratio, "times a plain loop", peak_mib())]


def film(rounds: int, given: Path | None = None) -> list[Measurement]:
    """`divas score` of a film, made up in 1080p or your own, against plain decoding of it, and where the time goes."""
    from divas_jax.benchmarking.film import film_rates

    rates, name = film_rates(rounds, given), given.name if given else "1080p"
    stages = [
        Measurement(f"score: {name}", rate, "frames", rates.judged / rate, "of its time", peak_mib())
        for name, rate in rates.stages.items()
    ]
    return [
        Measurement(f"plain decoding, {name}", rates.decoded, "frames", peak_mib=peak_mib()),
        Measurement(
            f"score, {name}", rates.judged, "frames", rates.judged / rates.decoded, "of plain decoding", peak_mib()
        ),
        *stages,
    ]


def peers(rounds: int) -> list[Measurement]:
    """DiVAS beside the competitors' networks at the sizes of their papers: from a decoded clip to its offset."""
    del rounds  # each takes the better of two, as far as that does not take too long
    from divas_jax.baselines.competitors import syncnet, vocalist
    from divas_jax.baselines.speed import competitor_speed, divas_speed, measured_clip
    from divas_jax.config import Config

    divas_rate = divas_speed(Config(), measured_clip(4))
    lines = [Measurement("DiVAS, face_crops, a clip of 4 s", divas_rate, "frames", peak_mib=peak_mib())]
    for made, seconds in ((syncnet(), 4), (vocalist(), 1)):
        rate, name = competitor_speed(made, measured_clip(seconds)), f"{made.name}, a clip of {seconds} s"
        lines.append(Measurement(name, rate, "frames", rate / divas_rate, "of DiVAS's rate", peak_mib()))
    return lines


def scaling(rounds: int, plot: Path | None = None) -> list[Measurement]:
    """How time grows with clips, the length of a film, its faces, a data set; and what spreading the same work does."""
    del rounds  # the fit through all sizes is what counts
    from divas_jax.benchmarking.scaling import KINDS, growth, plot_growth, slope

    growth_of = {kind: growth(kind) for kind in KINDS}
    if plot:
        plot_growth(growth_of, plot)
    lines = []
    for kind, grown in growth_of.items():
        last, what = grown[-1], KINDS[kind]
        name, power = f"{last.size:,} {what.counted}", f"time goes with the power {slope(grown):.2f}"
        rate = (what.done or last.size) / last.seconds
        lines.append(Measurement(name, rate, what.unit, 0.0, power, last.peak_mib))
    return lines


PARTS: dict[str, Callable[[int], list[Measurement]]] = {
    "encoders": encoders,
    "step": step,
    "offsets": offsets,
    "decode": decode,
    "stream": stream,
    "film": film,
    "peers": peers,
    "scaling": scaling,
}
ASKED_FOR = ("peers", "scaling")
"""Parts that take minutes each: only where they are named."""


def _table(lines: list[Measurement], device: str) -> Table:
    table = Table(title=f"divas_jax on {device}")
    for name in ("part", "rate", "ratio", "peak memory"):
        table.add_column(name, justify="left" if name == "part" else "right")
    for line in lines:
        ratio = _ratio(line)
        table.add_row(
            line.part,
            f"{line.rate:,.{0 if line.rate >= 10 else 1}f} {line.unit}/s",
            ratio,
            f"{line.peak_mib:,.0f} MiB",
        )
    return table


def _ratio(line: Measurement) -> str:
    if not line.ratio:
        return line.yardstick
    if line.yardstick.startswith("times"):
        return f"{line.ratio:,.0f} {line.yardstick}"
    return f"{line.ratio:.{0 if line.ratio > 0.1 else 1}%} {line.yardstick}"


if __name__ == "__main__":
    sys.exit(command.run(main))
