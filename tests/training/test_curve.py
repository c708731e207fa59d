"""The picture of a run: drawn from what the run wrote, whatever it had got to."""

import json

from PIL import Image

from divas_jax.training.curve import plot_run


def test_a_run_becomes_a_picture(tmp_path):
    metrics, picture = tmp_path / "metrics.jsonl", tmp_path / "curve.png"
    plot_run(metrics, picture)
    assert not picture.exists()
    losses = [{"step": step, "loss": 3 / step} for step in (1, 2, 3, 2)]  # resumed at 2
    metrics.write_text("".join(json.dumps(line) + "\n" for line in losses))
    plot_run(metrics, picture)
    without = Image.open(picture).convert("RGB")
    shares = {"strict": 0.4, "undetectable": 0.5, "acceptable": 0.6}
    with metrics.open("a") as file:
        file.write(json.dumps({"step": 3, **shares}) + "\n")
    plot_run(metrics, picture)
    colours = {colour for _, colour in Image.open(picture).convert("RGB").getcolors(10**6)}
    assert (0x00, 0x72, 0xB2) in colours
    assert (0x00, 0x72, 0xB2) not in {colour for _, colour in without.getcolors(10**6)}
