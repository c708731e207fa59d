"""How often titles of few and of many scenes are called intermittent that are, and that are not.

    python docs/runs/titles/steps.py

Scenes err by 18 ms and lean together by 8; of those that are sure by themselves 97 % are right, of the others 70 %;
wrong ones are anywhere within 600 ms. A title with a step is in sync for its first third and 200 ms late then.
"""

import numpy as np

from divas_jax.sync.predictions import Prediction
from divas_jax.title.timeline import judge_title

TITLES = 150
SCENES = (4, 6, 8, 16, 40, 150)
STEP_MS = -200.0


def main() -> None:
    """Prints a line for each number of scenes."""
    for scenes in SCENES:
        rng = np.random.default_rng(scenes)
        steady, stepped = (sum(_is_intermittent(rng, scenes, step) for _ in range(TITLES)) for step in (0.0, STEP_MS))
        print(
            f"{scenes} scenes: {stepped / TITLES:.0%} of steps found, {steady / TITLES:.1%} of steady titles torn apart"
        )


def _is_intermittent(rng: np.random.Generator, count: int, step_ms: float) -> bool:
    times = np.sort(rng.uniform(0, 4 * count, count))
    told = rng.random(count) < 0.75
    right = rng.random(count) < np.where(told, 0.97, 0.7)
    truth = np.where(np.arange(count) < max(2, count // 3), 0.0, step_ms) + rng.normal(0, 8)
    offsets = np.where(right, truth + rng.normal(0, 18, count), rng.uniform(-600, 600, count))
    scenes = [
        Prediction(time - 1, time + 1, offset, 1.0, 0.97 if sure else 0.5, sure)
        for time, offset, sure in zip(times.tolist(), offsets.tolist(), told.tolist(), strict=True)
    ]
    return judge_title(scenes, 0.0, 4.0 * count, 600.0).kind == "intermittent"


if __name__ == "__main__":
    main()
