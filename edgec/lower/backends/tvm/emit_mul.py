"""relax.op.multiply."""

from edgec.lower.backends.tvm.elementwise import binary

PLUGIN = binary("multiply")
