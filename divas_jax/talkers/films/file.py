"""Made-up films as media files, with their truth beside them."""

import tempfile
from pathlib import Path
from typing import Any

from divas_jax.errors import UserError
from divas_jax.faces.speaker_labels import write_labels
from divas_jax.media.film import encode_film, film_container
from divas_jax.talkers.films.draw import draw_film
from divas_jax.talkers.films.pictures import film_pictures
from divas_jax.talkers.films.script import Film
from divas_jax.talkers.films.sound import film_sound
from divas_jax.talkers.films.truth import FilmTruth, film_truth
from divas_jax.writing import write_json


def write_film(path: Path, seed: int | Film, **options: Any) -> FilmTruth:
    """Writes a film, its truth (`NAME.json`) and its table of speakers (`NAME.csv`).

    The tables are written after the film, so that where they are the film is whole.

    Args:
      path: of the film; its suffix (mp4, mkv, mov or ts) is its container, its folder must exist.
      seed: of `draw_film`, or a film.
      options: of `draw_film` for a seed.

    Raises:
      UserError: an argument out of range, or a file cannot be written.
    """
    if isinstance(seed, Film) and options:
        raise UserError(f"{path} is of a given film, so that {', '.join(options)} cannot be chosen")
    film = seed if isinstance(seed, Film) else draw_film(seed, **options)
    _encode(path, film)
    truth = film_truth(film)
    write_json(path.with_suffix(".json"), {"file": path.name, **truth.as_json()})
    write_labels(path.with_suffix(".csv"), truth.labels(path.name))
    return truth


def film_bytes(film: Film) -> bytes:
    """A film as an mp4 in memory.

    Raises:
      UserError: it cannot be encoded.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        _encode(path, film)
        return path.read_bytes()


def _encode(path: Path, film: Film) -> None:
    container, size = film_container(path), (film.height, film.width)
    encode_film(path, film_pictures(film), film_sound(film), film.fps, size, film.sample_rate, container)


def write_films(folder: Path, seeds: range, **options: Any) -> list[Path]:
    """Films `film-SEED.mp4` in a folder, one a seed, each with its truth, and a table `speakers.csv` of them all.

    Raises:
      UserError: as `write_film`.
    """
    labels, paths = [], []
    for seed in seeds:
        paths.append(folder / f"film-{seed}.mp4")
        labels += write_film(paths[-1], seed, **options).labels(paths[-1].name)
    write_labels(folder / "speakers.csv", labels)
    return paths
