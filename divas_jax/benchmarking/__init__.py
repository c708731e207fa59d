"""What `python -m divas_jax.benchmark` measures."""
