"""How commands end: by signals, and where nobody reads what they say any more."""

import contextlib
import os
import pty
import re
import signal
import subprocess
import sys
import time

import pytest

WAITING = """
import sys, tempfile, time
from divas_jax.command import console, run

def main():
    with tempfile.TemporaryDirectory(dir=sys.argv[1]):
        console.print("ready")
        sys.stdout.flush()
        time.sleep(60)

sys.exit(run(main))
"""

TALKING = """
import sys
from divas_jax.command import console, run

def main():
    for number in range(100_000):
        {say}

sys.exit(run(main))
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_with_nothing_left(tmp_path, number, code):
    with subprocess.Popen(
        [sys.executable, "-c", WAITING, tmp_path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "ready\n"
        assert len(os.listdir(tmp_path)) == 1
        process.send_signal(number)
        try:
            _, told = process.communicate(timeout=20)
        finally:
            process.kill()
        assert process.returncode == code
        assert told.startswith("stopped ")
    assert os.listdir(tmp_path) == []


BAR = """
from divas_jax.command import console, errors, progress_bar
with progress_bar() as progress:
    progress.add_task("file", total=2, completed=1)
    progress.refresh()
    console.print("an answer")
    errors.print("a warning")
"""


def test_answers_and_warnings_stand_on_lines_of_their_own_beside_a_bar():
    """On a terminal, seen through a pseudo-terminal: no answer may follow the bar on its line."""
    reader, writer = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "80"}
    with subprocess.Popen([sys.executable, "-c", BAR], stdout=writer, stderr=writer, env=environment) as process:
        os.close(writer)
        said = b""
        with contextlib.suppress(OSError):  # the end of a terminal
            while piece := os.read(reader, 4096):
                said += piece
        assert process.wait(20) == 0
    os.close(reader)
    for sentence in ("an answer", "a warning"):
        before = said.decode().split(sentence)[0]
        assert re.search(r"(\n|\r|\x1b\[2K|\x1b\[1A)$", before), before[-40:]


@pytest.mark.parametrize("say", ["console.print(number)", "print(number, flush=True)", "print(number)"])
def test_a_reader_who_leaves_ends_it_quietly(say):
    with subprocess.Popen(
        [sys.executable, "-c", TALKING.format(say=say)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "0\n"
        process.stdout.close()
        assert process.wait(20) == 141
        assert process.stderr.read() == ""


def test_the_handler_goes_with_the_command():
    from divas_jax.command import TerminatedError, run

    earlier = signal.getsignal(signal.SIGTERM)

    def main() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)

    assert run(main) == 143
    assert signal.getsignal(signal.SIGTERM) is earlier
    assert issubclass(TerminatedError, KeyboardInterrupt)
