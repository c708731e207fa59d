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

from divas_jax.evaluation.judge import Judgement
from divas_jax.media.live import Chunk, LostInputError
from divas_jax.sync.tolerances import Tolerance
from divas_jax.title.answer import evidence, rivals, together
from divas_jax.title.batch import FileJudge
from divas_jax.title.judging import JudgedScene, is_told

WAITING = 2
"""Short files that may wait to be judged; where judging is slower than a live stream, the oldest are left out."""

LIVE = 0.5
"""A short file that came in less than this share of the time it lasts was no live one: such a source can wait."""

FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 30.0
"""Until a lost stream is opened again: at first, and at most (s)."""

_TOLD = 100
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
    """

    judge: FileJudge
    window: float
    scenes: deque[Heard] = field(default_factory=deque)

    def add(self, chunk: Chunk) -> None:
        """Judges a short file; scenes that are too long ago are forgotten."""
        answer = self.judge.answer(chunk.path)
        start = chunk.start - float(answer.facts.start)
        for scene in answer.scenes:
            self.scenes.append(Heard(start + float(scene.start), scene))
        self.forget(chunk.start + chunk.seconds)

    def forget(self, now: float) -> None:
        """Drops what is more than `window` seconds before `now` (s)."""
        while self.scenes and self.scenes[0].time < now - self.window:
            self.scenes.popleft()

    def judgement(self, name: str) -> Judgement | None:
        """What is told now; None without enough evidence."""
        scenes = [heard.scene for heard in self.scenes]
        search: Fraction = self.judge.settings.search
        found = together(name, evidence(scenes), self.judge.judge.calibration, search, rivals(scenes))
        return found if found is not None and is_told(found) else None


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


class Said(NamedTuple):
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
      address: whether it is one: a stream that ended may come back, and cannot be made to wait. A file and a pipe can
        where they come faster than they last; nothing of them is left out then.
      give_up_s: seconds without input after which it ends.
    """

    def __init__(
        self, chunks: Callable[[Callable[[], bool]], Iterator[Chunk]], address: bool, give_up_s: float
    ) -> None:
        self._chunks, self._address, self._give_up_s = chunks, address, give_up_s
        self._stopped, self._changed = threading.Event(), threading.Condition()
        self._waiting: deque[Chunk] = deque()
        self._told: deque[Said] = deque(maxlen=_TOLD)
        self._end: Said | None = None
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._read, name="stream", daemon=True)

    def __enter__(self) -> "Reader":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        with self._changed:
            self._changed.notify_all()
        self._thread.join(timeout=5)
        for chunk in self._waiting:
            discard(chunk)

    def __iter__(self) -> Iterator[Said]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._told or self._waiting or self._end)
                if self._told:
                    said = self._told.popleft()
                elif self._waiting:
                    said = Said("chunk", self._waiting.popleft())
                    self._changed.notify_all()
                elif self._error:
                    raise self._error
                else:
                    yield self._end  # type: ignore[misc]
                    return
            yield said

    def _read(self) -> None:
        try:
            reason = self._read_until_it_ends()
        except Exception as error:  # told where it is iterated: nobody sees it here
            self._error, reason = error, str(error)
        with self._changed:
            self._end = Said("end", reason=reason)
            self._changed.notify_all()

    def _read_until_it_ends(self) -> str:
        """Why it ended; empty where it came to its end."""
        wait, last = FIRST_WAIT_S, time.monotonic()
        while not self._stopped.is_set():
            reason, asked = "", time.monotonic()
            try:
                for chunk in self._chunks(lambda: not self._stopped.is_set()):
                    if not self._address and time.monotonic() - asked < LIVE * chunk.seconds:
                        self._wait_for_room()
                    self._take(chunk)
                    wait, last = FIRST_WAIT_S, time.monotonic()
                    asked = last
            except LostInputError as error:
                reason = str(error)
            if not self._address or time.monotonic() - last > self._give_up_s:
                return reason
            self._tell(Said("lost", reason=reason or "the input ended"))
            self._stopped.wait(wait)
            wait = min(2 * wait, LONGEST_WAIT_S)
        return ""

    def _wait_for_room(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: len(self._waiting) < WAITING or self._stopped.is_set())

    def _take(self, chunk: Chunk) -> None:
        left_out = None
        with self._changed:
            if len(self._waiting) >= WAITING:
                left_out = self._waiting.popleft()
            self._waiting.append(chunk)
            self._changed.notify_all()
        if left_out is not None:
            discard(left_out)
            self._tell(Said("skipped", left_out))

    def _tell(self, said: Said) -> None:
        with self._changed:
            self._told.append(said)
            self._changed.notify_all()


def discard(chunk: Chunk) -> None:
    """Deletes a short file."""
    with contextlib.suppress(OSError):
        Path(chunk.path).unlink()
