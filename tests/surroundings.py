"""What test processes, and those that they start, run in."""

QUICK = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
"""Most of a test's time is the compiler's: what runs once need not be made fast."""
