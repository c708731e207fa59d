"""`python -m divas_jax.watch SOURCE`: the rolling offset of a growing file, a pipe (`-`) or a stream's address.

A line every few seconds, or with --json a JSON line; an alarm when the offset has been out of the tolerance for
--alarm-after seconds, and word when it is back. Lost input is told and taken up again. Ctrl-C ends with a summary. The
exit code is 0 if it never rang, 1 if it did, 2 on bad input, and 3 if there was never enough evidence.
"""

import argparse
import json
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from divas_jax.command import command_parser, console, run
from divas_jax.errors import UserError
from divas_jax.title_arguments import add_judging_arguments, check_judging_arguments, judging_settings, real

if TYPE_CHECKING:
    from divas_jax.title.rolling_answer import Alarm, Rolling, StreamEvent

PATIENCE_S = 10.0
"""A file that has not grown for so long has ended (s), unless told."""

_EXAMPLES = (
    "divas watch https://example.org/live.m3u8               # a line every eight seconds",
    "divas watch recording.ts --tolerance 125:45 --alarm-after 30",
    "divas watch - --json                                    # of a pipe, as JSON lines",
)

_EXIT_CODES = "exit code: 0 it raised no alarm, 1 it did, 2 the source cannot be used, 3 there was never enough to tell"


def main() -> int:
    """Watches the source of the command line."""
    arguments = _parser().parse_args()
    _check(arguments)

    from divas_jax.loading import load_judge  # late: bad arguments start no JAX
    from divas_jax.media.live_pieces import live_chunks, source_kind
    from divas_jax.media.tracks import Wish
    from divas_jax.title.batch import FileJudge
    from divas_jax.title.rolling_answer import Alarm, Reader, Rolling

    settings = judging_settings(arguments)
    wish = settings.wish
    settings = replace(settings, wish=Wish(channel=wish.channel))  # a piece holds no more than what was chosen
    rolling = Rolling(FileJudge(load_judge(arguments.checkpoint), settings), arguments.window)
    watch = _Watch(arguments, rolling, Alarm(settings.tolerance, arguments.alarm_after))
    with tempfile.TemporaryDirectory(prefix="divas-watch-") as folder:

        def chunks(wanted: Any) -> Any:
            source, pieces = arguments.source, Path(folder)
            return live_chunks(source, pieces, arguments.every, arguments.patience, wanted, arguments.give_up, wish)

        watch.begin()
        try:
            with Reader(chunks, source_kind(arguments.source), arguments.give_up) as reader:
                for event in reader:
                    watch.hear(event)
        except KeyboardInterrupt:
            pass  # the usual end
    return watch.end()


class _Watch:
    """Says what is heard, line by line."""

    def __init__(self, arguments: argparse.Namespace, rolling: "Rolling", alarm: "Alarm") -> None:
        self._arguments, self._rolling, self._alarm = arguments, rolling, alarm
        self._answered = self._judged = self._skipped = self._lost = 0
        self._failure = ""

    def begin(self) -> None:
        """Says what the columns are; the first answer takes a while."""
        if not self._arguments.json:
            heading = f"watching {self._arguments.source}: what its last {self._arguments.window:g} s say together"
            console.print(f"{escape(heading)} (Ctrl-C ends)", soft_wrap=True)
            console.print("[bold]time of day  in the stream  the sound[/]", soft_wrap=True)

    def hear(self, event: "StreamEvent") -> None:
        """Judges a short file, or tells what happened."""
        if event.kind == "lost":
            self._lost += 1
            self._begin_anew()
            self._line("lost", f"[yellow]input lost[/]: {escape(event.reason)}", error=event.reason)
        elif event.kind == "skipped":
            self._skipped += 1
            self._line("skipped", "[yellow]left out[/]: judging is slower than the stream")
        elif event.kind == "chunk":
            self._judge(event)
        elif event.reason and not self._judged:
            self._failure = event.reason
        elif event.reason:
            self._lost += 1
            self._line("lost", f"[yellow]input lost[/]: {escape(event.reason)}", error=event.reason)

    def _judge(self, event: "StreamEvent") -> None:
        from divas_jax.title.rolling_answer import discard
        from divas_jax.title.scenes import SHORTEST
        from divas_jax.title.stream_records import alarm_record, piece_record

        chunk = event.chunk
        assert chunk is not None
        if chunk.seconds < SHORTEST:  # the scrap at the end
            discard(chunk)
            return
        began = time.monotonic()
        if self._rolling.jumps(chunk):
            self._begin_anew()
        try:
            answer = self._rolling.add(chunk)
        finally:
            discard(chunk)
        self._judged += 1
        now = chunk.start + chunk.seconds
        judgement = self._rolling.judgement(self._arguments.source)
        self._answered += judgement is not None
        change = self._alarm.update(now, None if judgement is None else judgement.offset_ms)
        words = "cannot tell yet" if judgement is None else judgement.words
        colour = "yellow" if judgement is None else "green"
        if self._alarm.ringing:
            colour = "red"
        shown = f"{_clock(now):>13}  [{colour}]{escape(words)}[/]  ({_counted(len(self._rolling.scenes), 'scene')})"
        record = piece_record(chunk, answer, judgement) | {"counts": {"scenes": len(self._rolling.scenes)}}
        took = round(time.monotonic() - began, 3)
        self._line("offset", shown, **record, alarm=self._alarm.ringing, judging_s=took)
        if change and judgement is not None:
            seconds = now - (self._alarm.since or now)
            texts = {
                "alarm": f"[bold red]ALARM[/]: out of the tolerance for {seconds:.0f} s: {escape(words)}",
                "clear": f"[bold green]back within the tolerance[/]: {escape(words)}",
            }
            self._line(change, texts[change], **alarm_record(chunk, judgement))

    def _begin_anew(self) -> None:
        self._rolling.begin_anew()
        self._alarm.begin_anew()

    def end(self) -> int:
        """The summary, and the exit code.

        Raises:
          UserError: nothing could be read at all.
        """
        if self._failure:
            raise UserError(self._failure)
        judged, lost = _counted(self._judged, "piece"), _counted(self._lost, "time")
        rang = _counted(self._alarm.rang, "alarm")
        text = f"{judged} judged, {self._skipped} left out, input lost {lost}, {rang}"
        self._line("end", text, judged=self._judged, skipped=self._skipped, lost=self._lost, alarms=self._alarm.rang)
        if self._alarm.rang:
            return 1
        return 0 if self._answered else 3

    def _line(self, kind: str, text: str, **values: Any) -> None:
        from divas_jax.title.stream_records import event_record

        now = datetime.now(UTC)
        if self._arguments.json:
            print(json.dumps(event_record(kind, now, values)), flush=True)
        else:
            console.print(f"{now.astimezone():%H:%M:%S}     {text}", soft_wrap=True)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _clock(seconds: float) -> str:
    from divas_jax.title.verdict import clock

    return clock(seconds)


def _parser() -> argparse.ArgumentParser:
    what = "Says every few seconds how far the sound of a live stream is from its picture, and raises an alarm."
    parser = command_parser("divas watch", what, _EXAMPLES, _EXIT_CODES)
    add = parser.add_argument
    add("source", metavar="SOURCE", help="a file that still grows, - for a pipe, or an address (HLS, RTMP, UDP, SRT …)")
    add(
        "--every",
        type=real,
        default=8.0,
        metavar="S",
        help="seconds judged at once, and between two answers (8)",
    )
    add("--window", type=real, default=60.0, metavar="S", help="an answer is about the last S seconds (60)")
    add(
        "--alarm-after",
        type=real,
        default=10.0,
        metavar="S",
        help="alarm after S seconds out of the tolerance (10)",
    )
    add("--give-up", type=real, default=float("inf"), metavar="S", help="end after S seconds without input (never)")
    add(
        "--patience",
        type=real,
        default=PATIENCE_S,
        metavar="S",
        help="a file that does not grow for S seconds has ended (10)",
    )
    add("--json", action="store_true", help="JSON lines instead of words")
    add_judging_arguments(parser)
    return parser


def _check(arguments: argparse.Namespace) -> None:
    from divas_jax.media.live_pieces import checked_source, source_kind

    check_judging_arguments(arguments)
    if arguments.program is not None and source_kind(arguments.source) == "address":
        raise UserError(
            f"--program is for files and pipes: ffmpeg -i ADDRESS -map 0:p:{arguments.program} -c copy -f mpegts - | "
            "divas watch - takes one programme out of a stream"
        )
    for option in ("every", "window", "give_up", "patience"):
        if getattr(arguments, option) <= 0:
            raise UserError(f"--{option.replace('_', '-')} must be above 0")
    if arguments.alarm_after < 0:
        raise UserError("--alarm-after must be 0 or more")
    checked_source(arguments.source)


if __name__ == "__main__":
    sys.exit(run(main))
