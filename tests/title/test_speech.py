"""Where somebody speaks: the same however the sound is cut into blocks, and nothing where nobody does."""

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from divas_jax.talkers import make_talker
from divas_jax.title.speech import PADDING, SpeechFinder, speech_spans


@pytest.fixture(scope="module")
def voice():
    """2 s of silence, 3 s of a voice, 2 s of silence, at 44.1 kHz."""
    talker = make_talker(5, fps=Fraction(25), sample_rate=44100, duration=Fraction(3), size=16, distractions=False)
    return np.concatenate([np.zeros(88200, np.float32), talker.samples, np.zeros(88200, np.float32)])


def test_a_voice_is_found_where_it_is(voice):
    spans = speech_spans(voice, 44100, Fraction(10))
    assert spans
    assert float(spans[0].start) == pytest.approx(12 - PADDING, abs=0.6)  # a talker may begin with a pause
    assert float(spans[-1].end) == pytest.approx(15 + PADDING, abs=0.6)
    assert sum(float(span.end - span.start) for span in spans) > 2
    assert all(span.start < span.end for span in spans)


@pytest.mark.parametrize("block", [100, 1024, 44100])
def test_blocks_do_not_matter(voice, block):
    finder = SpeechFinder(44100, Fraction(0))
    told = Fraction(-1)
    for first in range(0, len(voice), block):
        finder.add(voice[first : first + block])
        assert finder.known_until >= told
        told = finder.known_until
    finder.finish()
    assert finder.spans() == speech_spans(voice, 44100)


def test_what_is_said_after_a_time_is_the_end_of_all_that_is_said(voice):
    finder = SpeechFinder(44100, Fraction(0))
    sound = np.tile(voice, 3)
    for first in range(0, len(sound), 11_025):
        finder.add(sound[first : first + 11_025])
        for after in (finder.heard_until - Fraction(quarters, 4) for quarters in range(40)):
            assert finder.spans(after) == [span for span in finder.spans() if span.end > after]
    assert len(finder.spans()) >= 3


@pytest.mark.parametrize("sample_rate", [8000, 16000, 48000])
def test_silence_is_no_speech(sample_rate):
    rng = np.random.default_rng(0)
    for samples in (np.zeros(2 * sample_rate), 1e-3 * rng.standard_normal(2 * sample_rate), np.zeros(10), np.zeros(0)):
        assert speech_spans(samples.astype(np.float32), sample_rate) == []


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted where Linux lists them")
def test_the_detector_starts_no_threads():
    """Its four would spin beside decoding and judging, and take sixteen times as long as one."""
    code = (
        "import os, numpy as np; from divas_jax.title.speech import NESTING, speech_spans\n"
        "count = lambda: len(os.listdir('/proc/self/task'))\n"
        "speech_spans(np.zeros(0, np.float32), 16000); before = count()\n"
        "speech_spans(np.full(16000, 0.1, np.float32), 16000)\n"
        "print(count() - before, os.environ.get(NESTING))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "None"]
