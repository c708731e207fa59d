"""Media files are untrusted: mutants cost neither a crash nor a hang, and always get an answer or a reason."""

import os
import resource
from collections import Counter
from fractions import Fraction

import pytest
from mutants import mutants, tiny_judge

from divas_jax.sync.tolerances import UNDETECTABLE
from divas_jax.title.batch import Settings, in_processes

COUNT = int(os.environ.get("DIVAS_FUZZ", "48"))
"""Mutants tried; 500 for a release."""

LIMIT_S = 60.0
"""A hang is longer than this (s), on any machine."""

MOST_GIB = 4.0
"""Memory that a worker may take, JAX and the face detector's network included."""


@pytest.mark.slow
def test_mutants_cost_no_more_than_themselves(tmp_path):
    files = []
    for name, data in mutants(COUNT):
        files.append(tmp_path / name)
        files[-1].write_bytes(data)
    settings = Settings(None, False, Fraction(3, 5), 1, UNDETECTABLE)
    records = list(in_processes(tiny_judge, settings, files, 1, LIMIT_S))
    assert {record["file"] for record in records} == set(map(str, files))
    for record in records:
        assert record["error"] or record["reason"] or record["words"]
        for sign in ("crashed its reader", "was given up"):
            assert sign not in (record["error"] or ""), record["error"]
    kinds = Counter(record["status"] for record in records)
    assert kinds["failed"] > COUNT / 8  # the mutations do harm
    assert kinds["failed"] < COUNT
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    print(f"{COUNT} mutants: {dict(kinds)}, at most {peak:.1f} GiB")
    assert peak < MOST_GIB
