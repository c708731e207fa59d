import jax
import pytest
from time_telling import small_config, tell_picture_time, tell_sound_time

from divas_jax.evaluation import embedding
from divas_jax.model.parameters import initial_parameters


@pytest.fixture
def oracle(monkeypatch):
    """An embedder whose encoders tell the true time."""
    monkeypatch.setattr(embedding, "_pictures", tell_picture_time)
    monkeypatch.setattr(embedding, "_sounds", tell_sound_time)
    return embedding.Embedder(small_config(), {})


@pytest.fixture(scope="session")
def small_parameters():
    return initial_parameters(small_config().model, jax.random.key(0))


@pytest.fixture
def random_model(small_parameters):
    """An embedder with a small model of random weights."""
    return embedding.Embedder(small_config(), small_parameters)
