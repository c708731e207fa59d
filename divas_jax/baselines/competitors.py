"""Every competitor with what belongs to it: its input, its judge, what it learns from."""

from collections.abc import Callable
from dataclasses import dataclass

from flax import nnx

from divas_jax.baselines.examples import Examples, ExampleSource
from divas_jax.baselines.inputs import InputKind, sparse_input, syncnet_input, vocalist_input
from divas_jax.baselines.judges import ClassJudge, syncnet_judge, vocalist_judge
from divas_jax.baselines.learning import Model
from divas_jax.baselines.protocol import Baseline
from divas_jax.baselines.sparse_sync import SparseSync
from divas_jax.baselines.syncnet import SyncNet
from divas_jax.baselines.vocalist import Vocalist


@dataclass(frozen=True)
class Competitor:
    """A method to compare with, at one size.

    Attributes:
      name: as tables call it.
      make: makes it with fresh weights.
      input: what it is fed.
      judge: makes it answer.
      examples: the batch of (source, seed, step, size).
    """

    name: str
    make: Callable[[nnx.Rngs], Model]
    input: InputKind
    judge: Callable[..., Baseline]
    examples: Callable[[ExampleSource, int, int, int], Examples]

    def fresh(self, seed: int = 0) -> Model:
        """The competitor before it has learnt."""
        return self.make(nnx.Rngs(seed))

    def baseline(self, model: Model) -> Baseline:
        """The competitor with these weights, which stop learning."""
        return self.judge(model, self.input)


def syncnet(width: float = 1.0) -> Competitor:
    """SyncNet; `width` 1 is its paper's, of all layers."""
    return Competitor(
        "SyncNet", lambda rngs: SyncNet(width, rngs=rngs), syncnet_input(), syncnet_judge, ExampleSource.pairs
    )


def vocalist(width: float = 1.0) -> Competitor:
    """VocaLiST; 64 times `width` must be a whole number."""
    return Competitor(
        "VocaLiST", lambda rngs: Vocalist(width, rngs=rngs), vocalist_input(), vocalist_judge, ExampleSource.pairs
    )


def sparse_sync(width: float = 1.0, frames: int = 125, size: int = 224) -> Competitor:
    """The model of Iashin et al.; 64 times `width` must be a whole number.

    Args:
      width: of all layers.
      frames: of its windows, at 25 frames/s.
      size: pixels a side of its pictures.
    """

    def make(rngs: nnx.Rngs) -> SparseSync:
        return SparseSync(width, frames=frames, size=size, rngs=rngs)

    return Competitor("Iashin et al.", make, sparse_input(size, frames), ClassJudge, ExampleSource.classes)
