"""How commands end: by signals, and where nobody reads what they say any more."""

import os
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
