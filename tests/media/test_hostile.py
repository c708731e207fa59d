"""Files that ask for too much get one sentence or an honest pass, in little time and memory."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hostile import written

MOST_GIB = 1.5
"""What a file may cost; includes the voice detector and what else is imported."""

READER = """
import json, resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
from divas_jax.errors import UserError
from divas_jax.title.scan import Scan
from divas_jax.title.watching import WholePictures
for name in sys.argv[1:]:
    said = ""
    try:
        for scene in Scan(Path(name), lambda stages: WholePictures(16, stages)):
            pass
    except UserError as error:
        said = str(error)
    except Exception as error:
        said = f"TRACEBACK {type(error).__name__} {error}"
    lines = Path("/proc/self/status").read_text().splitlines()  # what getrusage tells begins with the parent's memory
    peak = sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 2**20
    print(json.dumps([name, said, peak]), flush=True)
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
        said, peak = found[str(path)]
        assert "TRACEBACK" not in said, (path, said)
        assert sentence in said, (path, said)
        assert not said or Path(path).name in said
        assert "\n" not in said
        assert peak < MOST_GIB, (path, peak)
