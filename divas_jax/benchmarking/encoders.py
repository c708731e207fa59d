"""Speed of the model: encoders, training step, offset matrices."""

import time
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from divas_jax.clip import Clip, Rung, SegmentBatch, stack_rows
from divas_jax.config import Config, DataConfig, EvaluateConfig, ModelConfig, ObjectiveConfig
from divas_jax.data.draws import ResidentDraw
from divas_jax.data.resident import keep_clips
from divas_jax.data.stream import training_stream
from divas_jax.data.windows import picture_row, segment_shape, sound_row
from divas_jax.judging.embedding import ClipEmbeddings
from divas_jax.judging.judge import offsets_of
from divas_jax.model.parameters import embed_pictures, embed_sounds, initial_parameters
from divas_jax.rates import SOUND_PATCH
from divas_jax.talkers import TalkerSource
from divas_jax.training.mesh import device_mesh, to_devices
from divas_jax.training.rendering import to_every_device
from divas_jax.training.state import new_state
from divas_jax.training.step import make_train_step

RUNG = Rung(5, 25)
"""The windows of the paper's speed figures: 25 frames/s and 16 kHz (Table 1)."""

WINDOWS = 16
SIDE = 2048

Dtype = Literal["float32", "bfloat16"]


class Load(NamedTuple):
    """What is asked of a kind of device.

    Attributes:
      segments: in a batch, enough to keep it busy.
      windows: of each.
      side: of the square matrices whose product is the yardstick.
      dtypes: what encoders are measured in.
    """

    segments: int
    windows: int
    side: int
    dtypes: tuple[Dtype, ...]


def load_of_device() -> Load:
    """Of the devices here: few windows' tokens fit a CPU's caches, as judging has it; others multiply bfloat16 too."""
    cpu, accelerator = Load(1, 8, SIDE, ("float32",)), Load(64, WINDOWS, 4 * SIDE, ("float32", "bfloat16"))
    return cpu if jax.default_backend() == "cpu" else accelerator


class EncoderRates(NamedTuple):
    """Speed of the encoders beside a plain matrix product; only matrix products count as their work.

    Attributes:
      product: floating-point operations a second of the product.
      windows: windows a second.
      share: of the product's rate, for the work that the encoders do.
      whole_share: the same if the last layer's other tokens, which they skip, counted as done.
    """

    product: float
    windows: float
    share: float
    whole_share: float


def encoder_rates(rounds: int, dtype: Dtype = "float32") -> EncoderRates:
    """The face_crops encoders against a matrix product in the same numbers."""
    model, load = ModelConfig(dtype=dtype), load_of_device()
    parameters = jax.jit(lambda: initial_parameters(model, jax.random.key(0)))()
    batch = jax.tree.map(jnp.asarray, example_batch(load.segments, model.size, load.windows))

    @jax.jit
    def embed(parameters: dict, batch: SegmentBatch) -> tuple[jax.Array, jax.Array]:
        pictures = embed_pictures(model, parameters, batch.pictures, RUNG.frames)
        return pictures, embed_sounds(model, parameters, batch.sounds, RUNG.patches)

    # Not of ones: matrix units run faster on numbers that are all alike.
    square = jax.random.normal(jax.random.key(1), (load.side, load.side), jnp.dtype(dtype))
    multiply = jax.jit(lambda left, right: left @ right)
    product, embedding = _best(rounds, lambda: multiply(square, square), lambda: embed(parameters, batch))
    windows = load.segments * load.windows / embedding
    rate = 2 * load.side**3 / product
    shares = [windows * window_work(model, RUNG, skip=skip, windows=load.windows) / rate for skip in (True, False)]
    return EncoderRates(rate, windows, *shares)


def window_work(model: ModelConfig, rung: Rung, *, skip: bool, windows: int = WINDOWS) -> float:
    """Floating-point operations of the matrix products for one picture window and one sound window.

    `skip` leaves out what the last layer would compute for tokens that nobody reads.
    """
    side = model.size // model.patch
    frame_patches = side * side
    # A frame of a segment is projected once, however many windows hold it.
    frames = (windows - 1 + rung.frames) / windows
    work = 2 * frames * frame_patches * model.patch**2 * 3 * model.dim
    work += 2 * rung.patches * SOUND_PATCH * model.dim
    for tokens in (1 + rung.frames * frame_patches, 1 + rung.patches):
        last = 1 if skip else tokens
        work += (model.layers - 1) * _layer_work(model, tokens, tokens) + _layer_work(model, tokens, last)
        work += 2 * model.dim**2
    return work


def _layer_work(model: ModelConfig, tokens: int, queries: int) -> float:
    products = queries * 2 * model.dim**2 + tokens * 2 * model.dim**2 + queries * 2 * model.dim * model.mlp
    return 2 * products + 4 * queries * tokens * model.dim


class StepRates(NamedTuple):
    """Speed of a training step of face_crops.

    Attributes:
      windows: windows a second, from a batch that waits on the device.
      of_embedding: its speed against embedding the same windows alone.
      work: floating-point operations a second of it: three times those of embedding (forward, and twice backward).
      resident: windows a second of a run whose clips are resident, draws and cuts included.
      of_step: `resident` against `windows`: 1 where the step never waits.
    """

    windows: float
    of_embedding: float
    work: float
    resident: float
    of_step: float


def step_rates(rounds: int, dtype: Dtype = "float32") -> StepRates:
    """Training steps of at least four segments, and what surrounds them."""
    segments = max(4, load_of_device().segments)
    talkers = TalkerSource(8, "train", rates=(Fraction(25),), sample_rates=(16_000,), variable_share=0.0)
    config = Config(
        model=ModelConfig(dtype=dtype),
        data=DataConfig(rungs=((RUNG.frames, RUNG.patches),), segments=segments, windows=WINDOWS, resident=True),
        objective=ObjectiveConfig(name="offset_matrix"),
    )
    mesh = device_mesh()
    clips = keep_clips([talkers[index] for index in range(8)], config)
    held = [jax.jit(lambda: new_state(config))()]
    take, take_resident = make_train_step(config, mesh), make_train_step(config, mesh, to_every_device(mesh, clips))
    batch = to_devices(mesh, example_batch(segments, config.model.size))

    def train() -> jax.Array:
        held[0], metrics = take(held[0], batch, RUNG)
        return metrics.loss

    def train_resident() -> jax.Array:
        held[0], metrics = take_resident(held[0], to_devices(mesh, next(rows).segments), RUNG)
        return metrics.loss

    @jax.jit
    def embed(parameters: dict) -> tuple[jax.Array, jax.Array]:
        pictures = embed_pictures(config.model, parameters, batch.pictures, RUNG.frames)
        return pictures, embed_sounds(config.model, parameters, batch.sounds, RUNG.patches)

    with training_stream(clips, config, draws=partial(ResidentDraw, clips, config.model, config.data)) as rows:
        step, resident, embedding = _best(rounds, train, train_resident, lambda: embed(held[0].parameters))
    windows = segments * WINDOWS
    work = 3 * window_work(config.model, RUNG, skip=True) * windows / step
    return StepRates(windows / step, embedding / step, work, windows / resident, step / resident)


def offset_rates(rounds: int, windows: int = 100, clips: int = 16) -> tuple[float, float]:
    """Offset matrices (clips/s), and how many times faster they are than a plain loop in NumPy."""
    rng = np.random.default_rng(0)
    dim, reach = ModelConfig().dim, EvaluateConfig().v_shift

    def embedded() -> ClipEmbeddings:
        pictures, sounds = rng.standard_normal((2, windows, dim)).astype(np.float32)
        aligned = np.arange(windows, dtype=np.int32)
        return ClipEmbeddings(pictures, sounds, np.ones(windows, bool), aligned, Fraction(0), Fraction(1, 25), 1)

    batch = [embedded() for _ in range(clips)]
    still = np.zeros((clips, 1), np.int32)

    def loop() -> None:
        clip = batch[0]
        curve = []
        for offset in range(-reach, reach + 1):
            pairs = [(w, w + offset) for w in range(reach, windows - reach)]
            curve.append(np.mean([np.linalg.norm(clip.pictures[v] - clip.sounds[a]) for v, a in pairs]))
        int(np.argmin(curve))

    plain, vectorised = _best(rounds, loop, lambda: offsets_of(batch, reach, still))
    return clips / vectorised, plain / (vectorised / clips)


def example_batch(segments: int, size: int, windows: int = WINDOWS) -> SegmentBatch:
    """Segments of noise at 25 frames/s and 16 kHz, so many windows each."""
    rng = np.random.default_rng(0)
    frames, samples = segment_shape(RUNG, None, windows, 1)
    clip = Clip(
        frames=rng.integers(0, 256, (frames, size, size, 3)).astype(np.uint8),
        frame_pts=np.arange(frames),
        time_base=Fraction(1, 25),
        samples=rng.standard_normal(samples).astype(np.float32),
        sample_rate=16_000,
        fps=Fraction(25),
    )
    pictures = picture_row(
        clip, clip.frames, 0, range(windows), window=RUNG.window, frames_padded=frames, windows_padded=windows
    )
    times = [clip.frame_time(start) for start in range(windows)]
    sounds = sound_row(clip, times, window=RUNG.window, samples_padded=samples, windows_padded=windows, gain=1.0)
    voices = np.arange(segments, dtype=np.int32)
    return SegmentBatch(stack_rows([pictures] * segments), stack_rows([sounds] * segments), voices)


def _best(rounds: int, *calls: Callable[[], object]) -> list[float]:
    """Shortest time of each call (s), taken in turn so that all meet the same noise; the first round only compiles."""
    best = [float("inf")] * len(calls)
    for turn in range(rounds + 1):
        for index, call in enumerate(calls):
            begin = time.perf_counter()
            jax.block_until_ready(call())
            if turn:
                best[index] = min(best[index], time.perf_counter() - begin)
    return best
