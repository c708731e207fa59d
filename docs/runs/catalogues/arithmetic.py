"""Prints how many core-hours a million hours of titles take, from what docs/performance.md says was measured.

python docs/runs/catalogues/arithmetic.py   # the table of docs/catalogues.md
"""

import re
from pathlib import Path

PERFORMANCE = Path(__file__).resolve().parents[2] / "performance.md"
HOURS = 1_000_000
CORES = 1_000


def measured(pattern: str) -> list[float]:
    """The numbers that a pattern finds in docs/performance.md, once."""
    (found,) = re.findall(pattern, PERFORMANCE.read_text().replace("\n", " "))
    return [float(number) for number in (found if isinstance(found, tuple) else (found,))]


def row(how: str, core_hours: float) -> str:
    """One row: core-hours of an hour of titles, of all hours, and days on so many cores."""
    days = HOURS * core_hours / CORES / 24
    return f"| {how} | {core_hours:.2g} | {float(f'{HOURS * core_hours:.2g}'):,.0f} | {days:.2g} |"


def main() -> None:
    """Prints the table."""
    seconds, per_second = measured(r"A film of (\d+) s, 1080p, (\d+) frames/s")
    (now,) = measured(r"\| `score` \(frames/s\) \| \d+ \| (\d+) \|")
    (fast,) = measured(r"took (\d+) s where it takes \d+ without")
    (cores,) = measured(r"one run, on (\d) CPU cores")
    (pieces,) = measured(r"\| 512x288 \| two, as it comes \| \d+ \| (\d+) \|")
    print(f"| how | core-hours of one hour | core-hours of {HOURS:,} hours | days on {CORES:,} cores |")
    print("| --- | ---: | ---: | ---: |")
    print(row("every picture, 1080p", cores * per_second / now))
    print(row("the same with the extra `fast`", cores * fast / seconds))
    print(row("`--quick`, titles of two hours, 512x288", pieces / 3600 / 2))


if __name__ == "__main__":
    main()
