"""Times survive the way through a file: encode_clip, then decode_clip."""

from fractions import Fraction

import pytest
from click_flash import clip_of, errors_ms

from divas_jax.media.decode import decode_clip
from divas_jax.media.encode import encode_clip

RATES = [Fraction(24000, 1001), 24, 25, Fraction(30000, 1001), 30, 50, Fraction(60000, 1001), 60]
CONTAINERS = {"mp4": 0.5, "mov": 0.5, "mkv": 0.5, "webm": 0.51, "mpegts": 0.5, "flv": 1.0}


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("fps", RATES, ids=str)
def test_click_and_flash(container, fps):
    clip = clip_of(Fraction(fps), 48_000)
    back = decode_clip(encode_clip(clip, container=container))
    assert back.fps == fps
    assert back.constant_rate
    assert len(back.frames) == len(clip.frames)
    assert not back.warnings
    assert abs(errors_ms(back)).max() < CONTAINERS[container]
