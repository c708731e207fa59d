"""Speed of judging whole files, beside plain decoding of the same file."""

import tempfile
import time
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from divas_jax.judging.judge import SEARCH
from divas_jax.loading import load_judge
from divas_jax.media.container import open_media
from divas_jax.media.picture_stream import PictureStream
from divas_jax.media.sound_stream import SoundStream
from divas_jax.sync.tolerances import UNDETECTABLE
from divas_jax.talkers.films import write_film
from divas_jax.title.batch import FileJudge, Settings

SECONDS = Fraction(12)
"""Length of the film (s)."""


@dataclass(frozen=True)
class FilmRates:
    """Of one film.

    Attributes:
      decoded: frames/s, picture and sound only decoded.
      judged: frames/s of `divas score`, the package's weights.
      stages: frames/s of each stage alone.
    """

    decoded: float
    judged: float
    stages: dict[str, float]


def film_rates(rounds: int, given: Path | None = None) -> FilmRates:
    """Measures decoding and judging in turn; the best round of each.

    Args:
      rounds: three at most; one is enough for a long film.
      given: a media file; without it a made-up film of 1080p at 25 frames/s.

    Raises:
      UserError: the file cannot be used, or no picture of it.
    """
    if given is not None:
        _decode(given)  # tells what is wrong with it at once, and it is in the disk's cache from now on
    settings = Settings(None, False, SEARCH, 1, UNDETECTABLE)
    judge = FileJudge(load_judge(), settings)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "film.mp4"
        small = {} if given is None else {"height": 360, "width": 640}  # only to compile
        write_film(made, 0, duration=SECONDS, fps=Fraction(25), sample_rate=16_000, **small)
        judge.answer(made)  # compiles
        file = made if given is None else given
        decoding, judging, stages = [], [], []
        for _ in range(max(1, min(rounds, 3))):
            begin = time.perf_counter()
            frames = _decode(file)
            decoding.append(time.perf_counter() - begin)
            begin = time.perf_counter()
            answer = judge.answer(file)
            judging.append(time.perf_counter() - begin)
            stages.append(answer.facts.stages.seconds)
    best = stages[judging.index(min(judging))]
    return FilmRates(
        frames / min(decoding), frames / min(judging), {name: frames / seconds for name, seconds in best.items()}
    )


def _decode(file: Path) -> int:
    with open_media(file) as seen, open_media(file) as heard:
        for _ in SoundStream(heard).blocks():
            pass
        return sum(1 for _ in PictureStream(seen))
