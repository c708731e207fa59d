"""Embeddings of every window of many clips, a file of NumPy arrays a clip, for `divas embed`."""
