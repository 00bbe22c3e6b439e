"""binary_f32."""

from __future__ import annotations

from edgec.lower.backends.native.elementwise import FLOAT_ONLY

PLUGIN = FLOAT_ONLY
