"""What `python -m divas_jax.compare` trains and reports."""
