"""conv2d_s8 with a residual."""

from __future__ import annotations

from edgec.lower.backends.native import emit_conv2d, residual

PLUGIN = residual.emitter(emit_conv2d.operands, emit_conv2d.PLUGIN.rules)
