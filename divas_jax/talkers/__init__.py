"""Made-up talking heads: one articulation drives a voice and a face, exactly together."""

from divas_jax.talkers.encoded_talkers import SPEAKER, TalkerSource, talker_record, talker_seed
from divas_jax.talkers.lips import talker_lips
from divas_jax.talkers.talker import (
    FRAME_RATES,
    SAMPLE_RATES,
    draw_articulation,
    draw_rates,
    make_listener,
    make_talker,
)

__all__ = [
    "FRAME_RATES",
    "SAMPLE_RATES",
    "SPEAKER",
    "TalkerSource",
    "draw_articulation",
    "draw_rates",
    "make_listener",
    "make_talker",
    "talker_lips",
    "talker_record",
    "talker_seed",
]
