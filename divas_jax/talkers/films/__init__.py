"""Made-up films of talkers, with the truth about them: cuts, faces, who speaks when, and the offset."""

from divas_jax.talkers.films.draw import KINDS, draw_film
from divas_jax.talkers.films.file import film_bytes, write_film, write_films
from divas_jax.talkers.films.pictures import film_pictures
from divas_jax.talkers.films.script import Film, FilmFace, FilmScene, OffScreen, Stretch
from divas_jax.talkers.films.sound import film_sound
from divas_jax.talkers.films.truth import FaceTruth, FilmTruth, SceneTruth, film_truth
from divas_jax.talkers.films.whole_pictures import talker_in_picture

__all__ = [
    "KINDS",
    "FaceTruth",
    "Film",
    "FilmFace",
    "FilmScene",
    "FilmTruth",
    "OffScreen",
    "SceneTruth",
    "Stretch",
    "draw_film",
    "film_bytes",
    "film_pictures",
    "film_sound",
    "film_truth",
    "talker_in_picture",
    "write_film",
    "write_films",
]
