import pytest

from divas_jax.baselines.sizes import PAPER_SIZES, size_of
from divas_jax.baselines.syncnet import SyncNet


@pytest.mark.slow
@pytest.mark.parametrize("kind", PAPER_SIZES, ids=lambda kind: kind.__name__)
def test_is_as_large_as_the_paper_says(kind):
    assert size_of(lambda rngs: kind(rngs=rngs)) == pytest.approx(PAPER_SIZES[kind], rel=0.01)


def test_width_scales_all_layers():
    assert size_of(lambda rngs: SyncNet(1 / 16, rngs=rngs)) < PAPER_SIZES[SyncNet] / 100
