"""ADD."""

from __future__ import annotations

from edgec.lower import site_rules
from edgec.lower.backends.tflite import elementwise
from edgec.lower.backends.tflite.emitter import Emitter

PLUGIN = Emitter(elementwise.emit_as("ADD", "AddOptions"), (site_rules.operands_float_or_int8,))
