from fractions import Fraction

import jax
import pytest
from time_telling import small_config, tell_picture_time, tell_sound_time

from divas_jax.data.records import write_records
from divas_jax.data.talkers.records import talker_record
from divas_jax.evaluation import embedding
from divas_jax.model.parameters import initial_parameters
from divas_jax.model.weights import write_weights


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


@pytest.fixture(scope="session")
def folders(tmp_path_factory, small_parameters):
    """An export of random weights and a data set of three talkers."""
    root = tmp_path_factory.mktemp("evaluate")
    write_weights(root / "model", small_config(trials=1), small_parameters)
    rates = (Fraction(25), Fraction(30), Fraction(24000, 1001))
    records = [
        talker_record(index, split="test", rates=[rate], duration=Fraction(2), variable_share=0.0)
        for index, rate in enumerate(rates)
    ]
    write_records({"test": records}, root / "data")
    return root
