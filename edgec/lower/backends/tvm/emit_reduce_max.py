"""relax.op.max."""

from edgec.lower.backends.tvm.reduction import reduction

PLUGIN = reduction("max")
