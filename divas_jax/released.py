"""Where the weights are that come with the package; naming them imports nothing."""

from pathlib import Path

RELEASED = Path(__file__).parent / "weights"
"""An exported folder, in versions that have one: for face crops."""

WHOLE_PICTURES = RELEASED / "whole_pictures"
"""The same for whole pictures (`--full-frame`)."""
