"""How sure an answer is: the probability that it errs by at most 40 ms, out of a small file of numbers.

Three logistic functions read the same evidence. Two say with what probability
the answer is within 40 ms, and within 90 ms, if picture and sound belong
together; the third whether they do, against the sound of another clip. Their
products are stated. The wider one decides whether an answer is told at all:
real clips are seldom known to be in sync to the frame, so that the narrow
one can never be high, however good an answer is.
"""

import json
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from divas_jax.errors import UserError
from divas_jax.rates import nearest
from divas_jax.sync.tolerances import in_few_words

FILE = "calibration.json"
"""Its name in an exported folder."""

EVIDENCE = ("log confidence", "log windows", "log fps", "rival", "log distance")
"""What is read: confidence (median - minimum of the curve), windows compared, frames/s; how deep the best minimum
`RIVAL_MS` or more away is, in parts of the confidence; and the minimum, the mean distance at the answer."""

LEAST = 1e-6
"""Smaller numbers count as this, so that their logarithms exist."""

BELONGING = 0.95
"""Share of files whose sound belongs to their picture, as it is assumed; of the others every answer is wrong."""

LONG_ENOUGH = Fraction(4)
"""A clip so long (s) that its length is no reason for doubt."""

RIVAL_MS = 100.0
"""Half a window: minima that are closer are one minimum."""

RIVAL_DEPTH = 0.8
"""A rival so deep makes the answer ambiguous."""

Evidence = Float[np.ndarray, "N 5"]


@dataclass(frozen=True)
class Logistic:
    """A logistic function of `EVIDENCE`.

    Attributes:
      mean: subtracted from each number.
      spread: divides them then; above 0.
      weights: multiply them then.
      bias: added to their sum: the log-odds.
    """

    mean: tuple[float, ...]
    spread: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float

    def __call__(self, evidence: Evidence) -> Float[np.ndarray, " N"]:
        """The probability, 0 to 1."""
        odds = (evidence - np.asarray(self.mean)) / np.asarray(self.spread) @ np.asarray(self.weights) + self.bias
        return 1 / (1 + np.exp(-np.clip(odds, -30, 30)))


@dataclass(frozen=True)
class Calibration:
    """What a model's answers are worth.

    Attributes:
      lowest: least value of each number of `EVIDENCE` that was seen; smaller ones count as this.
      highest: the same for the largest.
      within: that the answer errs by at most `tolerance_ms`, of a pair that belongs together.
      together: that picture and sound belong together, where half of the pairs do.
      threshold: probability (of `near`, where it is known) below which there is no telling.
      together_threshold: the same of `together`.
      search_ms: how far each way was searched; the evidence means something else with another search.
      tolerance_ms: the error meant, each way.
      near: as `within`, for an error of at most `near_ms`; None in files that do not know it.
      near_ms: the wider error meant, each way.
      facts: what it was fitted on and how good it is, for people.
    """

    lowest: tuple[float, ...]
    highest: tuple[float, ...]
    within: Logistic
    together: Logistic
    threshold: float
    together_threshold: float
    search_ms: float
    tolerance_ms: float
    near: Logistic | None = None
    near_ms: float = 0.0
    facts: dict[str, Any] = field(default_factory=dict, compare=False)

    def probability(self, evidence: Evidence, faces: float = 1.0) -> Float[np.ndarray, " N"]:
        """That each answer errs by at most `tolerance_ms`, 0 to 1, where `BELONGING` of all pairs belong together.

        Args:
          evidence: of answers.
          faces: so many could be the one that speaks, and this is one of them: the most promising of many is soon
            found to look like a speaker by chance.
        """
        return self._of_pairs(self.within, evidence, faces)

    def near_probability(self, evidence: Evidence, faces: float = 1.0) -> Float[np.ndarray, " N"]:
        """The same for `near_ms`; `probability` where that is not known. Never less than `probability`."""
        narrow = self.probability(evidence, faces)
        return narrow if self.near is None else np.maximum(narrow, self._of_pairs(self.near, evidence, faces))

    def _of_pairs(self, function: Logistic, evidence: Evidence, faces: float) -> Float[np.ndarray, " N"]:
        seen = np.clip(evidence, self.lowest, self.highest)
        belongs, usual = self.together(seen), BELONGING / faces
        pairs, strangers = usual * belongs, (1 - usual) * (1 - belongs)
        return function(seen) * pairs / (pairs + strangers)

    def tells(self, evidence: Evidence, faces: float = 1.0) -> Bool[np.ndarray, " N"]:
        """Which answers are sure enough to be told."""
        return (self.near_probability(evidence, faces) >= self.threshold) & self.belongs(evidence)

    def belongs(self, evidence: Evidence) -> Bool[np.ndarray, " N"]:
        """Where the sound may well be that of the picture."""
        return self.together(np.clip(evidence, self.lowest, self.highest)) >= self.together_threshold

    def to_json(self) -> dict[str, Any]:
        """What `read_calibration` reads."""
        return {"evidence": list(EVIDENCE)} | asdict(self)


def evidence_of(
    curve_ms: Float[np.ndarray, " O"], curve: Float[np.ndarray, " O"], windows: int, fps: Fraction
) -> Evidence:
    """`EVIDENCE` of one answer, as one row.

    Args:
      curve_ms: searched offsets (ms).
      curve: mean distance at each; inf where unknown, but not everywhere.
      windows: picture windows that the answer is averaged over.
      fps: frame rate (frames/s).
    """
    depth, rival, _ = _minima(curve_ms, curve)
    minimum = float(curve.min())
    confidence, windows, rate, distance = np.log(np.maximum([depth, windows, float(fps), minimum], LEAST))
    return np.asarray([[confidence, windows, rate, rival, distance]])


def _minima(curve_ms: np.ndarray, curve: np.ndarray) -> tuple[float, float, int]:
    """Depth of the minimum below the median, depth of its rival in parts of that (1: none is known), its place."""
    median, best = float(np.median(curve[np.isfinite(curve)])), int(np.argmin(curve))
    depth = median - float(curve[best])
    away = np.where(np.abs(curve_ms - curve_ms[best]) >= RIVAL_MS, curve, np.inf)
    place = int(np.argmin(away))
    if depth < LEAST or not np.isfinite(away[place]):
        return depth, 1.0, place
    return depth, max(-1.0, (median - float(away[place])) / depth), place


def why_unsure(
    calibration: Calibration,
    curve_ms: Float[np.ndarray, " O"],
    curve: Float[np.ndarray, " O"],
    windows: int,
    fps: Fraction,
    faces: float = 1.0,
) -> str | None:
    """Why an answer is not told; None if it is. Arguments as `evidence_of` and `Calibration.probability`.

    Of several reasons the first.
    """
    evidence = evidence_of(curve_ms, curve, windows, fps)
    if calibration.tells(evidence, faces)[0]:
        return None
    best = int(np.argmin(curve))
    if best in (0, len(curve) - 1):
        return "the best offset is the farthest that was searched"
    enough = nearest(LONG_ENOUGH * fps)
    if windows < enough and calibration.tells(evidence_of(curve_ms, curve, enough, fps), faces)[0]:
        return f"too short, only {windows} windows of 0.2 s could be compared"
    _, rival, place = _minima(curve_ms, curve)
    if rival >= RIVAL_DEPTH and np.isfinite(curve[place]):
        one, other = (in_few_words(float(ms)) for ms in (curve_ms[best], curve_ms[place]))
        return f"no clear minimum, {one} and {other} fit about as well"
    if not calibration.belongs(evidence)[0]:
        return "the sound does not seem to belong to the picture"
    if calibration.tells(evidence)[0]:
        return "too many faces to be sure which of them speaks"
    return "low confidence"


def read_calibration(path: Path) -> Calibration:
    """The numbers that `divas calibrate` wrote.

    Raises:
      UserError: the file is missing, or holds no calibration of this version.
    """
    try:
        values = json.loads(path.read_text())
        if not isinstance(values, dict) or values.pop("evidence", None) != list(EVIDENCE):
            raise ValueError(f"its evidence is not {', '.join(EVIDENCE)}")
        named = ("within", "together", "near") if values.get("near") else ("within", "together")
        for name in named:
            values[name] = Logistic(**_numbers(values[name], ("mean", "spread", "weights"), ("bias",)))
            if min(values[name].spread) <= 0:
                raise ValueError(f"a spread of {name!r} is not above 0")
        values.setdefault("near_ms", 0.0)
        single = ("threshold", "together_threshold", "search_ms", "tolerance_ms", "near_ms")
        return Calibration(**_numbers(values, ("lowest", "highest"), single))
    except OSError as error:
        raise UserError(f"calibration {path} cannot be read ({error.strerror})") from None
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is no calibration: {error}") from None


def _numbers(values: dict[str, Any], rows: tuple[str, ...], single: tuple[str, ...]) -> dict[str, Any]:
    """The same with finite numbers under these keys.

    Raises:
      ValueError, KeyError, TypeError: a number is missing or is none.
    """
    read = {name: tuple(float(value) for value in values[name]) for name in rows}
    read |= {name: float(values[name]) for name in single}
    for name, value in read.items():
        if not np.isfinite(value).all() or (name in rows and len(value) != len(EVIDENCE)):
            raise ValueError(f"{name!r} is not {len(EVIDENCE) if name in rows else 'a'} finite number(s)")
    return values | read
