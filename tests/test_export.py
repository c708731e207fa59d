"""`divas export`: the same weights bit for bit, the same embeddings from StableHLO, the same offset."""

import json
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import jax
import numpy as np
import pytest
from jax import export
from tiny_run import tiny_config, write_run

import divas_jax
from divas_jax import command
from divas_jax import export as export_command
from divas_jax.clip import Rung, stack_rows
from divas_jax.data.windows import picture_chunks, sound_chunks
from divas_jax.loading import load_weights
from divas_jax.model.parameters import embed_pictures, embed_sounds
from divas_jax.model.weights import write_weights
from divas_jax.talkers.example import shifted_talker

CLIP = shifted_talker(Fraction(3, 25)).frames_between(0, 60)


def _export(*arguments: object) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["divas export", *map(str, arguments)])
        return command.run(export_command.main)


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> tuple[Path, Path]:
    """A training folder and its export."""
    folder = tmp_path_factory.mktemp("export")
    places = {"data": {"path": "/somewhere", "more": ("/else",)}, "train": {"init_from": "/before"}}
    write_run(folder / "run", tiny_config(**places))
    assert _export("--checkpoint", folder / "run", "--out", folder / "exported") == 0
    return folder / "run", folder / "exported"


def test_weights_come_back_bit_for_bit(folders):
    (config, parameters), (config_back, parameters_back) = map(load_weights, folders)
    assert config_back == config.without_folders()
    assert config_back.data.rungs == config.data.rungs
    assert "/" not in (folders[1] / "config.json").read_text()
    assert jax.tree.structure(parameters_back) == jax.tree.structure(parameters)
    for leaf, back in zip(jax.tree.leaves(parameters), jax.tree.leaves(parameters_back), strict=True):
        assert np.asarray(leaf).tobytes() == np.asarray(back).tobytes()


def test_load_gives_the_same_offset_from_both(folders):
    trained, exported = (divas_jax.load(folder).offset(CLIP) for folder in folders)
    assert (trained.offset_ms, trained.confidence) == (exported.offset_ms, exported.confidence)
    np.testing.assert_array_equal(trained.curve, exported.curve)


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("kind", ["pictures", "sounds"])
def test_stablehlo_gives_the_same_embeddings(folders, kind, rows):
    config, parameters = load_weights(folders[0])
    described = json.loads((folders[1] / "stablehlo.json").read_text())[kind]
    rung, windows = Rung(12, 75), 8 + rows
    if kind == "pictures":
        chunks = picture_chunks(CLIP, config.view, config.model.size, windows=windows, rung=rung)
        embed = embed_pictures
    else:
        chunks = sound_chunks(CLIP, [CLIP.frame_time(index) for index in range(50)], windows=windows, rung=rung)
        embed = embed_sounds
    batch = stack_rows([row for row, _ in zip(chunks, range(rows), strict=False)])
    program = export.deserialize((folders[1] / described["file"]).read_bytes())
    arguments = [getattr(batch, argument["name"]) for argument in described["arguments"]]
    assert [str(argument.dtype) for argument in arguments] == [one["dtype"] for one in described["arguments"]]
    found = np.asarray(program.call(*arguments))
    wanted = np.asarray(jax.jit(embed, static_argnums=(0, 3))(config.model, parameters, batch, described["longest"]))
    real = batch.window_mask
    assert real.sum() >= 8 * rows
    np.testing.assert_allclose(found[real], wanted[real], atol=1e-5)
    assert np.ptp(wanted[real], axis=0).max() > 1e-3  # windows differ, so the comparison says something
    assert set(program.platforms) == {"cpu", "cuda", "tpu"}


def test_weights_alone(folders, tmp_path):
    assert _export("--checkpoint", folders[1], "--out", tmp_path / "again", "--no-stablehlo") == 0
    assert sorted(path.name for path in (tmp_path / "again").iterdir()) == ["config.json", "weights.safetensors"]
    assert (tmp_path / "again/weights.safetensors").read_bytes() == (folders[1] / "weights.safetensors").read_bytes()


def test_a_training_folder_is_never_written_into(folders, capsys):
    assert _export("--checkpoint", folders[0], "--out", folders[0]) == 2
    assert "is a training folder" in capsys.readouterr().err
    assert [path.name for path in folders[0].iterdir()] == ["checkpoints"]


def test_several_runs_become_one_model(tmp_path, folders):
    """Squared distances of the members add up."""
    run, _ = folders
    write_run(tmp_path / "other", tiny_config(train={"seed": 5}))
    assert _export("--checkpoint", run, tmp_path / "other", "--out", tmp_path / "both", "--no-stablehlo") == 0
    config, _ = load_weights(tmp_path / "both")
    assert config.model.members == 2
    both = divas_jax.load(tmp_path / "both").embedder.embed([CLIP], 3)[0]
    one, other = (divas_jax.load(folder).embedder.embed([CLIP], 3)[0] for folder in (run, tmp_path / "other"))
    np.testing.assert_allclose(both.pictures, np.concatenate([one.pictures, other.pictures], -1), atol=1e-5)
    np.testing.assert_allclose(both.sounds, np.concatenate([one.sounds, other.sounds], -1), atol=1e-5)


def test_the_weights_of_several_runs_are_averaged(tmp_path, folders):
    """One of which an accelerator computed in bfloat16; the first one's config goes for both."""
    run, _ = folders
    config, weights = load_weights(run)
    other = replace(config, model=replace(config.model, dtype="bfloat16", attention="fused"))
    write_weights(tmp_path / "other", other, jax.tree.map(lambda leaf: 3 - leaf, weights))
    both = (run, tmp_path / "other")
    assert _export("--checkpoint", *both, "--average", "--out", tmp_path / "mean", "--no-stablehlo") == 0
    mean_config, mean = load_weights(tmp_path / "mean")
    assert mean_config.model == config.model
    for leaf in jax.tree.leaves(mean):
        np.testing.assert_allclose(leaf, 1.5, atol=1e-6)


def test_runs_of_different_kinds_are_not_joined(tmp_path, folders, capsys):
    run, _ = folders
    write_run(tmp_path / "other", tiny_config(view={"crop": 0.75}))
    assert _export("--checkpoint", run, tmp_path / "other", "--out", tmp_path / "both") == 2
    assert "another kind of model or view" in capsys.readouterr().err
    assert not (tmp_path / "both").exists()
