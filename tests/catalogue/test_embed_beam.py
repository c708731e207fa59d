"""`divas embed --beam` on Beam's runner in this process: by the package's own model, of made-up talkers."""

import csv
import os
import sys
from fractions import Fraction

import numpy as np
import pytest

pytest.importorskip("apache_beam", reason="needs Apache Beam: pip install 'divas_jax[beam]'")

from divas_jax import command, embed
from divas_jax.catalogue.addresses import short_name
from divas_jax.media.encode import encode_clip
from divas_jax.talkers import make_talker


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Embeds what `clips.txt` names; the exit code and what was said."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    monkeypatch.chdir(tmp_path)

    def embedded(*more):
        words = ["--beam", "results", "--list", "clips.txt", *more, "--", "--direct_num_workers=1"]
        monkeypatch.setattr(sys, "argv", ["divas embed", *words])
        code = command.run(embed.main)
        said = capsys.readouterr()
        return code, said.out + said.err

    return embedded


@pytest.mark.slow
def test_a_catalogue_of_clips_is_embedded_once(tmp_path, run):
    talker = make_talker(1, fps=Fraction(25), sample_rate=16_000, duration=Fraction(1), size=64)
    encode_clip(talker, tmp_path / "good.mp4")
    (tmp_path / "torn.mp4").write_text("no film")
    (tmp_path / "clips.txt").write_text("torn.mp4\ngood.mp4\n")
    code, said = run()
    assert code == 2
    assert "2 clips were embedded or tried, 0 had their record\n1 not read; index: results" in said
    results, good = tmp_path / "results", short_name(str(tmp_path / "good.mp4"))
    with (results / "index.csv").open(newline="") as text:
        torn, told = csv.DictReader(text)
    assert torn["error"].startswith(f"{tmp_path / 'torn.mp4'} is not a media file")
    assert (told["file"], told["name"], told["pictures"]) == (str(tmp_path / "good.mp4"), good, "21")
    with np.load(results / f"{good}.npz") as kept:
        assert kept["pictures"].shape == kept["sounds"].shape
        assert len(kept["aligned"]) == 21

    written = (results / f"{good}.npz").stat().st_mtime_ns
    assert "0 clips were embedded or tried, 2 had their record" in run()[1]
    assert (results / f"{good}.npz").stat().st_mtime_ns == written
    (results / f"{good}.npz").unlink()
    assert "1 clips were embedded or tried, 1 had their record" in run()[1]
    assert (results / f"{good}.npz").exists()


def test_data_sets_are_refused(tmp_path, run):
    (tmp_path / "data/clips/1.0.0").mkdir(parents=True)
    (tmp_path / "data/clips/1.0.0/dataset_info.json").touch()
    (tmp_path / "clips.txt").write_text("data\n")
    code, said = run()
    assert code == 2
    assert "data is a data set of divas prepare, which --beam does not read: embed it with --out" in said
    assert not (tmp_path / "results").exists()
