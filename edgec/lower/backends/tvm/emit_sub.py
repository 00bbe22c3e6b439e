"""relax.op.subtract."""

from edgec.lower.backends.tvm.elementwise import binary

PLUGIN = binary("subtract")
