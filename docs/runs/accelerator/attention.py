"""Whether attention in one kernel gives what plain attention gives, on this device: embeddings, and their gradients.

    python docs/runs/accelerator/attention.py

Compares both in bfloat16 with plain attention in float32, for the paper's width and for ours, and exits with 1 where
the fused one errs clearly more than the plain one.
"""

import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import jax
import jax.numpy as jnp

from divas_jax.benchmarking.encoders import example_batch
from divas_jax.config import ModelConfig
from divas_jax.model.parameters import embed_pictures, embed_sounds, initial_parameters

FRAMES, PATCHES = 6, 75
"""Of a rung that is longer than the windows, so that some tokens are masked."""

MORE = 1.5
"""By how much the fused kernel's error may exceed that of the plain one."""


def learnt_from(model: ModelConfig, parameters: dict) -> jax.Array:
    """Gradient of something that all embeddings have a part in, in one row."""
    batch = jax.tree.map(jnp.asarray, example_batch(8, model.size))

    def total(parameters: dict) -> jax.Array:
        seen = embed_pictures(model, parameters, batch.pictures, FRAMES)
        heard = embed_sounds(model, parameters, batch.sounds, PATCHES)
        return (seen * heard).sum() / 100

    gradient = jax.jit(jax.grad(total))(parameters)
    return jnp.concatenate([leaf.ravel() for leaf in jax.tree.leaves(gradient)])


good = True
for base in (ModelConfig(), ModelConfig(dim=192, mlp=768, size=48), ModelConfig(dim=96, mlp=384, size=48)):
    parameters = initial_parameters(base, jax.random.key(0))
    true = learnt_from(base, parameters)
    errors = {}
    for attention in ("plain", "fused"):
        found = learnt_from(replace(base, dtype="bfloat16", attention=attention), parameters)
        errors[attention] = float(jnp.linalg.norm(found - true) / jnp.linalg.norm(true))
    good &= errors["fused"] < MORE * errors["plain"]
    print(f"{base.dim} wide: gradients err by {errors['plain']:.3%} plain, {errors['fused']:.3%} fused", flush=True)
sys.exit(0 if good else 1)
