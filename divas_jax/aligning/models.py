"""Which weights judge which clips: all of them, or, by folds, those that have not seen them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from divas_jax import __version__
from divas_jax.aligning.evidence import Evidence, evidence_of
from divas_jax.aligning.journal import EvidenceJournal
from divas_jax.aligning.sources import Entry
from divas_jax.errors import UserError
from divas_jax.judging.embedding import Embedder
from divas_jax.judging.posterior import Likelihood
from divas_jax.loading import fingerprint, load_calibration, load_weights

Progress = Callable[[int], None]
"""Called after each clip with how many are done since the last call."""


@dataclass(frozen=True)
class FoldJudge:
    """Weights and the clips that they judge.

    Attributes:
      fold: value of the fold column of these clips; empty for all clips.
      checkpoint: a training folder or an export; None for the package's weights.
    """

    fold: str
    checkpoint: Path | None


def choices_of(named: Sequence[str]) -> list[FoldJudge]:
    """What the command line says: `DIR` once, or `FOLD=DIR` for each fold.

    Raises:
      UserError: several are named without folds, or a fold twice.
    """
    if not named:
        return [FoldJudge("", None)]
    if len(named) == 1 and (Path(named[0]).exists() or "=" not in named[0]):
        return [FoldJudge("", Path(named[0]))]
    choices = []
    for text in named:
        fold, equals, folder = text.partition("=")
        if not equals or not fold or not folder:
            raise UserError(f"--checkpoint {text}: of several, each is FOLD=DIR, the fold whose clips it has not seen")
        choices.append(FoldJudge(fold, Path(folder)))
    if len({choice.fold for choice in choices}) < len(choices):
        raise UserError("--checkpoint names a fold twice: one model judges each")
    return choices


def by_choice(
    entries: Sequence[Entry], choices: Sequence[FoldJudge], column: str
) -> list[tuple[FoldJudge, list[Entry]]]:
    """The clips that each of the weights judges.

    Raises:
      UserError: there is no such column, or a clip's fold has no weights.
    """
    if len(choices) == 1 and not choices[0].fold:
        return [(choices[0], list(entries))]
    for entry in entries:
        if column not in entry.row:
            raise UserError(f"{entry.name} has no column {column!r} that says its fold (--make-folds writes one)")
        if entry.row[column] not in {choice.fold for choice in choices}:
            raise UserError(f"{entry.name} is in fold {entry.row[column]!r}, for which no --checkpoint is named")
    return [(choice, [entry for entry in entries if entry.row[column] == choice.fold]) for choice in choices]


def judged(
    parts: Sequence[tuple[FoldJudge, list[Entry]]], search: Fraction, journal: Path | None, progress: Progress
) -> tuple[dict[str, Evidence], Likelihood | None]:
    """The evidence of every clip, by name, and what a distance is worth where one model with a calibration judged.

    Args:
      parts: of `by_choice`.
      search: how far each way (s).
      journal: where what is known is kept; None keeps nothing.
      progress: called after each clip.

    Raises:
      UserError: weights cannot be used, or the journal cannot be read or written.
    """
    evidence_of_clip: dict[str, Evidence] = {}
    for choice, entries in parts:
        config, parameters = load_weights(choice.checkpoint)
        identity = f"{__version__} {fingerprint(parameters)} {search}"
        written = EvidenceJournal(journal, identity) if journal else None
        known = {entry.name: clip_evidence for entry in entries if written and (clip_evidence := written.known(entry))}
        progress(len(known))
        missing = [entry for entry in entries if entry.name not in known]
        fresh: Iterator[Evidence] = evidence_of(Embedder(config, parameters), missing, search)
        for evidence in written.kept(missing, fresh) if written else fresh:
            known[evidence.name] = evidence
            progress(1)
        evidence_of_clip |= known
    calibration = load_calibration(parts[0][0].checkpoint) if len(parts) == 1 else None
    return evidence_of_clip, calibration.likelihood if calibration else None
