"""relax.op.mean."""

from edgec.lower.backends.tvm.reduction import reduction

PLUGIN = reduction("mean")
