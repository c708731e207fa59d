"""Embeddings of every window of a folder of clips, as one NumPy file.

    python examples/embeddings.py CLIPS embeddings.npz

Of each clip NAME: `NAME/pictures` [Wv, D], one row a window of 0.2 s that starts at each frame; `NAME/sounds` [Wa, D],
one row a window of sound; `NAME/aligned` [Wv], the row of `sounds` that starts with each picture window.
"""

import sys
from pathlib import Path

import numpy as np

import divas_jax
from divas_jax.media.decode import decode_clip
from divas_jax.preparing.folder import media_in


def main(folder: Path, out: Path) -> None:
    """Writes `out`."""
    embedder, arrays = divas_jax.load().embedder, {}
    for file in sorted(media_in(folder)):
        (found,) = embedder.embed([decode_clip(file)], reach_frames=0)
        arrays[f"{file.name}/pictures"] = found.pictures
        arrays[f"{file.name}/sounds"] = found.sounds
        arrays[f"{file.name}/aligned"] = found.aligned
    np.savez_compressed(out, **arrays)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
