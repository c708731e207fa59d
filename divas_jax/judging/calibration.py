"""How sure an answer is: a posterior over offsets, and whether the sound belongs to the picture at all.

The posterior (`posterior.py`) says where the offset is if sound and picture
belong together; one more hypothesis says that they do not. What is stated is
the product: that they belong together, and that the answer is within 40 ms.
Each of the three is set right by a logistic function of few numbers that was
fitted on clips nobody trained on. All of it is a small file of numbers.
"""

import json
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from divas_jax.errors import UserError
from divas_jax.judging.posterior import LEAST, Curve, Likelihood, fine_curve, interval_of
from divas_jax.rates import nearest
from divas_jax.sync.tolerances import in_few_words

FILE = "calibration.json"
"""Name of the calibration in an exported folder."""

VERSION = 2
"""Version of the file's format; the first one had no posterior."""

BELONGING = 0.95
"""Share of files whose sound belongs to their picture, as it is assumed; of the others every answer is wrong."""

LONG_ENOUGH = Fraction(4)
"""A clip so long (s) that its length is no reason for doubt: the longest that has an aim in docs/recipe.md."""

RIVAL_MS = 100.0
"""Half a window: minima that are closer are one minimum."""

RIVAL_DEPTH = 0.8
"""A rival so deep makes the answer ambiguous. Chosen, not fitted: where there is a calibration, that decides whether an
answer is told, and this only which reason is named."""

INTERVAL = 0.9
"""Share of the posterior that an interval holds."""

PLACE = ("log-odds", "log depth", "log seconds")
"""What `within` and `near` read: the posterior's own log-odds, how deep the minimum is, and how long the clip."""

PAIR = ("log factor", "log depth", "rival", "log distance", "log seconds")
"""What `together` reads: how much better an offset explains the curve than none (`Likelihood.factor`), how deep its
minimum is, how deep the best one `RIVAL_MS` or more away in parts of that, the mean distance at the answer, length."""

FARTHEST = "the best offset is the farthest that was searched"
"""Why an answer at the end of the search is none."""


@dataclass(frozen=True)
class Logistic:
    """A logistic function of a few numbers.

    Attributes:
      mean: subtracted from each number.
      spread: divides them then; above 0.
      weights: multiply them then.
      bias: added to their sum: the log-odds.
      lowest: least value of each number that was seen; smaller ones count as this.
      highest: the same for the largest.
    """

    mean: tuple[float, ...]
    spread: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float
    lowest: tuple[float, ...]
    highest: tuple[float, ...]

    def __call__(self, numbers: Float[np.ndarray, " K"]) -> float:
        """The probability, 0 to 1."""
        seen = np.clip(numbers, self.lowest, self.highest)
        odds = (seen - np.asarray(self.mean)) / np.asarray(self.spread) @ np.asarray(self.weights) + self.bias
        return float(1 / (1 + np.exp(-np.clip(odds, -30, 30))))


class Sureness(NamedTuple):
    """What one answer is worth.

    Attributes:
      probability: that it errs by at most `Calibration.tolerance_ms`, 0 to 1.
      near: the same for `Calibration.near_ms`.
      together: that picture and sound belong together, where half of all pairs do.
      told: whether it is sure enough to be told.
      interval_ms: offsets (ms) between which the true one lies with a probability of `INTERVAL`, if they do.
    """

    probability: float
    near: float
    together: float
    told: bool
    interval_ms: tuple[float, float]


@dataclass(frozen=True)
class Calibration:
    """What a model's answers are worth.

    Attributes:
      likelihood: makes a posterior of a curve.
      within: that the answer errs by at most `tolerance_ms`, of a pair that belongs together.
      near: the same for the wider `near_ms`.
      together: that picture and sound belong together, where half of the pairs do.
      threshold: probability below which there is no telling.
      together_thresholds: the same of `together` for clips of so many seconds, as (seconds, probability), shortest
        first; between them it is interpolated. Strangers are told from short clips less surely.
      search_ms: how far each way was searched; the numbers mean something else with another search.
      tolerance_ms: the error meant, each way.
      near_ms: the wider error meant, each way.
      facts: what it was fitted on and how good it is, for people.
    """

    likelihood: Likelihood
    within: Logistic
    near: Logistic
    together: Logistic
    threshold: float
    together_thresholds: tuple[tuple[float, float], ...]
    search_ms: float
    tolerance_ms: float
    near_ms: float
    facts: dict[str, Any] = field(default_factory=dict, compare=False)

    def sureness(self, curve: Curve, faces: float = 1.0) -> Sureness:
        """What the answer with the smallest distance is worth, where `BELONGING` of all pairs belong together.

        Args:
          curve: of the answer.
          faces: so many could be the one that speaks, and this is one of them: the most promising of many is soon
            found to look like a speaker by chance.
        """
        posterior = self.likelihood.posterior(curve)
        together = self.together(pair_numbers(self.likelihood, curve))
        usual = BELONGING / faces
        pair = usual * together / (usual * together + (1 - usual) * (1 - together))
        within = pair * self.within(place_numbers(curve, posterior, self.tolerance_ms))
        near = max(within, pair * self.near(place_numbers(curve, posterior, self.near_ms)))
        told = within >= self.threshold and together >= self.together_threshold(curve.seconds)
        return Sureness(within, near, together, told, interval_of(curve, posterior, INTERVAL))

    def together_threshold(self, seconds: float) -> float:
        """The probability of belonging together below which an answer about so long a clip (s) is not told."""
        known, least = zip(*self.together_thresholds, strict=True)
        return float(np.interp(np.log(max(seconds, LEAST)), np.log(known), least))

    def to_json(self) -> dict[str, Any]:
        """What `read_calibration` reads."""
        return {"version": VERSION, "place": list(PLACE), "pair": list(PAIR)} | asdict(self)


def place_numbers(curve: Curve, posterior: Float[np.ndarray, " G"], within_ms: float) -> Float[np.ndarray, " 3"]:
    """`PLACE` of one answer: of the posterior's own probability of an error of at most `within_ms`."""
    inside = float(np.clip(posterior @ curve.share_within(within_ms), LEAST, 1 - LEAST))
    return np.log([inside / (1 - inside), max(curve.depth, LEAST), curve.seconds])


def pair_numbers(likelihood: Likelihood, curve: Curve) -> Float[np.ndarray, " 5"]:
    """`PAIR` of one answer."""
    rival, _ = rival_of(curve.offset_ms, curve.distance, curve.median)
    factor = np.log1p(max(likelihood.factor(curve), 0.0))
    depth, distance, seconds = np.log(np.maximum([curve.depth, curve.distance[curve.best], curve.seconds], LEAST))
    return np.asarray([factor, depth, rival, distance, seconds])


def rival_of(
    offset_ms: Float[np.ndarray, " O"], distance: Float[np.ndarray, " O"], median: float, best: int | None = None
) -> tuple[float, int]:
    """Depth of the best minimum `RIVAL_MS` or more away from the answer, in parts of the answer's own, and its place.

    1 where none is known.
    """
    best = int(np.argmin(distance)) if best is None else best
    depth = median - float(distance[best])
    away = np.where(np.abs(offset_ms - offset_ms[best]) >= RIVAL_MS, distance, np.inf)
    place = int(np.argmin(away))
    if depth < LEAST or not np.isfinite(away[place]):
        return 1.0, place
    return max(-1.0, (median - float(away[place])) / depth), place


def why_unsure(
    calibration: Calibration,
    curve_ms: Float[np.ndarray, " O"],
    curve: Float[np.ndarray, " O"],
    windows: int,
    fps: Fraction,
    faces: float = 1.0,
) -> str | None:
    """Why an answer is not told; None if it is. Of several reasons the first.

    Arguments as `fine_curve` and `Calibration.sureness`.
    """
    fine = fine_curve(curve_ms, curve, windows, float(fps))
    sureness = calibration.sureness(fine, faces)
    if sureness.told:
        return None
    best = int(np.argmin(curve))
    if best in (0, len(curve) - 1):
        return FARTHEST
    enough = nearest(LONG_ENOUGH * fps)
    longer = fine_curve(curve_ms, curve, enough, float(fps))
    if windows < enough and calibration.sureness(longer, faces).told:
        return f"too short, only {windows} windows could be compared"
    rival, place = rival_of(curve_ms, curve, fine.median)
    if rival >= RIVAL_DEPTH and np.isfinite(curve[place]):
        best_words, rival_words = (in_few_words(float(ms)) for ms in (curve_ms[best], curve_ms[place]))
        return f"no clear minimum, {best_words} and {rival_words} fit about as well"
    if sureness.together < calibration.together_threshold(fine.seconds):
        return "the sound does not seem to belong to the picture"
    if calibration.sureness(fine).told:
        return "too many faces to be sure which of them speaks"
    return "low confidence"


def read_calibration(path: Path) -> Calibration:
    """The numbers that `divas calibrate` wrote.

    Raises:
      UserError: the file is missing, or holds no calibration of this version.
    """
    try:
        values = json.loads(path.read_text())
        if not isinstance(values, dict) or values.pop("version", 1) != VERSION:
            raise ValueError("it is of another version: divas calibrate makes a new one")
        for name, known in (("place", PLACE), ("pair", PAIR)):
            if values.pop(name, None) != list(known):
                raise ValueError(f"its numbers {name!r} are not {', '.join(known)}")
        likelihood = Likelihood(**_numbers(values["likelihood"], {}, ("sharpness", "growth", "anywhere")))
        values["likelihood"] = likelihood
        for name, known in (("within", PLACE), ("near", PLACE), ("together", PAIR)):
            rows = dict.fromkeys(("mean", "spread", "weights", "lowest", "highest"), len(known))
            values[name] = Logistic(**_numbers(values[name], rows, ("bias",)))
            if min(values[name].spread) <= 0:
                raise ValueError(f"a spread of {name!r} is not above 0")
        thresholds = tuple((float(seconds), float(least)) for seconds, least in values["together_thresholds"])
        if not thresholds or min(seconds for seconds, _ in thresholds) <= 0 or not np.isfinite(thresholds).all():
            raise ValueError("'together_thresholds' are not pairs of seconds and a probability")
        values["together_thresholds"] = thresholds
        single = ("threshold", "search_ms", "tolerance_ms", "near_ms")
        return Calibration(**_numbers(values, {}, single))
    except OSError as error:
        raise UserError(f"calibration {path} cannot be read ({error.strerror})") from None
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is no calibration: {error}") from None


def _numbers(values: dict[str, Any], rows: dict[str, int], single: tuple[str, ...]) -> dict[str, Any]:
    """The values, with finite numbers under these keys, so many in each of `rows`.

    Raises:
      ValueError, KeyError, TypeError: a number is missing or is none.
    """
    read: dict[str, Any] = {name: tuple(float(value) for value in values[name]) for name in rows}
    read |= {name: float(values[name]) for name in single}
    for name, value in read.items():
        if not np.isfinite(value).all() or (name in rows and len(value) != rows[name]):
            raise ValueError(f"{name!r} is not {rows.get(name, 'a')} finite number(s)")
    return values | read
