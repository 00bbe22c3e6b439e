"""Whether the weights of a layer are stored dense or block-sparse: what costs less on the target.

The time of a layer grows with its blocks that are kept. With every block kept a sparse kernel is a
little slower than a dense one: by how much was measured for each CPU and width of a block
(`sparse_percent` in targets/cpus/).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgec.lower.backend import Site
from edgec.lower.backends.native import pack
from edgec.lower.graph import Array
from edgec.lower.ops.conv2d import Conv2d
from edgec.lower.ops.fully_connected import FullyConnected
from edgec.target.target import Cpu


@dataclass(frozen=True)
class Choice:
    """columns: of a sparse block; None for dense weights. reason: for the user."""

    columns: int | None
    reason: str


def taps_of(site: Site) -> Array | None:
    """int8 weights [n, taps, k] of a layer that may be sparse; None for any other node."""
    layer = getattr(site.attributes, "layer", site.attributes)  # one with a residual has both
    if not isinstance(layer, Conv2d | FullyConnected) or site.y.dtype != "s8":
        return None
    w = np.asarray(site.input(1).data)
    if isinstance(layer, FullyConnected):
        return w.reshape(w.shape[0], 1, -1)
    if layer.groups != 1:
        return None
    taps: Array = pack.by_tap(w, 1, layer.dilation[1])[0]
    return taps


def choose(taps: Array, cpu: Cpu) -> Choice:
    """The cheapest of dense and each width of a block, for weights [n, taps, k]."""
    kept = {columns: float(pack.kept_blocks(taps, columns).mean())
            for columns in cpu.sparse_percent}
    # Of equal cost the widest: it has the fewest blocks to walk.
    best = min(kept, key=lambda columns: (kept[columns] * cpu.sparse_percent[columns], -columns))
    sparse = kept[best] * cpu.sparse_percent[best] < 100
    break_even = max(0.0, 1 - 100 / cpu.sparse_percent[best])
    reason = (f"{'sparse' if sparse else 'dense'}: {1 - kept[best]:.0%} of {best}x4 blocks are "
              f"zero, break-even {break_even:.0%}")
    return Choice(best if sparse else None, reason)
