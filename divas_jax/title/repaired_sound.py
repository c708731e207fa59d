"""The sound of a title, repaired: stretched, then moved."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from jaxtyping import Float32

from divas_jax.media.heard_sound import HeardSound
from divas_jax.media.remux import Remake
from divas_jax.media.retime import placed, stretched, stretched_at_pitch
from divas_jax.title.repair import Repair, parts_of


def repaired_sound(repair: Repair, cut_times: Sequence[float], heard: HeardSound, keep_pitch: bool) -> Remake:
    """What `with_other_sound` does with the samples.

    Args:
      repair: what is to be done.
      cut_times: of its cuts (s).
      heard: the sound.
      keep_pitch: whether a stretched sound keeps its pitch.
    """
    parts = parts_of(repair, cut_times, float(heard.start), heard.sample_rate, heard.lead)

    def remake(blocks: Iterator[Float32[np.ndarray, "S C"]]) -> Iterable[Float32[np.ndarray, "S C"]]:
        sound: Iterable[Float32[np.ndarray, "S C"]] = blocks
        if repair.ratio != 1 and keep_pitch:
            sound = stretched_at_pitch(blocks, repair.ratio, heard.sample_rate, heard.layout)
        elif repair.ratio != 1:
            sound = stretched(blocks, repair.ratio, heard.channels)
        return placed(sound, parts, heard.sample_rate)

    return remake
