"""Numbers with their 95 % intervals, as people read them."""

from divas_jax.title.verdict import Estimate

TENS = 10.0
"""Drifts that are known to no less than this (ms a minute) have no digits behind the point."""

EVEN = 0.8
"""Intervals whose shorter half is a smaller share of the longer one are told by their ends."""


def interval_words(estimate: Estimate, unit: str) -> str:
    """A number with its interval; a positive one is called early in words, as nobody agrees on what the sign means."""
    reach = max(estimate.high - estimate.value, estimate.value - estimate.low)
    digits = 0 if unit == "ms" or reach >= TENS else 2
    towards = "" if unit == "ms" else "towards "

    def side(value: float) -> str:
        return f"{abs(value):.{digits}f} {unit} {towards}{'early' if value > 0 else 'late'}"

    if min(estimate.high - estimate.value, estimate.value - estimate.low) < EVEN * reach:
        return f"{side(estimate.value)} (95 %: {side(estimate.low)} to {side(estimate.high)})"
    return f"{side(estimate.value)} (95 %: ±{reach:.{digits}f})"
