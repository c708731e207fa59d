"""Clips cut into the padded rows that the model reads (3.1, 3.2): exact times in, floats out."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import ceil

import numpy as np
from jaxtyping import Float32, UInt8

from divas_jax.clip import Clip, PictureBatch, Rung, SoundBatch
from divas_jax.config import DataConfig, ModelConfig, ViewConfig
from divas_jax.data.ladder import ladder_of, window_shape
from divas_jax.data.view import seen
from divas_jax.errors import UserError
from divas_jax.rates import SOUND_PATCH, frames_in, patches_in

SLOWEST_FPS = Fraction(20)
"""Frame rate (frames/s) down to which the first rung's padding holds every window."""

SILENCE = 1e-5
"""Root mean square below which a clip is silent (-100 dBFS, under one step of 16 bits)."""


def segment_shape(rung: Rung, previous: Rung | None, windows: int, spacing: int) -> tuple[int, int]:
    """Padded frames T and samples S of a segment of `windows` windows, `spacing` frames apart.

    S holds the slowest frame rate that comes to this rung at its highest
    sample rate. Where the next smaller rung takes every slower clip, that is
    the first rate above it; otherwise `SLOWEST_FPS`. Windows of a slower clip
    that do not fit are masked by `sound_row`.
    """
    takes_slower = previous is not None and previous.patches >= rung.patches and previous.frames < rung.frames
    slowest = (previous.frames + Fraction(1, 2)) / rung.window if previous and takes_slower else SLOWEST_FPS
    highest = rung.patches * SOUND_PATCH / rung.window
    seconds = (windows - 1) * spacing / slowest + rung.window
    return (windows - 1) * spacing + rung.frames, ceil(seconds * highest) + SOUND_PATCH


def padded_shape(model: ModelConfig, data: DataConfig, rung: Rung) -> tuple[int, int]:
    """`segment_shape` of the training segments on one of the ladder's rungs."""
    rungs = ladder_of(model, data)
    index = rungs.index(rung)
    return segment_shape(rung, rungs[index - 1] if index else None, data.windows, data.spacing)


def window_starts(clip: Clip, rung: Rung, data: DataConfig, rng: np.random.Generator) -> range:
    """First frames of the windows of a random segment; all of them lie within picture and sound.

    Raises:
      UserError: the clip has other rates than its record says, or no such window.
    """
    length, patches, _ = shape = window_shape(clip.fps, clip.sample_rate, rung.window)
    if not rung.fits(shape):
        raise UserError(f"{clip.name} decodes to other rates than its record says: prepare the data again")
    last = len(clip.frames) - length
    low = next((start for start in range(last + 1) if _has_sound(clip, start, patches)), None)
    if low is None:
        raise UserError(f"{clip.name} has no window of {float(rung.window):g} s with picture and sound")
    total = next(start for start in range(last, -1, -1) if _has_sound(clip, start, patches)) - low + 1
    count = min(data.windows, (total - 1) // data.spacing + 1)
    first = low + int(rng.integers(total - (count - 1) * data.spacing))
    return range(first, first + (count - 1) * data.spacing + 1, data.spacing)


def _has_sound(clip: Clip, start: int, patches: int) -> bool:
    sample = clip.sample_at(clip.frame_time(start))
    return 0 <= sample <= len(clip.samples) - patches * SOUND_PATCH


def picture_row(
    clip: Clip,
    frames: UInt8[np.ndarray, "n H W 3"],
    first: int,
    starts: Sequence[int],
    *,
    window: Fraction,
    frames_padded: int,
    windows_padded: int,
) -> PictureBatch:
    """One row of a `PictureBatch` (no leading axis).

    Args:
      clip: gives the times and the frame rate.
      frames: what is seen of the clip's frames `first`, `first` + 1, …
      first: index in the clip of the first of `frames`.
      starts: index in the clip of each window's first frame.
      window: how long each is (s).
      frames_padded: T.
      windows_padded: Wv; at least as many as `starts`.

    Returns:
      The row. A window is masked unless all its F frames are among `frames`.

    Raises:
      ValueError: more frames or windows than the padding holds.
    """
    count, length = len(frames), frames_in(window, clip.fps)
    if count > frames_padded or len(starts) > windows_padded:
        raise ValueError(f"{count} frames, {len(starts)} windows exceed the padding {frames_padded}, {windows_padded}")
    padded = np.zeros((frames_padded, *frames.shape[1:]), np.uint8)
    padded[:count] = frames
    times = np.zeros(frames_padded, np.float32)
    pts = clip.frame_pts[first : first + count]
    # Whole numbers up to the one division: the float is the exact time's nearest.
    times[:count] = (pts - pts[:1]) * clip.time_base.numerator / clip.time_base.denominator
    start = np.zeros(windows_padded, np.int32)
    start[: len(starts)] = np.asarray(starts, np.int32) - first
    real = (np.arange(windows_padded) < len(starts)) & (start >= 0) & (start + length <= count)
    return PictureBatch(
        frames=padded,
        times=times,
        frame_mask=np.arange(frames_padded) < count,
        start=np.where(real, start, 0).astype(np.int32),
        length=np.int32(length),
        window_mask=real,
    )


def sound_row(
    clip: Clip,
    window_times: Sequence[Fraction | None],
    *,
    window: Fraction,
    samples_padded: int,
    windows_padded: int,
    gain: float,
) -> SoundBatch:
    """One row of a `SoundBatch` (no leading axis).

    Args:
      clip: gives the sound.
      window_times: exact time (s) at which each window starts; None masks one.
      window: how long each is (s).
      samples_padded: S.
      windows_padded: Wa; at least as many as `window_times`.
      gain: what the samples are multiplied by (`loudness_gain`).

    Returns:
      The row, whose samples begin with the earliest real window. A window is
      masked unless all its M patches are inside the clip's sound and within
      S samples of the earliest one.

    Raises:
      ValueError: more windows than the padding holds.
    """
    row, origin, end = place_sound(
        clip, window_times, window=window, samples_padded=samples_padded, windows_padded=windows_padded
    )
    samples = np.zeros(samples_padded, np.float32)
    samples[: max(0, end - origin)] = clip.samples[origin:end] * np.float32(gain)
    return row._replace(samples=samples)


def place_sound(
    clip: Clip,
    window_times: Sequence[Fraction | None],
    *,
    window: Fraction,
    samples_padded: int,
    windows_padded: int,
) -> tuple[SoundBatch, int, int]:
    """`sound_row` without its samples, and which of the clip's samples belong there (first, one after the last).

    Raises:
      ValueError: more windows than the padding holds.
    """
    if len(window_times) > windows_padded:
        raise ValueError(f"{len(window_times)} windows exceed the padding {windows_padded}")
    patches = patches_in(window, clip.sample_rate)
    size = patches * SOUND_PATCH
    start = np.zeros(windows_padded, np.int64)
    lead = np.zeros(windows_padded, np.float32)
    real = np.zeros(windows_padded, bool)
    for index, time in enumerate(window_times):
        if time is None:
            continue
        start[index] = sample = clip.sample_at(time)
        lead[index] = float(clip.sample_time(sample) - time)
        real[index] = patches > 0 and 0 <= sample <= len(clip.samples) - size
    origin = int(start[real].min()) if real.any() else 0
    real &= start + size <= origin + samples_padded
    row = SoundBatch(
        samples=np.zeros(0, np.float32),
        sample_rate=np.float32(clip.sample_rate),
        start=np.where(real, start - origin, 0).astype(np.int32),
        lead=np.where(real, lead, np.float32(0)),
        length=np.int32(patches),
        window_mask=real,
    )
    return row, origin, int(start[real].max()) + size if real.any() else origin


def loudness_gain(samples: Float32[np.ndarray, " S"]) -> float:
    """Gain that brings a whole clip to a root mean square of 1; 1 for silence.

    One number for the whole clip, so that a pause stays a pause, and the same
    clip recorded louder or softer looks the same to the model.
    """
    rms = root_mean_square(samples)
    return 1 / rms if SILENCE < rms < np.inf else 1.0


def root_mean_square(samples: Float32[np.ndarray, " S"]) -> float:
    """The root mean square of a clip's sound; 0 where there is none."""
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0


def picture_chunks(
    clip: Clip, view: ViewConfig, size: int, *, windows: int, rung: Rung, spacing: int = 1
) -> Iterator[PictureBatch]:
    """Every picture window of a clip, or each `spacing`-th, in rows of `windows` of them.

    The window that starts at frame (r * `windows` + w) * `spacing` is window w
    of row r; each row has the padded frames of `segment_shape`. Nothing comes
    of a clip with fewer frames than one window.

    Raises:
      ValueError: the clip's windows have more frames than the rung.
    """
    length = frames_in(rung.window, clip.fps)
    if length > rung.frames:
        raise ValueError(f"{clip.name}: windows of {length} frames do not fit a rung of {rung.frames}")
    total, padded = len(clip.frames) - length + 1, segment_shape(rung, None, windows, spacing)[0]
    for first in range(0, total, windows * spacing):
        starts = range(first, min(first + windows * spacing, total), spacing)
        frames = seen(clip.frames[first : starts[-1] + length], view, size)
        yield picture_row(clip, frames, first, starts, window=rung.window, frames_padded=padded, windows_padded=windows)


def chunk_samples(times: Sequence[Fraction], sample_rate: int, *, windows: int, window: Fraction) -> int:
    """Samples that the longest run of `windows` of these increasing times (s) needs, windows of `window` s included."""
    last = [times[min(first + windows, len(times)) - 1] - times[first] for first in range(0, len(times), windows)]
    return ceil((max(last, default=Fraction(0)) + window) * sample_rate) + 1


def sound_chunks(clip: Clip, times: Sequence[Fraction], *, windows: int, rung: Rung) -> Iterator[SoundBatch]:
    """Sound windows at increasing `times` (s), in rows of `windows` consecutive ones.

    Window number r * `windows` + w starts at `times[r * windows + w]` and is
    window w of row r, masked where the clip has no sound. Loudness is that of
    the whole clip. Rows are padded to `segment_shape`, which for the frames'
    times, or a finer grid, is one shape for the whole rung. Where a row needs
    more, they are padded to the power of two above `chunk_samples`, so that no
    window is lost and shapes stay few.

    Args:
      clip: gives the sound.
      times: increasing; a regular grid, or the frames' own times.
      windows: windows in a row.
      rung: holds the clip's sound patches.

    Raises:
      ValueError: the windows have more patches than the rung.
    """
    patches = patches_in(rung.window, clip.sample_rate)
    if patches > rung.patches:
        raise ValueError(f"{clip.name}: windows of {patches} patches do not fit a rung of {rung.patches}")
    needed = chunk_samples(times, clip.sample_rate, windows=windows, window=rung.window)
    padded = segment_shape(rung, None, windows, 1)[1]
    if needed > padded:
        padded = 1 << (needed - 1).bit_length()
    gain = loudness_gain(clip.samples)
    for first in range(0, len(times), windows):
        row = times[first : first + windows]
        yield sound_row(clip, row, window=rung.window, samples_padded=padded, windows_padded=windows, gain=gain)
