"""Where metrics go: a JSONL file, the terminal, TensorBoard if asked."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from divas_jax.errors import UserError

SHARES = {"matched", "strict", "undetectable", "acceptable", "lips_explained", "mel_explained"}
"""Numbers from 0 to 1 that people read as per cent; so are those of one validation set, SET/strict."""

UNSAID = {"judged", "steps_per_s"}
"""Numbers that only the file gets."""


class Writer(Protocol):
    """Anything that takes numbers at a step."""

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Takes named numbers."""

    def close(self) -> None:
        """Finishes what was written; nothing is written after it."""


class JsonLines:
    """One JSON object a line, flushed at once; a resumed run appends."""

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.file = path.open("a")
        except OSError as error:
            raise UserError(f"cannot write metrics to {path}: {error.strerror}") from None

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Appends a line.

        Raises:
          UserError: the disk is full.
        """
        try:
            self.file.write(json.dumps({"step": step, **values}) + "\n")
            self.file.flush()
        except OSError as error:
            raise UserError(f"cannot write metrics to {self.file.name}: {error.strerror}") from None

    def close(self) -> None:
        """Closes the file."""
        try:
            self.file.close()
        except OSError as error:
            raise UserError(f"cannot write metrics to {self.file.name}: {error.strerror}") from None


class TensorBoard:
    """Event files, by tensorboardX (the extra `tensorboard`)."""

    def __init__(self, folder: Path) -> None:
        try:
            from tensorboardX import SummaryWriter
        except ImportError:
            raise UserError("--tensorboard needs the extra: pip install 'divas_jax[tensorboard]'") from None
        self.events = SummaryWriter(str(folder))

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Adds the numbers as TensorBoard's scalars."""
        for name, value in values.items():
            self.events.add_scalar(name, value, step)

    def close(self) -> None:
        """Closes the event file."""
        self.events.close()


class Terminal:
    """A progress bar with windows/s and time left, and a line for every log and evaluation."""

    def __init__(self, console: Console, steps: int, start: int) -> None:
        self.console = console
        self.progress = Progress(
            TextColumn("training"),
            BarColumn(),
            TextColumn("step {task.completed:.0f}/{task.total:.0f}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
        )
        self.task = self.progress.add_task("training", total=steps, completed=start)
        self.progress.start()

    def advance(self, step: int) -> None:
        """Moves the bar."""
        self.progress.update(self.task, completed=step)

    def expect(self, steps: int) -> None:
        """Sets the bar's length."""
        self.progress.update(self.task, total=steps)

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Prints a line; the names end with their unit in the JSONL file, here the unit follows the number."""
        shown = "  ".join(_in_words(name, value) for name, value in values.items() if name not in UNSAID)
        self.progress.console.print(f"step {step:>6}  {shown}")

    def say(self, sentence: str) -> None:
        """Prints a sentence."""
        self.progress.console.print(sentence)

    def close(self) -> None:
        """Leaves the bar as it stands."""
        self.progress.stop()


class Stopwatch:
    """Rates between two readings."""

    def __init__(self) -> None:
        self.last = time.perf_counter()

    def lap(self) -> float:
        """Seconds since the last lap (or the start)."""
        now = time.perf_counter()
        elapsed, self.last = now - self.last, now
        return elapsed


class Writers:
    """Several writers as one; only the first process writes. Use it as a context manager."""

    def __init__(self, *writers: Any) -> None:
        self.writers = writers

    def __enter__(self) -> "Writers":
        return self

    def __exit__(self, *_: object) -> None:
        for writer in self.writers:
            writer.close()

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Hands the numbers to each."""
        for writer in self.writers:
            writer.write(step, values)

    def advance(self, step: int) -> None:
        """Moves the terminal's bar."""
        for writer in self.writers:
            if isinstance(writer, Terminal):
                writer.advance(step)

    def expect(self, steps: int) -> None:
        """Tells the terminal how many steps the run has, as known now."""
        for writer in self.writers:
            if isinstance(writer, Terminal):
                writer.expect(steps)

    def say(self, sentence: str) -> None:
        """Tells the terminal."""
        for writer in self.writers:
            if isinstance(writer, Terminal):
                writer.say(sentence)


def _in_words(name: str, value: float) -> str:
    if name.rpartition("/")[2] in SHARES:
        return f"{name} {value:.1%}"
    if name.endswith("_per_s"):
        return f"{value:,.4g} {name.removesuffix('_per_s')}/s"
    return f"off by {value:.1f} ms" if name == "mean_abs_ms" else f"{name} {value:.3g}"
