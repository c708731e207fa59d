"""Relations of rates that are known to make films drift."""

from fractions import Fraction

from divas_jax.title.verdict import Estimate, RateError

_NAMES = {Fraction(24000, 1001): "23.976", Fraction(30000, 1001): "29.97"}


def _known() -> dict[Fraction, str]:
    """Ratio to name, the commonest name of each ratio first."""
    pairs: list[tuple[int | Fraction, int | Fraction]] = [
        (24, Fraction(24000, 1001)),
        (25, 24),
        (25, Fraction(24000, 1001)),
        (30, Fraction(30000, 1001)),
    ]
    names: dict[Fraction, str] = {}
    for first, second in pairs:
        for sound, picture in ((Fraction(first), Fraction(second)), (Fraction(second), Fraction(first))):
            name = f"sound at {_NAMES.get(sound, sound)}, picture at {_NAMES.get(picture, picture)} frames/s"
            names.setdefault(sound / picture, name)
    # 44.1 and 48 kHz taken for one another drift by more than `timeline.FASTEST_DRIFT`, and sound wrong at once.
    for made, played in ((44_056, 44_100), (44_100, 44_056)):
        names.setdefault(Fraction(played, made), f"sound of {made:,} Hz played at {played:,} Hz")
    return names


KNOWN = _known()
"""Seconds that a second of sound should last -> what makes it so."""


def rate_error(slope: Estimate) -> RateError:
    """What a drift of so many ms a minute comes from: a known ratio if it lies within the interval.

    The interval is widened by a hundredth of the known drift: the bootstrap of a long film can be very sure.
    """
    low, high = (_ratio(value) for value in (slope.low, slope.high))
    for ratio, name in KNOWN.items():
        room = abs(ratio - 1) / 100
        if low - room <= ratio <= high + room and abs(slope.value) > 0:
            return RateError(float(ratio), name)
    return RateError(_ratio(slope.value), "")


def _ratio(ms_a_minute: float) -> float:
    """The offset grows by s for every second of picture, so sound passes 1 - s picture seconds' worth in less time."""
    return 1 / (1 - ms_a_minute / 60_000)
