"""Sizes follow from the minutes, for all models alike."""

import pytest

from divas_jax.baselines.competitors import sparse_sync, syncnet, vocalist
from divas_jax.baselines.sizes import size_of
from divas_jax.config import Config
from divas_jax.model.shapes import parameter_count
from divas_jax.named_configs import read_config
from divas_jax.tabling.effort import effort_of
from divas_jax.tabling.sized import sized_crops, sized_frames

MINUTES = (5.0, 120.0, 1000.0)


def test_without_a_limit_everything_has_its_papers_size():
    effort = effort_of(None)
    assert effort.width == 1
    assert effort.seconds_each(4) is None
    assert sized_crops(read_config("face_crops"), effort) == read_config("face_crops")
    assert sized_frames(read_config("full_frames"), effort) == read_config("full_frames")


def test_more_minutes_are_never_less():
    small, middle, large = (effort_of(minutes) for minutes in MINUTES)
    for one, other in ((small, middle), (middle, large)):
        names = ("width", "clips", "tested", "titles", "films", "picture", "window")
        assert all(getattr(one, name) <= getattr(other, name) for name in names)
        assert one.seconds_each(4) < other.seconds_each(4)


@pytest.mark.parametrize("minutes", MINUTES)
def test_all_models_shrink_alike(minutes):
    """To the same share of their papers' parameters, give or take what no layer's width decides."""
    effort = effort_of(minutes)
    crops = sized_crops(read_config("tables"), effort)
    shares = [parameter_count(crops.model) / parameter_count(Config().model)]
    for competitor in (syncnet, vocalist, sparse_sync):
        shares.append(size_of(competitor(effort.width).make) / size_of(competitor().make))
    assert all(effort.width**2 / 1.6 < share < 1.6 * effort.width**2 for share in shares), shares


@pytest.mark.parametrize("minutes", MINUTES)
def test_whole_pictures_are_seen_whole(minutes):
    config = sized_frames(read_config("tables"), effort_of(minutes))
    assert config.view.full_frame
    assert config.model.size % config.model.patch == 0
    assert config.model.dim % 6 == 0
