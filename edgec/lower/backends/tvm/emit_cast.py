"""relax.op.astype."""

from __future__ import annotations

from edgec.lower.backend import Site
from edgec.lower.backends.tvm.emitter import Emitter
from edgec.lower.graph import DTYPES


def defined(site: Site) -> bool:
    """LLVM leaves open what a float out of the integer's range becomes; our engine saturates."""
    return site.x.dtype != "f32" or site.y.dtype == "f32"


PLUGIN = Emitter(lambda site, operands, op: op.astype(operands[0], str(DTYPES[site.y.dtype])),
                 defined)
