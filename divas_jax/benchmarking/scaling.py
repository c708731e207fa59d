"""How time and memory grow with clips, films, faces and data sets, and how they change where the same work is spread.

Every size is measured in a process of its own, whose peak memory is then that size's alone; what compiles is compiled
before the clock starts.
"""

import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from divas_jax.benchmarking import spreading
from divas_jax.benchmarking.memory import peak_mib
from divas_jax.data.clip_record import ClipRecord
from divas_jax.data.facts import facts_file, read_facts, write_facts
from divas_jax.judging.embedding import Embedder
from divas_jax.judging.judge import SEARCH
from divas_jax.loading import load_judge, load_weights
from divas_jax.palette import BLUE, GREY
from divas_jax.sync.tolerances import UNDETECTABLE
from divas_jax.talkers import make_talker
from divas_jax.talkers.films import Film, FilmFace, FilmScene, Stretch, write_film
from divas_jax.title.batch import FileJudge, Settings
from divas_jax.writing import write_picture

APART = 1.5
"""Times that differ by such a factor have room for a label each."""

REACH = 15
"""Frames searched each way."""

_SCENE_S = 10
_HEIGHT, _WIDTH, _FPS, _SAMPLE_RATE = 360, 640, 25, 16_000
"""Of the made-up films."""


@dataclass(frozen=True)
class Grown:
    """One size.

    Attributes:
      size: in the unit of its kind.
      seconds: that it took.
      peak_mib: largest memory of the process, or of one that it started (MiB).
    """

    size: int
    seconds: float
    peak_mib: float


def clips(size: int) -> Callable[[], object]:
    """`size` clips of 2 s are embedded together."""
    embedder = Embedder(*load_weights())
    made = [
        make_talker(seed, fps=Fraction(_FPS), sample_rate=_SAMPLE_RATE, duration=Fraction(2), distractions=False)
        for seed in range(min(size, 8))
    ]
    embedder.embed(made[:1] * 8, REACH)
    several = [replace(made[place % len(made)]) for place in range(size)]
    return lambda: [embedder.embed(several[first : first + 8], REACH) for first in range(0, size, 8)]


def film_seconds(size: int) -> Callable[[], object]:
    """A film of `size` s, a face in each scene of it, is judged."""
    return _judged(_film(size // _SCENE_S, 1))


def faces(size: int) -> Callable[[], object]:
    """A film of 20 s with `size` faces side by side is judged."""
    return _judged(_film(2, size))


def records(size: int) -> Callable[[], object]:
    """What is known of `size` clips is read, as a run does when it starts."""
    folder = tempfile.TemporaryDirectory(prefix="divas-scaling-")
    file = facts_file(Path(folder.name), "train")
    fps = Fraction(_FPS)
    write_facts(file, (ClipRecord(f"clip-{number}", b"", fps, 100, True, _SAMPLE_RATE, 4.0) for number in range(size)))
    return lambda: read_facts(Path(folder.name) / file.name, size)


class Kind(NamedTuple):
    """What grows.

    Attributes:
      make: from a size to the work, which tells its seconds itself if not all of them count.
      sizes: the smallest first.
      counted: what a size counts, in words.
      unit: of what is done, by which the report's rate goes.
      done: how much that is; 0 where it is the size.
    """

    make: Callable[[int], Callable[[], object]]
    sizes: tuple[int, ...]
    counted: str
    unit: str
    done: int = 0


KINDS: Mapping[str, Kind] = {
    "clips": Kind(clips, (8, 16, 32, 64), "clips embedded", "clips"),
    "film": Kind(film_seconds, (10, 20, 40, 80), "seconds of film judged", "seconds"),
    "faces": Kind(faces, (1, 2, 3, 4), "faces in a film of 20 s", "faces"),
    "records": Kind(records, (2_000, 20_000, 200_000), "clips of a data set, opened", "clips"),
    "workers": Kind(spreading.workers, (1, 2, 4), "processes that judge four files", "files", spreading.FILMS),
    "devices": Kind(spreading.devices, (1, 2, 4, 8), "fake devices that train together", "steps", spreading.COUNTED),
    "hosts": Kind(spreading.hosts, (1, 2), "processes that train together", "steps", spreading.COUNTED),
}


def growth(kind: str, progress: Callable[[Grown], None] = lambda _: None) -> list[Grown]:
    """Time and memory of every size of a kind, the smallest first."""
    grown = []
    spawned = multiprocessing.get_context("spawn")
    for size in KINDS[kind].sizes:
        with ProcessPoolExecutor(1, spawned) as pool:
            grown.append(pool.submit(_measured, kind, size).result())
        progress(grown[-1])
    return grown


def slope(grown: Sequence[Grown]) -> float:
    """The power of the size with which time grows, fitted on both logarithms: 1 is in proportion."""
    size, seconds = (np.log([getattr(each, name) for each in grown]) for name in ("size", "seconds"))
    return float(np.polyfit(size, seconds, 1)[0])


def plot_growth(grown: Mapping[str, Sequence[Grown]], path: Path) -> None:
    """Time against size, both axes logarithmic, with the fitted powers.

    Raises:
      UserError: the file cannot be written.
    """
    figure = Figure(figsize=(11, 3.2 * ((len(grown) + 1) // 2)), layout="constrained")
    panels = figure.subplots((len(grown) + 1) // 2, 2, squeeze=False).ravel()
    for axes, (kind, measured) in zip(panels, grown.items(), strict=False):
        _plot_kind(axes, KINDS[kind], measured)
    for axes in panels[len(grown) :]:
        axes.set_axis_off()
    write_picture(path, figure)


def _plot_kind(axes: Axes, kind: Kind, measured: Sequence[Grown]) -> None:
    """One kind: time by size, and its memory in words."""
    sizes, seconds = [each.size for each in measured], [each.seconds for each in measured]
    axes.loglog(sizes, seconds, "-o", color=BLUE, label=f"time: power {slope(measured):.2f}")
    expected = [seconds[0] if kind.done else seconds[0] * size / sizes[0] for size in sizes]
    axes.loglog(sizes, expected, ":", color=GREY, label="as for one" if kind.done else "in proportion")
    axes.set(xlabel=kind.counted, ylabel="s", ylim=(min(seconds) / 2, 4 * max(*seconds, *expected)))
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    ends = [seconds[0], *(seconds[-1:] if not 1 / APART < seconds[-1] / seconds[0] < APART else ())]
    axes.set_yticks(ends, [f"{value:.3g}" for value in ends])
    axes.minorticks_off()
    axes.set_title(f"peak memory {measured[0].peak_mib:,.0f} to {measured[-1].peak_mib:,.0f} MiB", fontsize=9)
    axes.legend(fontsize=8, loc="upper left")


def _measured(kind: str, size: int) -> Grown:
    work = KINDS[kind].make(size)
    begin = time.perf_counter()
    told = work()  # what starts programs tells itself which of its seconds count
    seconds = told if isinstance(told, float) else time.perf_counter() - begin
    return Grown(size, seconds, max(peak_mib(), peak_mib(resource.RUSAGE_CHILDREN)))


def _film(scenes: int, people: int) -> Film:
    side, column = min(_HEIGHT, _WIDTH // people), _WIDTH // people
    whole = (Stretch(Fraction(0), Fraction(_SCENE_S)),)

    def face(scene: int, place: int) -> FilmFace:
        seed, top = 100 * scene + place, float(_HEIGHT - side)
        return FilmFace(seed, float(place * column), top, side, whole, heard=place == 0)

    rows = [tuple(face(scene, place) for place in range(people)) for scene in range(scenes)]
    made = tuple(FilmScene(_SCENE_S * _FPS, number, row) for number, row in enumerate(rows))
    return Film(_HEIGHT, _WIDTH, Fraction(_FPS), _SAMPLE_RATE, made)


def _judged(film: Film) -> Callable[[], object]:
    folder = tempfile.TemporaryDirectory(prefix="divas-scaling-")
    small, whole = (Path(folder.name) / name for name in ("small.mp4", "film.mp4"))
    write_film(small, _film(1, len(film.scenes[0].faces)))
    write_film(whole, film)
    judge = FileJudge(load_judge(), Settings(None, False, SEARCH, 1, UNDETECTABLE))
    judge.answer(small)  # compiles
    return lambda: judge.answer(Path(folder.name) / whole.name)  # which keeps the folder until the process ends
