"""relax.op.sum."""

from edgec.lower.backends.tvm.reduction import reduction

PLUGIN = reduction("sum")
