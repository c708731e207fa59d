"""Competitors small enough to learn in seconds, and talkers for them."""

from fractions import Fraction

from flax import nnx

from divas_jax.baselines.inputs import sparse_input, syncnet_input, vocalist_input
from divas_jax.baselines.judges import ClassJudge, syncnet_judge, vocalist_judge
from divas_jax.baselines.sparse_sync import SparseSync
from divas_jax.baselines.syncnet import SyncNet
from divas_jax.baselines.vocalist import Vocalist
from divas_jax.talkers.talker import make_talker

WIDTH = 1 / 16
SPARSE_FRAMES, SPARSE_SIZE = 16, 32
VOCALIST_WIDTH = 1 / 32


def syncnet():
    return SyncNet(WIDTH, rngs=nnx.Rngs(0)), syncnet_input()


def vocalist():
    return Vocalist(VOCALIST_WIDTH, layers=1, residuals=0, rngs=nnx.Rngs(0)), vocalist_input()


def sparse_sync():
    model = SparseSync(WIDTH, frames=SPARSE_FRAMES, size=SPARSE_SIZE, depth=1, rngs=nnx.Rngs(0))
    return model, sparse_input(SPARSE_SIZE, SPARSE_FRAMES)


SMALL = {"SyncNet": syncnet, "VocaLiST": vocalist, "SparseSync": sparse_sync}
JUDGES = {"SyncNet": syncnet_judge, "VocaLiST": vocalist_judge, "SparseSync": ClassJudge}


def talkers(count, seconds=Fraction(4), fps=Fraction(25)):
    return [
        make_talker(seed, fps=fps, sample_rate=16000, duration=seconds, size=64, distractions=False)
        for seed in range(count)
    ]
