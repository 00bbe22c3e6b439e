"""MINIMUM."""

from __future__ import annotations

from edgec.lower.backends.tflite import elementwise, rules
from edgec.lower.backends.tflite.emitter import Emitter

PLUGIN = Emitter(elementwise.emit_as("MINIMUM", "MaximumMinimumOptions", fuses=False),
                 (rules.float_only,))
