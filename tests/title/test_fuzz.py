"""Media files are untrusted: mutants cost neither a crash nor a hang, and always get an answer or a reason."""

import functools
import multiprocessing
import os
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest
from mutants import mutants, tiny_judge

from divas_jax.sync.tolerances import UNDETECTABLE
from divas_jax.title.batch import FileJudge, Settings, failed_record, file_judge
from divas_jax.title.processes import in_processes

COUNT = int(os.environ.get("DIVAS_FUZZ", "48"))
"""Mutants tried; 500 for a release."""

LIMIT_S = 60.0
"""A hang is longer than this (s), on any machine."""

MOST_GIB = 4.0
"""Memory that a worker may take, JAX and the face detector's network included."""


def _most_memory(pid: int) -> float:
    """What a process has held at most since it began (GiB); 0 where the system does not tell."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 2**20


@pytest.mark.slow
def test_mutants_cost_no_more_than_themselves(tmp_path):
    files = []
    for name, data in mutants(COUNT):
        files.append(tmp_path / name)
        files[-1].write_bytes(data)
    settings = Settings(None, False, Fraction(3, 5), 1, UNDETECTABLE)
    records, peak = [], 0.0
    begin, failed = functools.partial(file_judge, tiny_judge, settings), functools.partial(failed_record, settings)
    for record in in_processes(begin, files, 1, LIMIT_S, FileJudge.record, failed):
        records.append(record)
        peak = max([peak, *(_most_memory(child.pid) for child in multiprocessing.active_children())])
    assert {record["file"] for record in records} == set(map(str, files))
    for record in records:
        assert record["error"] or record["reason"] or record["words"]
        for sign in ("crashed its reader", "was given up"):
            assert sign not in (record["error"] or ""), record["error"]
    kinds = Counter(record["status"] for record in records)
    assert kinds["failed"] > COUNT / 8  # the mutations do harm
    assert kinds["failed"] < COUNT
    print(f"{COUNT} mutants: {dict(kinds)}, at most {peak:.1f} GiB")
    assert peak < MOST_GIB
