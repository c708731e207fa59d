"""The layouts in which the paper's data sets are distributed, one file each: whoever has a copy may prepare it."""

from divas_jax.preparing.layouts.lrs2 import Lrs2Source
from divas_jax.preparing.layouts.lrs3 import Lrs3Source
from divas_jax.preparing.layouts.lrs3_multifps import Lrs3MultifpsSource
from divas_jax.preparing.layouts.titles import TitleSource

__all__ = ["Lrs2Source", "Lrs3MultifpsSource", "Lrs3Source", "TitleSource"]
