"""DiVAS: how far is the sound from the picture? In JAX, from raw frames and raw samples."""

__version__ = "0.1.0"
