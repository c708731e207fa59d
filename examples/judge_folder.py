"""Every media file of a folder judged: shots, speech and faces are found, one row a file comes out.

    python examples/judge_folder.py FILMS answers.csv

`divas score FILMS --csv answers.csv` does the same with processes, a journal and exit codes.
"""

import sys
from fractions import Fraction
from pathlib import Path

import divas_jax
from divas_jax.sync.tolerances import UNDETECTABLE
from divas_jax.title.batch import FileJudge, Settings, media_files
from divas_jax.title.file_record import csv_text


def main(folder: Path, out: Path) -> None:
    """Writes `out`."""
    settings = Settings(face_model=None, full_frame=False, search=Fraction(3, 5), fineness=1, tolerance=UNDETECTABLE)
    judge = FileJudge(divas_jax.load(), settings)
    records = [judge.record(file) for file in media_files([folder])]
    out.write_text(csv_text(records))
    for record in records:
        print(record["file"], record["words"] or record["reason"] or record["error"])


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
