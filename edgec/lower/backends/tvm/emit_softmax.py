"""relax.op.nn.softmax."""

from edgec.lower.backends.tvm.emitter import Emitter, never

PLUGIN = Emitter(lambda site, operands, op: op.nn.softmax(operands[0]), beside_ours=never)
