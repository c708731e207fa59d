"""Every setting, as frozen dataclasses with the paper's values as defaults.

A file in `configs/` edits the `ConfigDict` of `defaults()`; `Config.from_dict`
turns it, once, into dataclasses and refuses unknown keys and wrong types. The
same dictionary is saved as JSON beside each checkpoint.
"""

import dataclasses
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

from ml_collections import ConfigDict

from divas_jax.errors import UserError

SHORTEST, LONGEST = 0.05, 2.0
"""Limits of `model.seconds` (s): a shorter window holds next to nothing, a longer one cannot be told from a clip."""


@dataclass(frozen=True)
class ModelConfig:
    """The two encoders (3.1, 3.2, 5.1).

    Attributes:
      dim: embedding width D; divides by 6 (three thirds of sin/cos pairs) and by `heads`.
      layers: Transformer layers of each encoder.
      heads: attention heads.
      mlp: hidden width of each layer's MLP.
      size: height and width of the pictures (pixels).
      patch: height and width of a picture patch (pixels); its depth is one frame.
      seconds: how long a window is (s), t in section 3.2 of the paper: 0.2.
      contrast: every picture is brought to the same mean and contrast, whatever its light (ours; False is the paper's).
      time_aware: positions in time from real time stamps (3.2); False counts frames and patches (3.1).
      dtype: what the encoders compute in; parameters and distances are always float32.
      attention: `fused` computes a layer's attention in one kernel of cuDNN, on NVIDIA GPUs and in bfloat16; everywhere
        else it is as `plain`.
      members: models of this kind side by side, whose embeddings are joined (an ensemble); 1 is one model.
    """

    dim: int = 246
    layers: int = 3
    heads: int = 3
    mlp: int = 1024
    size: int = 96
    patch: int = 16
    seconds: float = 0.2
    contrast: bool = False
    time_aware: bool = True
    dtype: Literal["float32", "bfloat16"] = "float32"
    attention: Literal["plain", "fused"] = "plain"
    members: int = 1

    @property
    def embedding(self) -> int:
        """Width of an embedding."""
        return self.dim * self.members

    @property
    def window(self) -> Fraction:
        """Exact duration of a window (s)."""
        return Fraction(str(self.seconds))

    def __post_init__(self) -> None:
        if min(self.dim, self.layers, self.heads, self.mlp, self.size, self.patch, self.members) < 1:
            raise UserError("config keys model.dim, layers, heads, mlp, size, patch and members must be positive")
        if self.dim % 6 or self.dim % self.heads:
            raise UserError(f"model.dim is {self.dim}, but must divide by 6 and by model.heads ({self.heads})")
        if not SHORTEST <= self.seconds <= LONGEST:
            raise UserError(f"model.seconds is {self.seconds}, but must be from {SHORTEST} to {LONGEST} (s)")
        if self.size % self.patch:
            raise UserError(f"model.size is {self.size}, but must divide by model.patch ({self.patch})")


@dataclass(frozen=True)
class ViewConfig:
    """Which part of a stored picture the model sees; it is resized to `model.size`.

    Attributes:
      full_frame: keep the height and cut the sides square (5.1) instead of cropping the face.
      crop: side of the square seen, 1.0 being SyncNet's usual face crop (1.4 x the face box).
      stored: side of the square that the stored pictures show, in the same unit (128 / 96 in our data sets).
      centre_y: where the middle of the seen square is, as a fraction of the stored height.
    """

    full_frame: bool = False
    crop: float = 1.0
    stored: float = 128 / 96
    centre_y: float = 0.5


@dataclass(frozen=True)
class AugmentConfig:
    """Changes to pictures, sound and rate while training; 0 or False switches one off.

    Attributes:
      shift: largest move of the seen square, as a fraction of its side.
      scale: largest relative change of its side.
      flip: chance of a mirrored picture.
      colour: largest relative change of brightness, contrast and saturation.
      blur: chance of a Gaussian blur.
      compression: chance of JPEG artefacts.
      gain: largest change of loudness (dB), before normalisation.
      noise: chance of white or pink noise, 5 to 30 dB below the voice.
      music: chance of another clip's sound, 5 to 30 dB below the voice.
      echo: chance of a room's echo, 0 to 12 dB below the voice, that takes 0.2 to 0.9 s to fall by 60 dB.
      halve_rate: chance that a clip of 48 frames/s or more loses every second frame.
    """

    shift: float = 0.06
    scale: float = 0.08
    flip: float = 0.5
    colour: float = 0.2
    blur: float = 0.1
    compression: float = 0.1
    gain: float = 10.0
    noise: float = 0.3
    music: float = 0.2
    echo: float = 0.0
    halve_rate: float = 0.5


@dataclass(frozen=True)
class DataConfig:
    """Where clips come from and how they become batches.

    Attributes:
      path: folder written by `python -m divas_jax.prepare`; empty: talkers made on first use.
      more: further folders whose training clips are mixed in.
      validation: folders whose validation clips are judged while training; empty: those of `path`.
      draw_by: "clip": every clip is drawn equally often; "second": in proportion to its whole seconds.
      talkers: how many made-up training clips there are where `path` is empty.
      min_fps: clips below this rate are not trained on (frames/s).
      max_fps: clips above this rate are not trained on (frames/s).
      min_sample_rate: clips with slower sound are not trained on (Hz); where such are judged, their sound is doubled
        until it is as fast.
      rungs: padded window shapes, (frames, audio patches) each; each is compiled for. They are of windows of 0.2 s;
        where `model.seconds` is another, its windows' shapes are in proportion.
      segments: segments in a batch (B), over all devices.
      windows: picture windows cut from each segment, and as many sound windows (W).
      spacing: frames between one window's start and the next.
      workers: processes that decode clips; 0 decodes in threads of this process. Of resident clips they draw what a
        batch shows (a fast accelerator's step is shorter than one process's draws), and as many as there are cores
        decode all of them first.
      resident: whether clips are decoded once, kept in every device's memory, and cut and changed there.
      augment: changes to pictures and sound.
      picture_changes: further ones of one's own to pictures, each "module:name" (see `data/changes.py`).
      sound_changes: the same to sound.
    """

    path: str = ""
    more: tuple[str, ...] = ()
    validation: tuple[str, ...] = ()
    draw_by: Literal["clip", "second"] = "clip"
    talkers: int = 600
    min_fps: float = 0.0
    max_fps: float = 1000.0
    min_sample_rate: int = 0
    rungs: tuple[tuple[int, int], ...] = ((6, 75), (12, 75))
    segments: int = 8
    windows: int = 16
    spacing: int = 1
    workers: int = 0
    resident: bool = False
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    picture_changes: tuple[str, ...] = ()
    sound_changes: tuple[str, ...] = ()


ObjectiveName = Literal["contrastive", "multiway", "offset_matrix", "offset_curve"]


@dataclass(frozen=True)
class ObjectiveConfig:
    """The loss (3.1 and ours); all four read one distance tensor.

    Attributes:
      name: `contrastive` (equation 1), `multiway` (the paper's [10]), `offset_matrix` or `offset_curve` (ours).
      margin: m of equation 1.
      negatives: chance that a pair of equation 1 is moved out of sync (3.1).
      sounds: sounds K that one picture window chooses from (`multiway`).
      scale: what distances are multiplied by before a softmax (all but `contrastive`).
      weight: of the objective beside `targets`; 0 leaves it out (what comes first learns targets alone).
      strangers: share of the loss in which the sounds of the batch's other clips compete too (`offset_matrix` and
        `offset_curve`): it teaches what does not belong to a picture at all.
    """

    name: ObjectiveName = "contrastive"
    margin: float = 20.0
    negatives: float = 0.5
    sounds: int = 8
    scale: float = 1.0
    weight: float = 1.0
    strangers: float = 0.0

    def __post_init__(self) -> None:
        if self.strangers and self.name not in ("offset_matrix", "offset_curve"):
            raise UserError(f"objective.strangers goes with offset_matrix and offset_curve, not with {self.name}")


@dataclass(frozen=True)
class TargetsConfig:
    """What the encoders learn to say beside the objective, each through a linear layer that is thrown away (ours).

    They need `data.resident`. A weight of 0 switches one off.

    Attributes:
      lips: weight of the lips' shape at five times of each picture window, where the data knows it
        (`prepare --lips`).
      mel: weight of the log-mel energies at ten times of each sound window, clean, whatever was mixed in.
      lip_weights: how much each number of a lips' shape counts, as many as the data's shapes have.
    """

    lips: float = 0.0
    mel: float = 0.0
    lip_weights: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.lips and not sum(self.lip_weights) > 0:
            raise UserError("targets.lips needs targets.lip_weights: how much each number of a lips' shape counts")

    @property
    def any(self) -> bool:
        """Whether there is any."""
        return self.lips > 0 or self.mel > 0


@dataclass(frozen=True)
class OptimConfig:
    """Adam, AdamW or Muon, and its schedule.

    Attributes:
      name: `adam` (paper), `adamw` or `muon` (matrices by Muon, the rest by AdamW at the same rate).
      lr: peak learning rate.
      schedule: `constant` (paper) or `cosine` down to a hundredth over the run.
      warmup: steps of linear warm-up.
      weight_decay: of `adamw` and `muon`; biases, norms and tokens are never decayed.
      clip_norm: largest norm of the gradient; 0 leaves it alone.
      accumulate: batches whose gradients make one step.
      ema: decay of the averaged weights that are evaluated and exported; 0 uses the last weights.
    """

    name: Literal["adam", "adamw", "muon"] = "adam"
    lr: float = 1e-5
    schedule: Literal["constant", "cosine"] = "constant"
    warmup: int = 0
    weight_decay: float = 0.0
    clip_norm: float = 0.0
    accumulate: int = 1
    ema: float = 0.0


@dataclass(frozen=True)
class EvaluateConfig:
    """The protocol of section 4.

    Attributes:
      v_shift: frames searched each way, and the largest artificial offset (5.1).
      trials: artificial offsets drawn for each clip.
      seed: of the draws.
      segments: segments embedded at once; one on a CPU.
      windows: windows embedded in one segment, at most.
      clips: most validation clips evaluated during training; 0 takes all.
    """

    v_shift: int = 15
    trials: int = 1
    seed: int = 0
    segments: int = 2
    windows: int = 32
    clips: int = 100


@dataclass(frozen=True)
class TrainConfig:
    """How long, how often.

    Attributes:
      steps: batches; with `optim.accumulate` of k the weights move after every k-th.
      minutes: the run ends after about so many minutes, compiling included, and the learning rate's schedule with it;
        how many steps that are is reckoned from the speed after every `log_every` steps (0: as long as `steps` take).
      seed: of weights, batches and draws.
      log_every: steps between two lines of metrics.
      evaluate_every: steps between two evaluations on the validation split; 0 only at the end.
      save_every: steps between two checkpoints; each evaluation saves one too.
      keep: last checkpoints kept, besides the best one.
      init_from: folder of a checkpoint or an export whose weights start the run; empty starts from noise.
      whiten: whether patch projections start as the whitening of training patches, turned at random, not as noise;
        of no effect with `init_from`.
      start_distance: embeddings are scaled so that the median distance is this when the run starts (0: left alone);
        a softmax over distances that are far apart learns nothing.
    """

    steps: int = 1_000_000
    minutes: float = 0.0
    seed: int = 0
    log_every: int = 100
    evaluate_every: int = 10_000
    save_every: int = 5_000
    keep: int = 2
    init_from: str = ""
    whiten: bool = False
    start_distance: float = 0.0


@dataclass(frozen=True)
class Config:
    """A whole run."""

    model: ModelConfig = field(default_factory=ModelConfig)
    view: ViewConfig = field(default_factory=ViewConfig)
    data: DataConfig = field(default_factory=DataConfig)
    objective: ObjectiveConfig = field(default_factory=ObjectiveConfig)
    targets: TargetsConfig = field(default_factory=TargetsConfig)
    optim: OptimConfig = field(default_factory=OptimConfig)
    evaluate: EvaluateConfig = field(default_factory=EvaluateConfig)
    train: TrainConfig = field(default_factory=TrainConfig)

    def __post_init__(self) -> None:
        if self.targets.any and not self.data.resident:
            raise UserError("config keys targets.lips and targets.mel need data.resident = True")
        if not self.targets.any and not self.objective.weight:
            raise UserError("objective.weight is 0 and so are targets.lips and targets.mel: there is nothing to learn")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any] | ConfigDict) -> "Config":
        """Dataclasses out of nested dictionaries (JSON or ConfigDict).

        Raises:
          UserError: a key is unknown or its value has the wrong type; the message names the key.
        """
        return _build(cls, dict(values.items()), "")

    def to_dict(self) -> dict[str, Any]:
        """Nested dictionaries, the inverse of `from_dict`."""
        return dataclasses.asdict(self)

    def without_folders(self) -> "Config":
        """The same for other machines: no folder of the one that trained is named."""
        data = dataclasses.replace(self.data, path="", more=(), validation=())
        return dataclasses.replace(self, data=data, train=dataclasses.replace(self.train, init_from=""))


def defaults() -> ConfigDict:
    """The paper's settings as an editable `ConfigDict`, for the files in `configs/`."""
    return ConfigDict(Config().to_dict())


def _build(cls: type, values: Mapping[str, Any], prefix: str) -> Any:
    types = typing.get_type_hints(cls)
    for key in values:
        if key not in types:
            known = ", ".join(sorted(types))
            raise UserError(f"config key {prefix}{key} is unknown (known: {known})")
    return cls(**{key: _value(types[key], value, f"{prefix}{key}") for key, value in values.items()})


def _value(kind: Any, value: Any, key: str) -> Any:
    if dataclasses.is_dataclass(kind):
        if not isinstance(value, Mapping | ConfigDict):
            raise UserError(f"config key {key} is a group of keys, not {value!r}")
        return _build(typing.cast(type, kind), dict(value.items()), f"{key}.")
    if typing.get_origin(kind) is Literal:
        if value not in typing.get_args(kind):
            raise UserError(f"config key {key} is {value!r}, but must be one of {', '.join(typing.get_args(kind))}")
        return value
    if kind == tuple[str, ...]:
        return _several(str, value, key, "texts")
    if kind == tuple[float, ...]:
        return tuple(map(float, _several((int, float), value, key, "numbers")))
    if typing.get_origin(kind) is tuple:
        return _rungs(value, key)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise UserError(f"config key {key} is {value!r}, but must be {kind.__name__}")
    return value


def _several(kind: Any, value: Any, key: str, words: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple) or any(not isinstance(item, kind) for item in value):
        raise UserError(f"config key {key} is {value!r}, but must be a list of {words}")
    return tuple(value)


def _rungs(value: Any, key: str) -> tuple[tuple[int, int], ...]:
    try:
        rungs = tuple((frames, patches) for frames, patches in value)
    except (TypeError, ValueError):
        rungs = ()
    if not rungs or any(type(n) is not int or n < 1 for rung in rungs for n in rung):
        raise UserError(f"config key {key} is {value!r}, but must be pairs (frames, audio patches)")
    return rungs
