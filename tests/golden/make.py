"""`python tests/golden/make.py`: writes the golden files anew, for a change that is meant to change them.

Say in the commit which numbers moved, and why.
"""

import json
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1])]
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import numpy as np  # noqa: E402
from golden_values import ARRAYS, verdict  # noqa: E402


def main() -> None:
    for name, values in ARRAYS.items():
        np.savez_compressed(HERE / f"{name}.npz", **values())
    (HERE / "verdict.json").write_text(json.dumps(verdict(), indent=2) + "\n")


if __name__ == "__main__":
    main()
