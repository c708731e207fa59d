"""A file, its scenes, and the verdict on the whole of it."""

from dataclasses import dataclass, replace
from pathlib import Path

from divas_jax.judging.judge import Judgement
from divas_jax.sync.predictions import Prediction
from divas_jax.sync.tolerances import STRICT, Tolerance
from divas_jax.title.file_answer import FileAnswer, Status
from divas_jax.title.scene_judging import is_told
from divas_jax.title.timeline import judge_title
from divas_jax.title.verdict import Verdict, Whole

TRUST_IF_TOLD = 0.65
"""Trust in a scene's offset that a model without calibration tells."""

TRUST_IF_NOT_TOLD = 0.1
"""Trust in a scene's offset that a model without calibration does not tell."""


@dataclass(frozen=True)
class CheckedTitle:
    """A file that was checked.

    Attributes:
      answer: its scenes, judged, and what the pass saw; `answer.failure` says why it could not be read.
      verdict: on the whole title.
      scene_of: place among the scenes of each of the verdict's predictions.
      others: the same beside each of the file's other sounds, where all were wanted.
    """

    answer: FileAnswer
    verdict: Verdict
    scene_of: tuple[int, ...]
    others: tuple["CheckedTitle", ...] = ()

    @property
    def file(self) -> Path:
        """As it was named."""
        return self.answer.file

    @property
    def status(self) -> Status:
        """`told`: what the offset is or does; `thin`: not enough evidence; `failed`: not read."""
        if self.answer.failure:
            return "failed"
        return "told" if self.verdict.pieces else "thin"

    @property
    def one_offset(self) -> bool:
        """Whether one offset holds from start to end, as far as anything is known."""
        return self.verdict.kind in ("in sync", "constant offset", "not enough evidence")

    @property
    def words(self) -> str:
        """The offset as people say it and how sure it is, or what it does; empty where nothing is told."""
        if self.status != "told":
            return ""
        judgement = self.answer.judgement
        return judgement.words if judgement and self.one_offset and self.answer.status == "told" else self.verdict.words

    def within(self, tolerance: Tolerance) -> bool | None:
        """Whether the file keeps to the tolerance from its start to its end; None where nothing is told."""
        return self.answer.within(tolerance) if self.verdict.by_whole else self.verdict.within(tolerance)

    def chance_within(self, tolerance: Tolerance) -> float | None:
        """Probability that it does, 0 to 1; None where nothing is told, or nobody knows how surely."""
        return self.answer.chance_within(tolerance) if self.verdict.by_whole else self.verdict.chance_within(tolerance)


def checked(answer: FileAnswer) -> CheckedTitle:
    """The verdict on a file whose scenes are judged."""
    predictions, scene_of = [], []
    for place, scene in enumerate(answer.scenes):
        if scene.best and scene.best.judgement:
            predictions.append(_prediction(scene.best.judgement, float(scene.start), float(scene.end)))
            scene_of.append(place)
    start, end = float(answer.facts.start), float(answer.facts.end)
    whole = _whole(answer.judgement) if answer.judgement and answer.status == "told" else None
    verdict = judge_title(predictions, start, end, 1000 * float(answer.search), answer.failure or answer.reason, whole)
    verdict = replace(verdict, zero=float(answer.facts.zero))
    return CheckedTitle(answer, verdict, tuple(scene_of), tuple(checked(other) for other in answer.others))


def _prediction(judgement: Judgement, start: float, end: float) -> Prediction:
    trust = 0.0 if judgement.at_end else judgement.probability
    if trust is None:
        trust = TRUST_IF_TOLD if is_told(judgement) else TRUST_IF_NOT_TOLD
    return Prediction(start, end, judgement.offset_ms, judgement.confidence, trust, is_told(judgement))


def _whole(judgement: Judgement) -> Whole:
    reach = judgement.near[1] if judgement.near else STRICT.early
    return Whole(judgement.offset_ms, judgement.sure, reach)
