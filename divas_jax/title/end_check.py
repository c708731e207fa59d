"""Whether a repaired copy holds all the sound that it was meant to hold, where it was meant to be."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float

from divas_jax.errors import UserError
from divas_jax.media.container import open_media
from divas_jax.media.heard_sound import HeardSound, opened_sound
from divas_jax.media.held import container_of
from divas_jax.media.sound_stream import SoundStream
from divas_jax.title.repair import Repair, parts_of

STEP_S = 0.05
"""The level of the sound is looked at so often (s)."""

AUDIBLE_DB, FALLEN_DB = -50.0, 20.0
"""Sound above the one level (dB of full scale) that has fallen by more than the other is lost."""

AROUND_S = 0.15
"""It is looked for so far (s) around where it should be: codecs and stretching smear."""

MOST_LOST_S = 0.25
"""So much may be lost (s): at cuts the sound fades."""


def check_copy(
    file: Path, partial: Path, out: Path, repair: Repair, cut_times: Sequence[float], heard: HeardSound
) -> None:
    """Compares the levels of a sound with those of its copy, by time.

    Args:
      file: that was read.
      partial: the copy.
      out: what the copy will be called.
      repair: what was done.
      cut_times: of its cuts (s).
      heard: the sound.

    Raises:
      UserError: sound is missing in the copy; it must not be kept.
    """
    times, level = _levels(file, heard.index)
    copied_times, copied = _levels(partial, _place_in_copy(partial, out, heard))
    meant = _moved(times, repair, cut_times, heard)
    reach = round(AROUND_S / STEP_S)
    place = np.round((np.where(np.isfinite(meant), meant, 0) - copied_times[0]) / STEP_S).astype(int)
    places = place[:, None] + np.arange(-reach, reach + 1)
    inside = (places >= 0) & (places < len(copied))
    copied_level = np.where(inside, copied[np.clip(places, 0, len(copied) - 1)], -np.inf).max(1)
    lost = np.isfinite(meant) & (level > AUDIBLE_DB) & (copied_level < level - FALLEN_DB)
    if lost.sum() * STEP_S > MOST_LOST_S:
        seconds, first = lost.sum() * STEP_S, float(times[np.flatnonzero(lost)[0]])
        raise UserError(
            f"{out} would lack {seconds:.1f} s of sound that {file} has (from {first:.1f} s on), so nothing is written"
        )


def _place_in_copy(partial: Path, out: Path, heard: HeardSound) -> int:
    """The index of the stream there: transport streams have the sound that is meant first."""
    number = 0 if container_of(out) == "mpegts" else heard.number
    with open_media(partial) as media:
        return media.container.streams.audio[number].index


def _levels(file: Path, index: int) -> tuple[Float[np.ndarray, " L"], Float[np.ndarray, " L"]]:
    """The middle of each step (s) and its level (dB of full scale), of one track."""
    with opened_sound(file, index) as media:
        stream = SoundStream(media)
        step, left, powers = max(1, round(STEP_S * stream.sample_rate)), np.zeros(0, np.float32), []
        for block in stream.blocks():
            left = np.concatenate([left, block])
            whole = len(left) // step * step
            powers.append(np.square(left[:whole].reshape(-1, step), dtype=np.float64).mean(1))
            left = left[whole:]
        powers.append(np.square(left, dtype=np.float64).mean(keepdims=True) if len(left) else np.zeros(0))
        power = np.concatenate(powers)
        times = float(stream.start) + (np.arange(len(power)) + 0.5) * step / stream.sample_rate
    return times, 10 * np.log10(power + 1e-12)


def _moved(
    times: Float[np.ndarray, " L"], repair: Repair, cut_times: Sequence[float], heard: HeardSound
) -> Float[np.ndarray, " L"]:
    """Where each moment of the sound should be heard in the copy (s); NaN for what is cut off on purpose."""
    start, rate = float(heard.start), heard.sample_rate
    samples = (times - start) * repair.ratio * rate
    meant = np.full(len(times), np.nan)
    for part in parts_of(repair, cut_times, start, rate, heard.lead):
        margin = STEP_S * rate
        in_part = (samples >= part.first + margin) & (samples < (np.inf if part.last is None else part.last - margin))
        meant = np.where(in_part, start + (part.at + samples - part.first - heard.lead) / rate, meant)
    return meant
