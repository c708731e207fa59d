"""Files that ask for too much get one sentence or an honest pass, in little time and memory."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hostile import written

MOST_S, MOST_GIB = 30.0, 1.5
"""What a file may cost; the memory includes the voice detector and what else is imported."""

READER = """
import json, resource, sys, time
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
from divas_jax.errors import UserError
from divas_jax.title.scan import Scan
from divas_jax.title.watching import WholePictures
for name in sys.argv[1:]:
    begin, said = time.monotonic(), ""
    try:
        for scene in Scan(Path(name), lambda stages: WholePictures(16, stages)):
            pass
    except UserError as error:
        said = str(error)
    except Exception as error:
        said = f"TRACEBACK {type(error).__name__} {error}"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps([name, said, time.monotonic() - begin, peak]), flush=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux' limits of memory, pipes and devices")
def test_what_asks_for_too_much_costs_little(tmp_path):
    meant = written(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", READER, *map(str, meant)], capture_output=True, text=True, timeout=120, check=False
    )
    found = {name: rest for name, *rest in map(json.loads, done.stdout.splitlines())}
    assert set(found) == set(map(str, meant)), done.stderr
    for path, sentence in meant.items():
        said, seconds, peak = found[str(path)]
        assert "TRACEBACK" not in said, (path, said)
        assert sentence in said, (path, said)
        assert not said or Path(path).name in said
        assert "\n" not in said
        assert (seconds < MOST_S, peak < MOST_GIB) == (True, True), (path, seconds, peak)
