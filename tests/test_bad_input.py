"""Bad input through the real command line: exit code 2, one sentence that names it, nothing half-written."""

import json
import os
import subprocess
import sys
import wave
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import jax
import jax.numpy as jnp
import pytest
from surroundings import QUICK
from tiny_run import MODEL, tiny_config, tiny_state, write_run

from divas_jax.loading import load_weights
from divas_jax.media.encode import encode_clip
from divas_jax.preparing.preparation import prepare_talkers
from divas_jax.talkers import make_talker

ROOT = Path(__file__).resolve().parents[1]
QUICKSTART = ROOT / "configs/quickstart.py"


def divas(command: str, *arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    """`python -m divas_jax.COMMAND ARGUMENTS` in `folder`."""
    surroundings = os.environ | {"JAX_PLATFORMS": "cpu", "PYTHONPATH": str(ROOT), "XLA_FLAGS": QUICK}
    return subprocess.run(
        [sys.executable, "-m", f"divas_jax.{command}", *map(str, arguments)],
        cwd=folder, env=surroundings, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip


def sentence(ended: subprocess.CompletedProcess[str]) -> str:
    """What follows "error: " on stderr, which holds nothing else."""
    assert ended.returncode == 2, ended.stderr
    (line,) = ended.stderr.splitlines()
    assert line.startswith("error: ")
    return line.removeprefix("error: ")


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    return write_run(tmp_path_factory.mktemp("bad") / "run")


@pytest.fixture(scope="module")
def media(tmp_path_factory) -> Path:
    """One good file among all kinds of bad ones."""
    folder = tmp_path_factory.mktemp("media")
    clip = make_talker(7, fps=Fraction(25), sample_rate=16_000, duration=Fraction(1), size=64, distractions=False)
    good = encode_clip(clip, folder / "good.mp4")
    (folder / "empty.mp4").write_bytes(b"")
    (folder / "text.mp4").write_text("this is no film\n" * 99)
    (folder / "truncated.mp4").write_bytes(good[: len(good) // 2])
    encode_clip(replace(clip, samples=clip.samples[:0]), folder / "no_sound.mp4")
    encode_clip(replace(clip, samples=clip.samples[:1600]), folder / "short_sound.mp4")
    encode_clip(replace(clip, samples=0 * clip.samples), folder / "silent.mp4")
    encode_clip(clip.frames_between(0, 1), folder / "one_frame.mp4")
    encode_clip(replace(clip, frames=clip.frames[:, :1, :1]), folder / "one_pixel.mp4")
    with wave.open(str(folder / "no_picture.wav"), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(bytes(32_000))
    return folder


REASONS = {
    "missing.mp4": "does not exist",
    "http://example.org/film.mp4": "is an address, not a file: fetch it first",
    "empty.mp4": "is empty",
    "text.mp4": "is not a media file",
    "no_sound.mp4": "has no sound stream",
    "no_picture.wav": "has no picture stream",
    "short_sound.mp4": "is shorter than a window",
    "one_frame.mp4": "is shorter than a window",
    "silent.mp4": "is silent",
    "one_pixel.mp4": "1x1",
    "truncated.mp4": "is a truncated or damaged mp4",
}


def test_predict_names_each_bad_file_and_judges_the_good_one(run, media):
    ended = divas("predict", *REASONS, "good.mp4", "--checkpoint", run, "--json", "answers.json", folder=media)
    assert ended.returncode == 2
    lines = ended.stderr.splitlines()
    assert len(lines) == len(REASONS)
    for (name, reason), line in zip(REASONS.items(), lines, strict=True):
        assert line.startswith(f"error: {name} ")
        assert reason in line
    *bad, good = json.loads((media / "answers.json").read_text())["files"]
    assert [entry["file"] for entry in bad] == [str(Path(name)) for name in REASONS]
    assert all(entry["error"] and entry["offset_ms"] is None for entry in bad)
    assert good["file"] == "good.mp4"
    assert good["offset_ms"] is not None
    assert f"1 of {len(REASONS) + 1} files judged" in ended.stdout


def test_unwritable_outputs_leave_nothing(run, media, tmp_path):
    (tmp_path / "file").write_text("")
    for option in ("--json", "--plot"):
        ended = divas("predict", media / "good.mp4", "--checkpoint", run, option, "file/x.png", folder=tmp_path)
        assert "file" in sentence(ended)
    assert "file" in sentence(divas("export", "--checkpoint", run, "--out", "file/out", folder=tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_checkpoint_with_nan(tmp_path):
    config = tiny_config()
    state = tiny_state(config)
    state.parameters["sound"]["norm"]["scale"] = jnp.full(MODEL["dim"], jnp.nan)
    write_run(tmp_path / "run", config, state)
    told = sentence(divas("export", "--checkpoint", "run", "--out", "out", folder=tmp_path))
    assert "run" in told
    assert "NaN" in told
    assert "sound/norm/scale" in told
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("other", "reason"), [({"dim": 48}, "another shape: "), ({"layers": 2}, "another model: ")])
def test_a_checkpoint_of_another_shape(tmp_path, other, reason):
    write_run(tmp_path / "run", tiny_config(model=other), tiny_state(tiny_config()))
    told = sentence(divas("export", "--checkpoint", "run", "--out", "out", folder=tmp_path))
    assert told.startswith(f"checkpoint run (step 0) is of {reason}")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        ("--config.nonsense=1", "config key nonsense is unknown"),
        ("--config.train.stepz=1", "config key train.stepz is unknown"),
        ("--config.train.steps=abc", "--config.train.steps=abc"),
        ("--config.model.dim=7", "model.dim is 7"),
        ("--workdir=file/run", "file/run cannot be made"),
        ("--config.data.path=nowhere", "nowhere"),
        ("--config.train.init_from=nowhere", "nowhere"),
    ],
)
def test_train_refuses(tmp_path, bad, named):
    (tmp_path / "file").write_text("")
    ended = divas("train", "--config", QUICKSTART, "--workdir", "run", bad, folder=tmp_path)
    assert named in sentence(ended)
    assert ended.stdout == ""
    assert [path.name for path in tmp_path.rglob("*")] == ["file"]


@pytest.mark.parametrize("more", [(), ("--config.train.steps=3", "--workdir", "run")])
def test_train_without_its_config_file(tmp_path, more):
    told = sentence(divas("train", "--config", "nothere.py", *more, folder=tmp_path))
    assert told == "config file nothere.py does not exist"
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A folder on a disk of its own of 3 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("needs the right to mount a tmpfs")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.slow
def test_a_full_disk_while_saving_keeps_the_whole_checkpoints(tmp_path, small_disk):
    prepare_talkers(tmp_path / "data", {"train": 4, "val": 1}, duration=Fraction(1), rates=(Fraction(25),), workers=1)
    settings = [f"--config.model.{key}={value}" for key, value in MODEL.items()]
    settings += [f"--config.data.{key}" for key in ("segments=2", "windows=4", f"path={tmp_path / 'data'}")]
    settings += [f"--config.train.{key}" for key in ("steps=9", "save_every=1", "keep=9", "evaluate_every=0")]
    ended = divas("train", "--config", QUICKSTART, "--workdir", small_disk / "run", *settings, folder=tmp_path)
    assert sentence(ended).startswith(f"no space left on the disk of {small_disk / 'run'}")
    kept = sorted(path.name for path in (small_disk / "run/checkpoints").iterdir())
    assert kept == [str(step) for step in range(1, len(kept) + 1)]
    assert kept
    _, parameters = load_weights(small_disk / "run")
    assert all(jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(parameters))
