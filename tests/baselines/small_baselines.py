"""Competitors small enough to learn in seconds, and talkers for them."""

from fractions import Fraction

import jax
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


def _made(make):
    """The key is an argument: of a constant the compiler would draw all the weights while it compiles."""
    return nnx.jit(lambda key: make(nnx.Rngs(key)))(jax.random.key(0))


def syncnet():
    return _made(lambda rngs: SyncNet(WIDTH, rngs=rngs)), syncnet_input()


def vocalist():
    return _made(lambda rngs: Vocalist(VOCALIST_WIDTH, layers=1, residuals=0, rngs=rngs)), vocalist_input()


def sparse_sync():
    model = _made(lambda rngs: SparseSync(WIDTH, frames=SPARSE_FRAMES, size=SPARSE_SIZE, depth=1, rngs=rngs))
    return model, sparse_input(SPARSE_SIZE, SPARSE_FRAMES)


SMALL = {"SyncNet": syncnet, "VocaLiST": vocalist, "SparseSync": sparse_sync}
JUDGES = {"SyncNet": syncnet_judge, "VocaLiST": vocalist_judge, "SparseSync": ClassJudge}


def talkers(count, seconds=Fraction(4), fps=Fraction(25)):
    return [
        make_talker(seed, fps=fps, sample_rate=16000, duration=seconds, size=64, distractions=False)
        for seed in range(count)
    ]
