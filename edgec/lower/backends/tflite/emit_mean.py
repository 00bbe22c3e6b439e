"""MEAN."""

from __future__ import annotations

from edgec.lower import site_rules
from edgec.lower.backends.tflite import reducing
from edgec.lower.backends.tflite.emitter import Emitter

PLUGIN = Emitter(reducing.emit_as("MEAN"), (site_rules.float_or_int8,))
