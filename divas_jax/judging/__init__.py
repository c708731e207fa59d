"""From a clip to a verdict on it: embeddings, distances, an offset, and how sure it is (4.1, 4.3)."""
