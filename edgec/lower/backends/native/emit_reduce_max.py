"""max_f32."""

from __future__ import annotations

from edgec.lower.backends.native import reduction, rules
from edgec.lower.backends.native.emitter import Emitter

PLUGIN = Emitter(reduction.emit_as("max_f32"),
                 (rules.float_only, rules.neighbouring_axes, rules.small_sum))
