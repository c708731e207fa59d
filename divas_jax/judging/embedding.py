"""Clips to embeddings, many at a time: every window runs through its encoder once (4.1)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import jax
import numpy as np
from jaxtyping import Bool, Float32, Int32

from divas_jax.clip import Clip, PictureBatch, Rung, SoundBatch, stack_rows
from divas_jax.config import Config, ModelConfig
from divas_jax.data.ladder import ladder_of, rung_for_any
from divas_jax.data.windows import picture_chunks, sound_chunks
from divas_jax.judging.known_sound import with_known_sound
from divas_jax.judging.programs import KeptProgram
from divas_jax.judging.sound_grid import SharedSound, SoundGrid, shared_sounds, sound_grid
from divas_jax.model.shapes import Parameters
from divas_jax.rates import WINDOW_SECONDS

FEWER, APART, FEWEST = (2, 4), Fraction(1, 12), 25
"""Where fewer windows will do, each second or fourth one, if these are at most so long apart (s) and at least so many:
neighbours overlap, and say much the same (docs/performance.md)."""

CACHED_TOKENS = 3200
"""Tokens of a batch on a CPU, at most: its caches hold what a layer makes of so many (docs/performance.md)."""

VARIABLE_RATE_GRID = 4
"""Sound windows per frame interval where frame times are irregular: none is further than an eighth from its frame."""

Row = PictureBatch | SoundBatch


@dataclass(frozen=True)
class ClipEmbeddings:
    """All windows of one clip in the common space.

    Attributes:
      pictures: one embedding a picture window.
      sounds: one embedding a sound window, on a regular grid of `step` seconds.
      sound_mask: which sound windows lie wholly inside the sound.
      aligned: the sound window that starts with (or nearest to) each picture window; may lie outside.
      lag: mean of picture window start - its aligned sound window's start (s); 0 at constant rates.
      step: seconds between two sound windows.
      steps_per_frame: sound windows in one frame interval.
      spacing: frames from one picture window to the next.
      window: how long each is (s).
    """

    pictures: Float32[np.ndarray, "Wv D"]
    sounds: Float32[np.ndarray, "Wa D"]
    sound_mask: Bool[np.ndarray, " Wa"]
    aligned: Int32[np.ndarray, " Wv"]
    lag: Fraction
    step: Fraction
    steps_per_frame: int
    spacing: int = 1
    window: Fraction = WINDOW_SECONDS


class Embedder:
    """Runs a model over whole clips, in padded batches; compiled once for each rung."""

    def __init__(self, config: Config, parameters: Parameters) -> None:
        """Takes weights from the host, or replicated over devices and processes; runs on one device of this process."""
        self.config = config
        self.parameters = jax.device_put(jax.tree.map(np.asarray, parameters), jax.local_devices()[0])
        self._trained = ladder_of(config.model, config.data)
        self.rungs = tuple(sorted(self._trained))
        self._cached = jax.local_devices()[0].platform == "cpu"

    def embed(
        self, clips: Sequence[Clip], reach_frames: int, fineness: int = 1, *, fewer: bool = False
    ) -> list[ClipEmbeddings]:
        """Embeds clips together.

        Args:
          clips: any rates; sound faster or slower than what was trained on is halved or doubled, pictures extend the
            ladder by a rung.
          reach_frames: frames each way that offsets will be searched (and moved).
          fineness: sound windows per frame interval; variable-rate clips take at least `VARIABLE_RATE_GRID`.
          fewer: leave out picture windows whose neighbours will do (`FEWER`).
        """
        clips = with_known_sound(clips, self._trained, self.config.data.min_sample_rate)
        per_frame = [fineness if clip.constant_rate else max(fineness, VARIABLE_RATE_GRID) for clip in clips]
        window, of_each = self.config.model.window, zip(clips, per_frame, strict=True)
        grids = [sound_grid(clip, window, reach_frames, count) for clip, count in of_each]
        rungs = [self._rung(clip) for clip in clips]
        of_all = zip(clips, grids, strict=True)
        spacings = [spacing_of(len(grid.aligned), clip.fps) if fewer else 1 for clip, grid in of_all]
        pictures = self._embed_pictures(clips, rungs, spacings)
        sounds = self._embed_sounds(clips, grids, rungs)
        return [
            ClipEmbeddings(
                pictures[index][0][: len(grid.aligned[::spacing])],
                *sounds[index],
                grid.aligned[::spacing],
                grid.lag,
                grid.step,
                per_frame[index],
                spacing,
                window,
            )
            for index, (grid, spacing) in enumerate(zip(grids, spacings, strict=True))
        ]

    def _embed_pictures(
        self, clips: Sequence[Clip], rungs: Sequence[Rung], spacings: Sequence[int]
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Embeddings and masks of each clip's pictures; clips that show the same pictures share them."""
        shown = [(id(clip.frames), clip.picture_start, rung.frames) for clip, rung in zip(clips, rungs, strict=True)]
        once = [shown.index(key) for key in dict.fromkeys(shown)]
        rows = self._picture_rows([(clips[index], rungs[index], spacings[index]) for index in once])
        done = dict(zip((shown[index] for index in once), self._run(_pictures, rows, len(once)), strict=True))
        return [done[key] for key in shown]

    def _embed_sounds(
        self, clips: Sequence[Clip], grids: Sequence[SoundGrid], rungs: Sequence[Rung]
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Embeddings and masks of each clip's grid; what clips share is embedded once."""
        shared = shared_sounds(clips, grids)
        one_rung = [rungs[min(each.first)] for each in shared]
        done = self._run(_sounds, self._sound_rows(shared, one_rung), len(shared))
        of_clip: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        for each, (embeddings, mask) in zip(shared, done, strict=True):
            for index, first in each.first.items():
                part = slice(first, first + len(grids[index].times))
                of_clip[index] = embeddings[part], mask[part]
        return [of_clip[index] for index in range(len(clips))]

    def _rung(self, clip: Clip) -> Rung:
        index, self.rungs = rung_for_any(clip.fps, clip.sample_rate, self.rungs, self.config.model.window)
        return self.rungs[index]

    def _picture_rows(self, clips: Sequence[tuple[Clip, Rung, int]]) -> Iterator[tuple[int, int, Row]]:
        """Of clips with their rungs and the frames from one window to the next."""
        view, size = self.config.view, self.config.model.size
        patches = (size // self.config.model.patch) ** 2
        for index, (clip, rung, spacing) in enumerate(clips):
            windows = self._windows(1 + rung.frames * patches)
            for row in picture_chunks(clip, view, size, windows=windows, rung=rung, spacing=spacing):
                yield index, rung.frames, row

    def _sound_rows(self, shared: Sequence[SharedSound], rungs: Sequence[Rung]) -> Iterator[tuple[int, int, Row]]:
        for index, (each, rung) in enumerate(zip(shared, rungs, strict=True)):
            windows = self._windows(1 + rung.patches)
            for row in sound_chunks(each.clip, each.times, windows=windows, rung=rung):
                yield index, rung.patches, row

    def _windows(self, tokens: int) -> int:
        """Windows of so many tokens that are embedded in one row: a power of two where the device is a CPU."""
        most = self.config.evaluate.windows
        return min(most, 1 << max(0, (CACHED_TOKENS // tokens).bit_length() - 1)) if self._cached else most

    def _run(
        self, embed: Callable[..., jax.Array], rows: Iterable[tuple[int, int, Row]], clips: int
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Embeddings and masks of all windows of each clip, in order."""
        done: list[list[tuple[np.ndarray, np.ndarray]]] = [[] for _ in range(clips)]
        running: list[tuple[list[int], Any, np.ndarray]] = []
        for owners, length, batch in _batches(rows, 1 if self._cached else self.config.evaluate.segments):
            running.append((owners, embed(self.config.model, length, self.parameters, batch), batch.window_mask))
            if len(running) > 1:  # rows are cut on the host while the device computes
                _collect(done, *running.pop(0))
        for last in running:
            _collect(done, *last)
        empty = (np.zeros((0, self.config.model.embedding), np.float32), np.zeros(0, bool))
        joined = []
        for parts in done:  # of one clip
            embeddings, masks = zip(*(parts or [empty]), strict=True)
            joined.append((np.concatenate(embeddings), np.concatenate(masks)))
        return joined


def spacing_of(windows: int, fps: Fraction) -> int:
    """Frames from one picture window to the next where fewer than all will do: 1, or the most of `FEWER` allowed.

    Args:
      windows: of the clip.
      fps: of the clip (frames/s).
    """
    return max((each for each in FEWER if each <= APART * fps and each * FEWEST <= windows), default=1)


def _collect(
    done: list[list[tuple[np.ndarray, np.ndarray]]], owners: list[int], embeddings: Any, masks: np.ndarray
) -> None:
    for owner, embedding, mask in zip(owners, np.asarray(embeddings), masks, strict=False):
        done[owner].append((embedding, np.asarray(mask)))


def _batches(rows: Iterable[tuple[int, int, Row]], size: int) -> Iterator[tuple[list[int], int, Row]]:
    """Groups rows of equal shape by `size`; the last of each shape are padded with copies that nobody reads."""
    waiting: dict[tuple, tuple[int, list[int], list]] = {}
    for owner, length, row in rows:
        shape = (length, *(np.shape(leaf) for leaf in row))
        _, owners, group = waiting.setdefault(shape, (length, [], []))
        owners.append(owner)
        group.append(row)
        if len(group) == size:
            yield owners, length, stack_rows(group)
            del waiting[shape]
    for length, owners, group in waiting.values():
        yield owners, length, stack_rows(group + [group[-1]] * (size - len(group)))


def _embedded_pictures(config: ModelConfig, length: int, parameters: Parameters, batch: PictureBatch) -> jax.Array:
    from divas_jax.model.parameters import embed_pictures  # late: a program that is kept needs no Flax

    return embed_pictures(config, parameters, batch, length)


def _embedded_sounds(config: ModelConfig, length: int, parameters: Parameters, batch: SoundBatch) -> jax.Array:
    from divas_jax.model.parameters import embed_sounds  # late, likewise

    return embed_sounds(config, parameters, batch, length)


_pictures, _sounds = KeptProgram(_embedded_pictures, 2), KeptProgram(_embedded_sounds, 2)
