"""relax.op.add."""

from edgec.lower.backends.tvm.elementwise import binary

PLUGIN = binary("add")
