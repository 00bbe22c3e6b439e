"""fully_connected_s8 with a residual."""

from __future__ import annotations

from edgec.lower.backends.native import emit_fully_connected, residual

PLUGIN = residual.emitter(emit_fully_connected.operands, emit_fully_connected.PLUGIN.rules)
