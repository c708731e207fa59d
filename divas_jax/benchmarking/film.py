"""Speed of judging whole files, beside plain decoding of the same file."""

import tempfile
import time
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from divas_jax.data.talkers.films import write_film
from divas_jax.evaluation.judge import SEARCH
from divas_jax.loading import load_judge
from divas_jax.media.container import open_media
from divas_jax.media.picture_stream import PictureStream
from divas_jax.media.sound_stream import SoundStream
from divas_jax.sync.tolerances import UNDETECTABLE
from divas_jax.title.batch import FileJudge, Settings

SECONDS = Fraction(12)
"""Length of the film (s)."""


@dataclass(frozen=True)
class FilmRates:
    """Of one 1080p film at 25 frames/s.

    Attributes:
      decoded: frames/s, picture and sound only decoded.
      judged: frames/s of `divas score`, the package's weights.
      stages: frames/s of each stage alone.
    """

    decoded: float
    judged: float
    stages: dict[str, float]


def film_rates(rounds: int) -> FilmRates:
    """Measures decoding and judging in turn; the best round of each."""
    settings = Settings(None, False, SEARCH, 1, UNDETECTABLE)
    judge = FileJudge(load_judge(), settings)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "film.mp4"
        write_film(file, 0, duration=SECONDS, fps=Fraction(25), sample_rate=16_000)
        judge.answer(file)  # compiles
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
