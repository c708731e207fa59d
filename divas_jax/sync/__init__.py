"""Embeddings to distances, offsets, confidence and losses: pure functions."""
