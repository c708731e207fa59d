"""Mesh, step, checkpoints and the loop."""
