"""Files judged one after the other, with one model; `processes.py` does so in several processes."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from divas_jax.command import check_any_exists
from divas_jax.errors import UserError
from divas_jax.judging.judge import Judge
from divas_jax.media.tracks import NOTHING, Wish
from divas_jax.outcomes import SURE
from divas_jax.preparing.folder import media_in
from divas_jax.sync.tolerances import Tolerance
from divas_jax.title.checked_title import CheckedTitle, checked
from divas_jax.title.faces import face_detector
from divas_jax.title.file_answer import FileAnswer, answer_file
from divas_jax.title.file_record import file_record
from divas_jax.title.pieces import PieceReader, Seen, Wanted
from divas_jax.title.processes import in_processes
from divas_jax.title.quick import LEAST, QuickPass
from divas_jax.title.reasons import FARTHER_MS, other_track
from divas_jax.title.scan import Progress
from divas_jax.title.scene_judging import Watch
from divas_jax.title.speech import Span
from divas_jax.title.stages import Stages
from divas_jax.title.watching import FaceWatcher, Watcher, WholePictures

MakeJudge = Callable[[], Judge]

WIDER = tuple(Fraction(ms, 1000) for ms in FARTHER_MS)
"""How far each way (s) offsets are looked for where they seem to lie farther than was asked for."""

LONGEST_PIECE_S = 900.0
"""A helper that takes longer (s) for one piece hangs."""

_FARTHER = "see whether it is the sound of this picture at all, and search farther (--search-ms 30000)"


@dataclass(frozen=True)
class Settings:
    """How files are judged; travels to worker processes.

    Attributes:
      face_model: a YuNet file; None takes the built-in detector.
      full_frame: whether the whole picture is judged, not its faces.
      search: how far each way an offset is searched (s).
      fineness: steps searched per frame interval.
      tolerance: what counts as in sync.
      wish: which picture and sound of a file are wanted, where there are several.
      sure: least probability of what is called within the tolerance, or out of it.
      quick: whether long titles are looked at in pieces, not whole.
      helpers: processes that may look at pieces of one title; of no effect unless `quick`.
    """

    face_model: Path | None
    full_frame: bool
    search: Fraction
    fineness: int
    tolerance: Tolerance
    wish: Wish = NOTHING
    sure: float = SURE
    quick: bool = False
    helpers: int = field(default=0, repr=False)  # journals remember what answers depend on


class Part(NamedTuple):
    """What a helper is handed.

    Attributes:
      wanted: of a file.
      stretch: of it (s).
    """

    wanted: Wanted
    stretch: Span

    def __str__(self) -> str:
        """The file, for messages."""
        return str(self.wanted.file)


class FileJudge:
    """Judges files one after the other, with one model and one detector.

    Args:
      judge: the model.
      settings: how.
      make_judge: loads the model in processes that help; None where none may.

    Raises:
      UserError: the face model cannot be used, or the model does not see what it is asked to see.
    """

    def __init__(self, judge: Judge, settings: Settings, make_judge: MakeJudge | None = None) -> None:
        if settings.full_frame != judge.config.view.full_frame:
            seen, asked = ("whole pictures", "without") if judge.config.view.full_frame else ("face crops", "with")
            raise UserError(f"the model was trained on {seen}, but is used {asked} --full-frame")
        self.judge, self.settings, self._make_judge = judge, settings, make_judge
        self._detector = None if settings.full_frame else face_detector(settings.face_model)

    def answer(self, file: Path, progress: Progress | None = None, watch: Watch | None = None) -> FileAnswer:
        """The answer for a file, read again with each of `WIDER` while its offset seems to lie farther.

        Arguments as `answer_file`.
        """
        answers = self._answers(file, self.settings.search, progress, watch)
        for search in WIDER:
            if not any(answer.lies_farther for answer in answers):
                break
            if search > self.settings.search:
                wider = self._answers(file, search, progress, watch)
                answers = [new if old.lies_farther else old for old, new in zip(answers, wider, strict=True)]
        first, *others = (self._with_search_named(answer) for answer in answers)
        return replace(first, others=tuple(others))

    def _with_search_named(self, answer: FileAnswer) -> FileAnswer:
        """The answer, with a warning if more was searched than asked for, and advice if that was too little."""
        if answer.search > self.settings.search:
            asked, done = (f"{float(each):g} s" for each in (self.settings.search, answer.search))
            doubt = f"{answer.file} seems to be off by more than {asked}, so up to {done} were searched"
            answer = answer.warned([doubt])
        if answer.lies_farther:
            far = f"its sound seems to be farther off than the {float(answer.search):g} s that were searched"
            other = other_track(answer.facts)
            return replace(answer, reason=far, advice="; or try ".join(filter(None, (_FARTHER, other))))
        return answer

    def _answers(
        self, file: Path, search: Fraction, progress: Progress | None, watch: Watch | None
    ) -> list[FileAnswer]:
        """The answers, one for each sound that is wanted; first the one that the file itself marks."""
        answer = self._answer(file, search, progress, watch)
        return [answer, *answer.others]

    def _answer(self, file: Path, search: Fraction, progress: Progress | None, watch: Watch | None) -> FileAnswer:
        settings = self.settings
        return answer_file(
            self.judge,
            file,
            self._watcher,
            search=search,
            fineness=settings.fineness,
            progress=progress,
            watch=watch,
            wish=settings.wish,
        )

    def check(self, file: Path, progress: Progress | None = None, watch: Watch | None = None) -> CheckedTitle:
        """The answer for a file and the verdict on what its offset does; of pieces of it if `quick` is set."""
        quick = self._quick(file, progress) if self.settings.quick else None
        return checked(quick or self.answer(file, progress, watch))

    def _quick(self, file: Path, progress: Progress | None) -> FileAnswer | None:
        """From pieces; None where the file is short, or tells no length."""
        search, fineness, wish = self.settings.search, self.settings.fineness, self.settings.wish
        helpers = self._by_helpers if self._make_judge and self.settings.helpers > 1 else None
        try:
            quick_pass = QuickPass(self.judge, file, self._watcher, search, fineness, wish, progress, helpers)
            return quick_pass.answer() if quick_pass.length >= LEAST else None
        except UserError as error:
            return FileAnswer(file, failure=str(error))

    def _by_helpers(self, stretches: Sequence[Span], wanted: Wanted) -> Iterator[Seen]:
        """`Helpers` of a quick pass: processes with models of their own."""
        assert self._make_judge is not None
        begin = partial(file_judge, self._make_judge, replace(self.settings, helpers=0))
        parts = [Part(wanted, stretch) for stretch in stretches]
        count = min(self.settings.helpers, len(parts) // 2)
        return in_processes(begin, parts, count, LONGEST_PIECE_S, FileJudge.look_in, _refuse)

    def look_in(self, part: Part, progress: Progress | None = None) -> Seen:
        """What a piece of one stretch of a file shows; a piece is too short for `progress`."""
        del progress
        return PieceReader(self.judge, self._watcher, part.wanted).look_in(part.stretch)

    def record(self, file: Path, progress: Progress | None = None) -> dict[str, Any]:
        """`file_record` of `check`."""
        return file_record(self.check(file, progress), self.settings.tolerance, self.settings.sure)

    def _watcher(self, stages: Stages) -> Watcher:
        if self._detector is None:
            return WholePictures(self.judge.config.model.size, stages)
        return FaceWatcher(self._detector, stages)


def _refuse(part: Part, why: str) -> NoReturn:
    """A helper did not come back from a stretch: what is said of the title would be of the rest."""
    raise UserError(f"{why}, at {float(part.stretch.start):g} s")


def file_judge(make_judge: MakeJudge, settings: Settings) -> FileJudge:
    """What a process that judges files begins with: it loads the model.

    Raises:
      UserError: as `FileJudge`.
    """
    return FileJudge(make_judge(), settings, make_judge)


def media_files(named: Iterable[Path]) -> list[Path]:
    """The files named, and those in the folders named (`media_in`), sorted within each; each once.

    Raises:
      UserError: a folder holds none, or nothing that is named exists.
    """
    files: dict[Path, None] = {}
    paths = list(named)
    check_any_exists(paths)
    for path in paths:
        if not path.is_dir():
            files[path] = None
            continue
        inside = sorted(media_in(path))
        if not inside:
            raise UserError(f"{path} holds no media files")
        files |= dict.fromkeys(inside)
    return list(files)


def failed_record(settings: Settings, file: Path, why: str) -> dict[str, Any]:
    """The record of a file that crashed its reader or took too long."""
    return file_record(checked(FileAnswer(file, failure=why)), settings.tolerance, settings.sure)
