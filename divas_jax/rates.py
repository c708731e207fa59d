"""Exact rates and times: the one module that rounds to the nearest.

Every time is a `Fraction` of seconds until the last moment. What leaves here
as a float says its unit in its name.
"""

from fractions import Fraction

from divas_jax.errors import UserError

WINDOW_SECONDS = Fraction(1, 5)
"""Duration of what the paper's model sees, t in section 3.2 (s); `model.seconds` of a config may be another."""

SOUND_PATCH = 128
"""Samples in one audio patch, s in section 5.1 of the paper."""

STANDARD_RATES = tuple(
    Fraction(n, d)
    for n, d in (
        (24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1),
        (48, 1), (50, 1), (60000, 1001), (60, 1), (100, 1), (120000, 1001), (120, 1),
    )
)  # fmt: skip
"""Frame rates that broadcast and cinema really use (frames/s)."""


def nearest(value: Fraction) -> int:
    """Nearest integer to an exact value, halves up (2.5 -> 3, -2.5 -> -2)."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def frames_in(duration: Fraction, fps: Fraction) -> int:
    """Frames F in a window of `duration` s at `fps` frames/s: round(t * fps) (3.1), at least 1."""
    return max(1, nearest(duration * fps))


def patches_in(duration: Fraction, sample_rate: int, patch: int = SOUND_PATCH) -> int:
    """Audio patches M wholly inside `duration` s at `sample_rate` Hz: floor(t * sr / s) (3.1)."""
    return int(duration * sample_rate / patch)


def milliseconds(seconds: Fraction) -> float:
    """An exact time in seconds as a float of milliseconds, for people and JSON."""
    return float(seconds * 1000)


def standard_rate(fps: Fraction, tolerance: Fraction = Fraction(1, 10_000)) -> Fraction:
    """The standard rate (frames/s) within a relative `tolerance` of `fps`, else `fps` itself.

    24.000 and 23.976 differ by 1e-3, so the default tells them apart.
    """
    best = min(STANDARD_RATES, key=lambda rate: abs(rate - fps))
    return best if abs(best - fps) <= tolerance * best else fps


def parse_rate(text: str) -> Fraction:
    """Frames/s from "25", "30000/1001" or "29.97" (decimals become the standard rate they abbreviate).

    Raises:
      UserError: the text is no positive rate.
    """
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise UserError(f"frame rate {text!r} is not a number such as 25 or 30000/1001") from None
    if rate <= 0:
        raise UserError(f"frame rate {text!r} is not positive")
    return standard_rate(rate, Fraction(1, 20_000)) if "." in text else rate


def rate_name(fps: Fraction) -> str:
    """What people call a rate: "23.976", "25", "29.97", "59.94", otherwise up to 3 decimals."""
    if fps.denominator == 1:
        return str(fps.numerator)
    return f"{float(fps):.3f}".rstrip("0").rstrip(".")
