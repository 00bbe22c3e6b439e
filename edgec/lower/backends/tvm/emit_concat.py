"""relax.op.concat."""

from edgec.lower.backends.tvm.emitter import Emitter

PLUGIN = Emitter(lambda site, operands, op: op.concat(list(operands), site.attributes.axis))
