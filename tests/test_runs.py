"""Whole runs, shrunk: every file of configs/, the comparisons, the benchmark."""

import importlib.util
import json
import sys
from fractions import Fraction
from pathlib import Path

import jax
import numpy as np
import pytest

from divas_jax import benchmark
from divas_jax.comparing import losses, time_awareness
from divas_jax.config import Config, defaults
from divas_jax.data.clip_record import LipShapes
from divas_jax.data.lip_shapes import FILE, write_lips
from divas_jax.data.records import write_records
from divas_jax.errors import UserError
from divas_jax.loading import load_weights
from divas_jax.running import METRICS, alone_in, train_here
from divas_jax.talkers import TalkerSource
from divas_jax.talkers.films import write_film

ROOT = Path(__file__).resolve().parents[1]
CONFIGS = sorted(path.stem for path in (ROOT / "configs").glob("*.py"))


@pytest.fixture(scope="session")
def talkers(tmp_path_factory) -> Path:
    """A tiny data set of three splits, with lip shapes of sorts; the test split has 25 and 60 frames/s."""
    folder = tmp_path_factory.mktemp("talkers")
    seconds, low, high = Fraction(3), (Fraction(25),), (Fraction(60),)

    def made(count, split, rates, first=0):
        source = TalkerSource(
            first + count, split, rates=rates, sample_rates=(16_000,), duration=seconds, size=64, variable_share=0.0
        )
        return [source[index] for index in range(first, first + count)]

    train = made(8, "train", low)
    random = np.random.default_rng(0)
    write_records(
        {
            "train": train,
            "val": made(2, "val", low),
            "test": made(2, "test", low) + made(2, "test", high, first=2),
        },
        folder,
    )
    lips = {
        one.name: LipShapes(random.integers(-99, 99, (one.n_frames, 2, 39), np.int8), np.ones(one.n_frames, bool))
        for one in train
    }
    write_lips(folder / FILE, lips)
    return folder


def shrunk(config, data: Path):
    """Two steps of a model that is small in everything."""
    config.model.update({"dim": 24, "layers": 1, "mlp": 16, "size": 32})
    config.data.update({"path": str(data), "rungs": ((5, 25), (12, 25)), "segments": 8, "windows": 4, "spacing": 1})
    config.data.workers = 0
    config.train.update({"steps": 2, "log_every": 1, "evaluate_every": 0, "save_every": 1})
    config.evaluate.clips = 2
    return config


def loaded(name: str):
    """A config file, as ml_collections loads it."""
    spec = importlib.util.spec_from_file_location(f"tested_{name}", ROOT / "configs" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", [*CONFIGS, "real_faces:lips", "real_mouths:finish", "real_frames:lips"])
def test_every_config_takes_two_steps(name, talkers, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    file, _, argument = name.partition(":")
    config = Config.from_dict(shrunk(loaded(file).get_config(argument or None), talkers))
    assert train_here(config, tmp_path) is None
    lines = [json.loads(line) for line in (tmp_path / METRICS).read_text().splitlines()]
    assert [line["step"] for line in lines if "loss" in line] == [1, 2]
    strict = [line["strict"] for line in lines if "strict" in line]
    assert all(0 <= share <= 1 for share in strict)
    assert len(strict) == bool(config.objective.weight)  # lips alone tell no offset
    saved, parameters = load_weights(tmp_path)
    assert saved == config
    assert "picture" in parameters


def test_resident_clips_train_and_resume(talkers, tmp_path, monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(ROOT))
    settings = shrunk(loaded("face_crops").get_config(), talkers)
    settings.data.resident = True
    weights = []
    for workdir, stops in ((tmp_path / "straight", (3,)), (tmp_path / "resumed", (2, 3))):
        for settings.train.steps in stops:
            assert train_here(Config.from_dict(settings), workdir) is None
        weights.append(load_weights(workdir)[1])
    assert all(map(np.array_equal, *map(jax.tree.leaves, weights)))
    assert "8 clips decoded" in " ".join(capsys.readouterr().out.split())


def test_two_runs_in_one_folder_are_refused(talkers, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    config = Config.from_dict(shrunk(loaded("quickstart").get_config(), talkers))
    with alone_in(tmp_path), pytest.raises(UserError, match="is in use: another run trains there"):
        train_here(config, tmp_path)
    assert not (tmp_path / METRICS).exists()


def test_full_size_configs_are_the_papers(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    paper = Config.from_dict(loaded("face_crops").get_config())
    assert (paper.optim.name, paper.optim.lr, paper.objective.margin) == ("adam", 1e-5, 20.0)
    assert paper.data.segments * paper.data.windows == 128
    assert not Config.from_dict(loaded("base").get_config("quickstart")).model.time_aware
    assert Config.from_dict(loaded("full_frames").get_config()).model.dim == 594


@pytest.mark.slow
def test_objectives_are_compared_on_the_same_data(talkers, tmp_path):
    config = Config.from_dict(shrunk(defaults(), talkers))
    names = (losses.NAMES[0], losses.NAMES[-1])
    report = losses.compare(config, talkers, tmp_path, [3], train_here, names)
    assert list(report.json["runs"]) == list(names)
    saved = {name: json.loads((tmp_path / f"{name}-3" / "config.json").read_text()) for name in names}
    assert {name: one["objective"]["name"] for name, one in saved.items()} == {name: name for name in names}
    assert len({json.dumps(one["data"]) + json.dumps(one["train"]) for one in saved.values()}) == 1
    assert "| contrastive |" in report.markdown


def test_passing_is_the_first_evaluation_at_or_above(tmp_path):
    file = tmp_path / METRICS
    lines = [{"step": 1, "loss": 3}] + [
        {"step": s, "strict": v} for s, v in ((10, 0.2), (20, 0.5), (30, 0.4), (40, 0.8))
    ]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert losses.passings(file) == {"step_of_50%": 20, "step_of_90%": None, "strict_at_end": 0.8}


@pytest.mark.slow
def test_positions_are_tested_at_seen_and_unseen_rates(talkers, tmp_path):
    config = Config.from_dict(shrunk(defaults(), talkers))
    report = time_awareness.compare(config, talkers, tmp_path, [0], train_here, (0.0, 31.0), (59.0, 61.0))
    for name, aware in (("base", False), ("time-aware", True)):
        run = report.json["runs"][name][0]
        assert run["trained"]["trials"] == run["unseen"]["trials"] == 2 * time_awareness.TRIALS
        assert json.loads((tmp_path / f"{name}-0" / "config.json").read_text())["model"]["time_aware"] is aware
    assert "| chance (strict)" in report.markdown


def test_benchmark_reports_ratios(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["x", "--parts", "offsets", "--rounds", "1", "--json", str(tmp_path / "b.json")])
    assert benchmark.main() == 0
    (line,) = json.loads((tmp_path / "b.json").read_text())["measurements"]
    assert line["unit"] == "clips"
    assert line["ratio"] > 0
    assert line["peak_mib"] > 0


@pytest.mark.slow
def test_benchmark_of_ones_own_film(tmp_path, monkeypatch):
    film, report = tmp_path / "mine.mp4", tmp_path / "b.json"
    write_film(film, 0, duration=Fraction(3), fps=Fraction(25), sample_rate=16_000, height=360, width=640)
    arguments = ["--parts", "film", "--film", str(film), "--rounds", "1", "--json", str(report)]
    monkeypatch.setattr(sys, "argv", ["x", *arguments])
    assert benchmark.main() == 0
    lines = {line["part"]: line for line in json.loads(report.read_text())["measurements"]}
    assert 0 < lines["score, mine.mp4"]["ratio"] < 1
    stages = [line["ratio"] for part, line in lines.items() if part.startswith("score: ")]
    assert 0.5 < sum(stages) < 3  # stages run beside each other


def test_benchmark_of_what_is_no_film(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["x", "--parts", "film", "--film", str(tmp_path / "none.mp4")])
    with pytest.raises(UserError, match="none"):
        benchmark.main()
