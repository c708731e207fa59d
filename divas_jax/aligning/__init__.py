"""Where each recording's sound belongs: offsets of recordings by a model, and where zero is, by physics."""
