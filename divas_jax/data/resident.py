"""Training clips decoded once into two arrays that fit a device's memory; the host keeps only their times."""

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float16, Float32, Int8, UInt8

from divas_jax.clip import Clip
from divas_jax.config import Config, DataConfig, ModelConfig, TargetsConfig, ViewConfig
from divas_jax.data.clip_record import ClipRecord, ClipSource, decode_record, facts_of
from divas_jax.data.mel import BANDS, log_mel
from divas_jax.data.view import Box, cut, seen_box
from divas_jax.data.windows import SILENCE, root_mean_square
from divas_jax.data.worker_pool import without_ctrl_c, worker_pool
from divas_jax.errors import UserError

ALIGNED = 64
"""Addresses (bytes) of arrays that JAX's CPU backend shares instead of copying are multiples of it."""

TINY = 1e-6
"""Keeps what never changes from being divided by 0."""

Progress = Callable[[int, int], None]
"""Told how many clips are decoded, of how many."""


@dataclass(frozen=True)
class PlacedClip:
    """Where a clip lies in the arrays, and all of it but pictures and sound.

    Attributes:
      clip: exact times and rates; its frames and samples have the right shapes and hold zeros (of no memory).
      frame: its first kept frame.
      sample: its first kept sample.
      rms: root mean square of the sound before it was scaled; 0 for silence.
      mel: its first row of log-mel energies, where there are any.
    """

    clip: Clip
    frame: int
    sample: int
    rms: float
    mel: int = 0

    def __reduce__(self) -> tuple[Callable[..., "PlacedClip"], tuple[Any, ...]]:
        """Pickled without the zeros, which would travel to worker processes as such."""
        facts = vars(self.clip) | {"frames": self.clip.frames.shape, "samples": self.clip.samples.shape}
        return _placed, (facts, self.frame, self.sample, self.rms, self.mel)


def _placed(facts: Mapping[str, Any], *place: Any) -> PlacedClip:
    """The inverse of `PlacedClip.__reduce__`."""
    return PlacedClip(Clip(**{**facts, **_zeros(facts["frames"], facts["samples"])}), *place)


def _zeros(frames: tuple[int, ...], samples: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Frames and samples of these shapes that take no memory."""
    return {"frames": np.broadcast_to(np.uint8(0), frames), "samples": np.broadcast_to(np.float32(0), samples)}


class TargetRows(NamedTuple):
    """What encoders learn to say of the kept clips (`TargetsConfig`), standardised over them.

    Attributes:
      lips: of each kept frame, as it is and mirrored; K may be 0.
      seen: for which frames they are known.
      lips_mean: what is to be subtracted from them.
      lips_spread: what they are to be divided by then.
      mels: log-mel energies, each clip's rows after the last one's; there may be none.
    """

    lips: Int8[np.ndarray, "N 2 K"]
    seen: Bool[np.ndarray, " N"]
    lips_mean: Float32[np.ndarray, " K"]
    lips_spread: Float32[np.ndarray, " K"]
    mels: Float16[np.ndarray, "R 24"]


@dataclass(frozen=True)
class ResidentClips:
    """The clips of one split, decoded.

    Attributes:
      records: what storage says of each, without media bytes.
      clips: one for each record; None where it is not trained on.
      frames: all frames, each the square that training may see (`training_side`).
      samples: all sound, each clip scaled to a root mean square of 1.
      targets: what encoders are to say of them; None where nothing is asked for.
    """

    records: Sequence[ClipRecord]
    clips: Sequence[PlacedClip | None]
    frames: UInt8[np.ndarray, "N R R 3"]
    samples: Float16[np.ndarray, " M"]
    targets: TargetRows | None = None

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, index: int) -> ClipRecord:
        return self.records[index]

    def facts(self) -> list[ClipRecord]:
        """The records, which have no media."""
        return list(self.records)

    @property
    def gigabytes(self) -> float:
        """Memory of all arrays, in 10^9 bytes."""
        return sum(array.nbytes for array in (self.frames, self.samples, *(self.targets or ()))) / 1e9


def training_side(model: ModelConfig, data: DataConfig) -> int:
    """Side of the kept squares (pixels): what is seen, at the model's size, and how far augmentation may reach."""
    margin = math.ceil(model.size * (data.augment.scale / 2 + data.augment.shift))
    return model.size + 2 * margin


def training_view(model: ModelConfig, data: DataConfig) -> ViewConfig:
    """What the model sees of a kept square."""
    return ViewConfig(crop=1.0, stored=training_side(model, data) / model.size, centre_y=0.5)


def keep_clips(source: ClipSource, config: Config, progress: Progress = lambda done, total: None) -> ResidentClips:
    """Decodes every clip that may be trained on: in threads, or in processes where there are `data.workers`.

    Raises:
      UserError: a clip cannot be decoded, is not what its record says, or there is too little memory.
    """
    records = facts_of(source)
    wanted = [index for index, record in enumerate(records) if not outside_rates(record, config.data)]
    side = training_side(config.model, config.data)
    try:
        frames = _unfilled((sum(records[index].n_frames for index in wanted), side, side, 3))
    except MemoryError:
        raise UserError("the clips do not fit this machine's memory: set data.resident to False") from None
    clips: list[PlacedClip | None] = [None] * len(records)
    sounds, mels = [np.zeros(0, np.float16)], [np.zeros((0, BANDS), np.float32)]
    frame = sample = row = 0
    for done, (index, decoded) in enumerate(zip(wanted, _decoded(source, wanted, config), strict=True), start=1):
        clips[index] = _placed(decoded.facts, frame, sample, decoded.rms, row)
        frames[frame : frame + len(decoded.pictures)] = decoded.pictures
        sounds.append(decoded.sound)
        mels.append(decoded.mel)
        frame, sample, row = frame + len(decoded.pictures), sample + len(decoded.sound), row + len(decoded.mel)
        progress(done, len(wanted))
    resident = ResidentClips(records, clips, frames, np.concatenate(sounds))
    return _with_targets(resident, np.concatenate(mels), config.targets) if config.targets.any else resident


def _unfilled(shape: tuple[int, ...]) -> UInt8[np.ndarray, "..."]:
    """An array that begins where JAX takes it as it is: on a CPU the "device" has the same memory, and no copy."""
    size = math.prod(shape)
    memory = np.empty(size + ALIGNED, np.uint8)
    start = -memory.ctypes.data % ALIGNED
    return memory[start : start + size].reshape(shape)


class DecodedClip(NamedTuple):
    """What is kept of a clip.

    Attributes:
      facts: the fields of the `Clip`, with shapes for its frames and samples.
      pictures: the squares that training may see.
      sound: scaled.
      rms: what it was scaled by.
      mel: its log-mel energies; no rows where they are not asked for.
    """

    facts: dict[str, Any]
    pictures: UInt8[np.ndarray, "n R R 3"]
    sound: Float16[np.ndarray, " S"]
    rms: float
    mel: Float32[np.ndarray, "r 24"]


class _Decoder:
    """From a clip's index to what is kept of it."""

    def __init__(self, source: ClipSource, config: Config) -> None:
        self._source, self._config = source, config

    def __call__(self, index: int) -> DecodedClip:
        record = self._source[index]
        clip = decode_record(record)
        if len(clip.frames) != record.n_frames:
            raise UserError(f"{record.name} decodes to other frames than its record says: prepare the data again")
        pictures, (sound, rms) = training_pictures(clip.frames, self._config), scaled_sound(clip.samples)
        mel = log_mel(sound, clip.sample_rate) if self._config.targets.mel else np.zeros((0, BANDS), np.float32)
        facts = vars(clip) | {"frames": pictures.shape, "samples": clip.samples.shape}
        return DecodedClip(facts, pictures, sound, rms, mel)


_decoders: list[_Decoder] = []
"""The one of a worker process."""


def _begin(source: ClipSource, config: Config) -> None:
    from threadpoolctl import threadpool_limits  # late: judging needs no training's libraries

    threadpool_limits(1)  # as many threads for each product of matrices as there are cores, in every process, trample
    _decoders.append(_Decoder(source, config))


def _decoded_by_worker(index: int) -> DecodedClip:
    return _decoders[0](index)


def _decoded(source: ClipSource, wanted: Sequence[int], config: Config) -> Iterator[DecodedClip]:
    """The clips of these indices, in order."""
    cores = os.cpu_count() or 1
    if not config.data.workers:
        with ThreadPoolExecutor(cores) as threads:
            yield from threads.map(_Decoder(source, config), wanted)
        return
    try:
        with worker_pool(cores, _begin, source, config) as workers:
            with without_ctrl_c():
                decoded = workers.map(_decoded_by_worker, wanted, chunksize=4)
            yield from decoded
    except BrokenProcessPool:
        reason = "there is too little memory, or the script that was started lacks `if __name__ == '__main__'`"
        raise UserError(f"a process that decodes clips has died: {reason} (data.workers=0 needs no process)") from None


def _with_targets(resident: ResidentClips, mels: Float32[np.ndarray, "R 24"], config: TargetsConfig) -> ResidentClips:
    """The same clips with the targets that encoders learn to predict.

    Raises:
      UserError: lip shapes are asked for, and no clip has any, or they are of several kinds.
    """
    lips, seen, mean, spread = _lips(resident) if config.lips else _no_lips(len(resident.frames))
    if config.lips and len(config.lip_weights) != len(spread):
        raise UserError(f"targets.lip_weights has {len(config.lip_weights)} numbers, a lips' shape {len(spread)}")
    rows = (mels - mels.mean(axis=0)) / (mels.std(axis=0) + TINY) if len(mels) else mels
    return replace(resident, targets=TargetRows(lips, seen, mean, spread, rows.astype(np.float16)))


def _lips(resident: ResidentClips) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Lip shapes of each kept frame, where they are known, and their mean and spread over those."""
    known = [
        (clip.frame, record.lips)
        for record, clip in zip(resident.records, resident.clips, strict=True)
        if clip is not None and record.lips is not None
    ]
    widths = {lips.shapes.shape[2] for _, lips in known}
    if len(widths) != 1:
        reason = "the clips have several kinds of them" if widths else "no clip has any (divas prepare --lips)"
        raise UserError(f"targets.lips asks for lip shapes, but {reason}")
    shapes, seen = np.zeros((len(resident.frames), 2, widths.pop()), np.int8), np.zeros(len(resident.frames), bool)
    for frame, lips in known:
        shapes[frame : frame + len(lips.seen)], seen[frame : frame + len(lips.seen)] = lips
    if not seen.any():
        raise UserError("targets.lips asks for lip shapes, but no picture of any clip has one")
    mean, spread = (getattr(shapes[seen], kind)(axis=(0, 1), dtype=np.float32) for kind in ("mean", "std"))
    return shapes, seen, mean, np.maximum(spread, np.float32(1))  # less than a step of int8 says nothing


def _no_lips(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    none = np.zeros(0, np.float32)
    return np.zeros((count, 2, 0), np.int8), np.zeros(count, bool), none, none


def outside_rates(record: ClipRecord, data: DataConfig) -> str:
    """Which limit of the rates that are trained on a clip is beyond; "" for none."""
    if record.fps < data.min_fps:
        return "below data.min_fps"
    if record.fps > data.max_fps:
        return "above data.max_fps"
    if record.sample_rate < data.min_sample_rate:
        return "below data.min_sample_rate"
    return ""


def training_pictures(frames: UInt8[np.ndarray, "n H W 3"], config: Config) -> UInt8[np.ndarray, "n R R 3"]:
    """The square of stored pictures that training may see: what the model sees, and the margin around it."""
    height, width = frames.shape[1:3]
    side, seen = training_side(config.model, config.data), seen_box(height, width, config.view)
    reach = seen.side * side / config.model.size
    margin = (reach - seen.side) / 2
    return cut(frames, Box(seen.left - margin, seen.top - margin, reach), side)


def scaled_sound(samples: Float32[np.ndarray, " S"]) -> tuple[Float16[np.ndarray, " S"], float]:
    """Sound with a root mean square of 1, and what it was (0 for silence, which stays as it is)."""
    rms = root_mean_square(samples)
    if not SILENCE < rms < np.inf:
        return samples.astype(np.float16), 0.0
    return (samples / np.float32(rms)).astype(np.float16), rms
