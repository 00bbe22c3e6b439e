"""relax.op.divide."""

from edgec.lower.backends.tvm.elementwise import binary

PLUGIN = binary("divide")
