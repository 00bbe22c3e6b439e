"""relax.op.permute_dims."""

from edgec.lower.backends.tvm.emitter import Emitter

PLUGIN = Emitter(lambda site, operands, op: op.permute_dims(operands[0], site.attributes.perm))
