"""What test processes, and those that they start, run in."""

from importlib.metadata import version

SEEN_WITH = "0.10."
"""Releases of jaxlib that are known to have the newer flags; XLA aborts on one that it does not know."""

_NEWER = " --xla_cpu_use_fusion_emitters=false --xla_cpu_parallel_codegen_split_count=1"

QUICK = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
QUICK += _NEWER if version("jaxlib").startswith(SEEN_WITH) else ""
"""Most of a test's time is the compiler's: what runs once need not be made fast.

Without the fusion emitters a training step compiles in half the time, to the same numbers; parts of a module that
are compiled beside each other take more processor time in all than the whole.
"""
