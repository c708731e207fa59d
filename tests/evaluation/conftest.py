from fractions import Fraction

import pytest
from time_telling import small_config

from divas_jax.data.records import write_records
from divas_jax.model.weights import write_weights
from divas_jax.talkers.encoded_talkers import talker_record


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
