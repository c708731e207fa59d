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
    """What a drift of so many ms a minute comes from: the nearest known ratio, if one lies within the interval.

    Of several that are nearly alike it is the commonest.

    The interval is widened by a hundredth of the known drift: the bootstrap of a long film can be very sure.
    """
    value, low, high = (_ratio(each) for each in slope)
    known = [ratio for ratio in KNOWN if low - abs(ratio - 1) / 100 <= ratio <= high + abs(ratio - 1) / 100]
    if not known or not slope.value:
        return RateError(value, "")
    nearest = min(known, key=lambda ratio: abs(ratio - value))
    alike = [ratio for ratio in known if abs(ratio - nearest) <= abs(nearest - 1) / 10]  # 25 for 24, or for 23.976
    return RateError(float(alike[0]), KNOWN[alike[0]])


def _ratio(ms_a_minute: float) -> float:
    """The offset grows by s for every second of picture, so sound passes 1 - s picture seconds' worth in less time."""
    return 1 / (1 - ms_a_minute / 60_000)
