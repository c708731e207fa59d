"""Titles that are no films: what is written in each says how the judging of it goes; and that of a real file."""

import os
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

from divas_jax.catalogue.checking import check_plan
from divas_jax.sync.tolerances import UNDETECTABLE
from divas_jax.title.batch import Settings, failed_record

SETTINGS = Settings(None, True, Fraction(3, 5), 1, UNDETECTABLE)
JUDGED = "judged.txt"
"""Beside the titles: the name of each, once for every time its judging was begun."""


def no_model():
    """Stands for a model of whole pictures."""
    return SimpleNamespace(config=SimpleNamespace(view=SimpleNamespace(full_frame=True)))


def judged_as_written(judge, file, progress=None):
    """`good`, `raises`, `hangs`, `dies`, or `waits:GATE`, which is good once the file GATE is there."""
    word, _, gate = file.read_text().partition(":")
    with (Path(os.environ["FAKE_LOG"])).open("a") as log:
        log.write(f"{file.name}\n")
    if word == "raises":
        raise ZeroDivisionError("poison")
    if word == "dies":
        os._exit(9)
    while word == "hangs" or (gate and not Path(gate).exists()):
        time.sleep(0.05)
    return failed_record(judge.settings, file, "") | {"status": "thin", "error": None, "reason": f"only {file} to see"}


def fake_plan(results, **changed):
    plan = check_plan(str(results), SETTINGS, "1", no_model, limit_s=60.0)
    return replace(plan, **{"work": judged_as_written, **changed})


def write_titles(folder, **words):
    """Files of one word each; their addresses."""
    folder.mkdir(exist_ok=True)
    for name, word in words.items():
        (folder / f"{name}.mp4").write_text(word)
    return [str(folder / f"{name}.mp4") for name in words]


def judged(folder):
    """Names of what was begun, in order."""
    log = folder / JUDGED
    return [line.removesuffix(".mp4") for line in log.read_text().split()] if log.exists() else []
