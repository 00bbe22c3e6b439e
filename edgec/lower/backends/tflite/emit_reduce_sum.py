"""SUM."""

from __future__ import annotations

from edgec.lower.backends.tflite import reducing, rules
from edgec.lower.backends.tflite.emitter import Emitter

PLUGIN = Emitter(reducing.emit_as("SUM"), (rules.float_only,))
