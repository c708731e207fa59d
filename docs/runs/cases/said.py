"""What `divas score` and `divas check` say of an odd file, what `divas repair` makes of it: right or wrong."""

import re
from dataclasses import dataclass
from pathlib import Path

from made_film import MadeFilm
from makers import Case
from measured import early_ms

from divas_jax.errors import UserError
from divas_jax.media.heard_sound import heard_sound, other_sounds
from divas_jax.media.hearing import Hearing
from divas_jax.title.batch import FileJudge
from divas_jax.title.checked_title import CheckedTitle
from divas_jax.title.file_record import file_record
from divas_jax.title.listening import listen
from divas_jax.title.repair import Repair, doubts, repair_of
from divas_jax.title.repaired_copy import write_repaired
from divas_jax.writing import replacing

NEAR_MS = 45.0
"""An answer may be so far from the truth (ms): half a picture, and 20 ms that made-up talkers lean early."""

MOVED_MS = 2.0
"""A copy's sound may have been moved by so much more or less than was meant (ms)."""


@dataclass(frozen=True)
class Said:
    """A row of the table.

    Attributes:
      case: the file's.
      score: the answer of `divas score`, or its reason.
      check: the verdict of `divas check`.
      right: whether both are.
      repaired: what became of a copy, or why there is none; empty where there is nothing to repair.
      faulty: whether the copy is not as it should be.
      warnings: of the pass over the file.
    """

    case: Case
    score: str
    check: str
    right: bool
    repaired: str
    faulty: bool
    warnings: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether nothing is wrong with what was said and made."""
        return self.right and not self.faulty


def said_of(judge: FileJudge, case: Case, path: Path, film: MadeFilm) -> Said:
    """Judges an odd file once, and repairs it where its offset is constant and sure."""
    checked = judge.check(path)
    answer = checked.answer
    record = file_record(checked, judge.settings.tolerance, judge.settings.sure)
    score = record["words"] or f"not told: {answer.failure or answer.reason}"
    repaired, faulty = _repaired(checked, case, path, film)
    right = is_right(case, checked)
    return Said(case, score, checked.verdict.words, right, repaired, faulty, answer.facts.warnings)


def is_right(case: Case, checked: CheckedTitle) -> bool:
    """Whether what was said is near the truth, or, where there is none, refused for the right reason.

    A verdict on the whole that lacks scenes is no fault where the file's own answer is right.
    """
    answer, pieces = checked.answer, checked.verdict.pieces
    if case.truth is None:
        return answer.status == "thin" and bool(re.search(case.refused, answer.reason))
    last = case.truth if case.end is None else case.end
    low, high = sorted((case.truth, last))
    offsets = [end.value for piece in pieces for end in (piece.start_ms, piece.end_ms)]
    near = [low - NEAR_MS <= offset <= high + NEAR_MS for offset in offsets]
    if pieces:
        near += [abs(offsets[0] - case.truth) <= NEAR_MS, abs(offsets[-1] - last) <= NEAR_MS]
    if answer.status == "told" and answer.judgement:
        near.append(not case.jumps and low - NEAR_MS <= answer.judgement.offset_ms <= high + NEAR_MS)
    return bool(near) and all(near)


def _repaired(checked: CheckedTitle, case: Case, path: Path, film: MadeFilm) -> tuple[str, bool]:
    """What became of a repair, and whether it is at fault."""
    verdict, hearing = checked.verdict, checked.answer.facts.hearing
    if verdict.kind != "constant offset" or hearing is None:
        return "", False
    if why := doubts(verdict):
        return f"not tried: {'; '.join(why)}", False
    out, repair = path.with_name(f"{path.stem}-repaired{path.suffix}"), repair_of(verdict)
    try:
        _write(path, out, repair, hearing)
        before = early_ms(path, film.sound, hearing, case.skipped)
        after = early_ms(out, film.sound, listen(out), case.skipped)
    except UserError as error:
        return f"refused: {str(error).replace(f'{path.parent}/', '')}", False
    by = before - after
    side = "later" if by > 0 else "earlier"
    left = f"{abs(after):.0f} ms {'early' if after > 0 else 'late'}"
    meant = abs(by - 1000 * repair.by) <= MOVED_MS and abs(after) <= NEAR_MS
    return f"moved {abs(by):.1f} ms {side}, truly {left} now", not meant


def _write(path: Path, out: Path, repair: Repair, hearing: Hearing) -> None:
    """The copy, as `divas repair` writes it.

    Raises:
      UserError: it refuses.
    """
    heard = heard_sound(path, out, hearing)
    alike = [each for each in other_sounds(path, out, heard)[0] if each.index in hearing.alike]
    with replacing(out) as partial:
        write_repaired(path, partial, out, repair, [], [heard, *alike])
