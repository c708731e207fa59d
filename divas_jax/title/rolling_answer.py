"""What is said of a stream that goes on: a rolling offset, and an alarm where it stays out of the tolerance."""

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from divas_jax.judging.judge import Judgement
from divas_jax.media.live_pieces import Chunk, LostInputError, SourceKind
from divas_jax.sync.tolerances import Tolerance
from divas_jax.title.batch import FileJudge
from divas_jax.title.file_answer import FileAnswer, chance_rivals, evidence, joint_judgement
from divas_jax.title.scene_judging import JudgedScene, is_told

WAITING = 2
"""Short files that may wait to be judged; where judging is slower than a live stream, the oldest are left out."""

LIVE = 0.5
"""A short file that came in less than this share of the time it lasts was no live one: such a source can wait."""

BACK_S = 1.0
"""So much (s) a short file may begin before the end of the one before it."""

FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 30.0
"""Until a lost stream is opened again: at first, and at most (s)."""

_MOST_EVENTS = 100
"""Events that may wait to be told; of more the first are forgotten."""

Change = Literal["alarm", "clear", ""]


class Heard(NamedTuple):
    """A scene of the stream: when it was (s on the stream's clock), and what it says."""

    time: float
    scene: JudgedScene


@dataclass
class Rolling:
    """What the last minutes say together.

    Attributes:
      judge: the model.
      window: seconds that are looked at.
      scenes: of these, in order.
      until: where the last short file ended (s); None before there was one.
    """

    judge: FileJudge
    window: float
    scenes: deque[Heard] = field(default_factory=deque)
    until: float | None = None

    def jumps(self, chunk: Chunk) -> bool:
        """Whether a short file is not of the minutes that went before: the stream's clock was set anew."""
        return self.until is not None and not -BACK_S <= chunk.start - self.until <= self.window

    def begin_anew(self) -> None:
        """What comes may be another programme, on another clock."""
        self.scenes.clear()
        self.until = None

    def add(self, chunk: Chunk) -> FileAnswer:
        """Judges a short file, and says what it alone tells; scenes that are too long ago are forgotten."""
        self.until = chunk.start + chunk.seconds
        answer = self.judge.answer(chunk.path)
        start = chunk.start - float(answer.facts.start)
        for scene in answer.scenes:
            self.scenes.append(Heard(start + float(scene.start), scene))
        self.forget(self.until)
        return answer

    def forget(self, now: float) -> None:
        """Drops what is more than `window` seconds before `now` (s)."""
        while self.scenes and self.scenes[0].time < now - self.window:
            self.scenes.popleft()

    def judgement(self, name: str) -> Judgement | None:
        """What is told now; None without enough evidence."""
        scenes = [heard.scene for heard in self.scenes]
        search: Fraction = self.judge.settings.search
        joint = joint_judgement(name, evidence(scenes), self.judge.judge.calibration, search, chance_rivals(scenes))
        return joint if joint is not None and is_told(joint) else None


@dataclass
class Alarm:
    """Rings when the offset has been out of the tolerance for so long; ends when it is back.

    Attributes:
      tolerance: what is in sync.
      seconds: that it may be out.
      since: when it went out (s on the stream's clock); None while it is in.
      ringing: whether it rings.
      rang: how often it did.
    """

    tolerance: Tolerance
    seconds: float
    since: float | None = None
    ringing: bool = False
    rang: int = 0

    def begin_anew(self) -> None:
        """Forgets what was heard; `rang` stays."""
        self.since, self.ringing = None, False

    def update(self, now: float, offset_ms: float | None) -> Change:
        """Takes the offset at a time (s); unknown offsets change nothing."""
        if offset_ms is None:
            return ""
        if bool(self.tolerance.holds(np.asarray([offset_ms]))[0]):
            self.since = None
            change: Change = "clear" if self.ringing else ""
            self.ringing = False
            return change
        self.since = now if self.since is None else self.since
        if self.ringing or now - self.since < self.seconds:
            return ""
        self.ringing, self.rang = True, self.rang + 1
        return "alarm"


class StreamEvent(NamedTuple):
    """Something about the stream.

    Attributes:
      kind: `chunk` (a short file), `lost` (the input), `skipped` (a short file, as judging is too slow), `end`.
      chunk: the short file, where it is about one.
      reason: why, a sentence; of `lost`.
    """

    kind: Literal["chunk", "lost", "skipped", "end"]
    chunk: Chunk | None = None
    reason: str = ""


class Reader:
    """Reads a stream in a thread of its own, and opens it again when it is lost; memory stays the same for hours.

    Args:
      chunks: begins the stream; called again after each loss. It gets what says whether the stream is still wanted.
      source: what it reads. An address may come back once it ended, and cannot be made to wait for judging: of more
        than `WAITING` short files the oldest are left out. A pipe waits where it comes faster than it lasts, a file
        always: nothing of it is left out.
      give_up_s: seconds without input after which it ends.
    """

    def __init__(
        self, chunks: Callable[[Callable[[], bool]], Iterator[Chunk]], source: SourceKind, give_up_s: float
    ) -> None:
        self._chunks, self._source, self._give_up_s = chunks, source, give_up_s
        self._stopped, self._changed = threading.Event(), threading.Condition()
        self._events: list[StreamEvent] = []
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._read, name="stream", daemon=True)

    def __enter__(self) -> "Reader":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        with self._changed:
            self._changed.notify_all()
        self._thread.join(timeout=2)
        for event in self._events:
            if event.kind == "chunk" and event.chunk:
                discard(event.chunk)

    def __iter__(self) -> Iterator[StreamEvent]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._events)
                event = self._events.pop(0)
                self._changed.notify_all()
            if event.kind == "end" and self._error:
                raise self._error
            yield event
            if event.kind == "end":
                return

    def _read(self) -> None:
        try:
            reason = self._read_until_it_ends()
        except Exception as error:  # told where it is iterated: nobody sees it here
            self._error, reason = error, str(error)
        self._tell(StreamEvent("end", reason=reason))

    def _read_until_it_ends(self) -> str:
        """Why it ended; empty where it came to its end."""
        wait, last = FIRST_WAIT_S, time.monotonic()
        while not self._stopped.is_set():
            reason, asked = "", time.monotonic()
            try:
                for chunk in self._chunks(lambda: not self._stopped.is_set()):
                    fast = time.monotonic() - asked < LIVE * chunk.seconds
                    self._take(chunk, self._source == "file" or (self._source == "pipe" and fast))
                    wait, last = FIRST_WAIT_S, time.monotonic()
                    asked = last
            except LostInputError as error:
                reason = str(error)
            if self._source != "address":
                return reason
            reason = reason or "the input ended"
            if time.monotonic() - last > self._give_up_s:
                return f"{reason}; given up after {self._give_up_s:g} s without input"
            self._tell(StreamEvent("lost", reason=reason))
            self._stopped.wait(wait)
            wait = min(2 * wait, LONGEST_WAIT_S)
        return ""

    def _take(self, chunk: Chunk, patient: bool) -> None:
        """Lets a short file wait to be judged; for that it waits itself for room, or makes it."""
        left_out = None
        with self._changed:
            if patient:
                self._changed.wait_for(lambda: len(self._waiting) < WAITING or self._stopped.is_set())
            elif len(self._waiting) >= WAITING:
                place = self._waiting[0]
                left_out = self._events[place].chunk
                self._events[place] = StreamEvent("skipped", left_out)
            self._events.append(StreamEvent("chunk", chunk))
            self._changed.notify_all()
        if left_out is not None:
            discard(left_out)

    @property
    def _waiting(self) -> list[int]:
        """Places of the short files that wait."""
        return [place for place, event in enumerate(self._events) if event.kind == "chunk"]

    def _tell(self, event: StreamEvent) -> None:
        with self._changed:
            self._events.append(event)
            others = [place for place, each in enumerate(self._events) if each.kind != "chunk"]
            if len(others) > _MOST_EVENTS:
                del self._events[others[0]]
            self._changed.notify_all()


def discard(chunk: Chunk) -> None:
    """Deletes a short file."""
    with contextlib.suppress(OSError):
        Path(chunk.path).unlink()
