"""Work in processes of their own: more files than are handed over at once, each once, whatever becomes of some."""

import os

from divas_jax.errors import UserError
from divas_jax.title.processes import in_processes

FILES = [f"{number}.mp4" for number in range(12)]


def model():
    return "model"


def work(begun, file, progress):
    if file == "3.mp4":
        os._exit(9)
    if file == "5.mp4":
        raise UserError(f"{file} is no film")
    return file, begun


def failed(file, why):
    return file, why


def test_every_file_comes_back_once():
    told = dict(in_processes(model, FILES, 2, 60.0, work, failed))
    assert sorted(told) == sorted(FILES)
    assert told.pop("3.mp4").startswith("3.mp4 crashed its reader")
    assert told.pop("5.mp4") == "5.mp4 is no film"
    assert set(told.values()) == {"model"}
