"""Arrays to embeddings: the two convolution-free encoders (Flax NNX)."""
