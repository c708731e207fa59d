"""Where clips come from and how they become batches: NumPy and Grain, no jax arrays."""
