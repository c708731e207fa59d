"""The largest memory that processes have held."""

import resource
import sys


def peak_mib(who: int = resource.RUSAGE_SELF) -> float:
    """Of this process, or (`resource.RUSAGE_CHILDREN`) of the largest that it started and waited for (MiB)."""
    return resource.getrusage(who).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
