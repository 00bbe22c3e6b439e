"""Tables: QUANTIZE, LOGISTIC and TANH make their own from the scales of input and output."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from edgec.lower import site_rules
from edgec.lower.backend import Site
from edgec.lower.backends.tflite import rules
from edgec.lower.backends.tflite.builder import Builder
from edgec.lower.backends.tflite.emitter import Emitter
from edgec.lower.ops.lut import REQUANTIZE

CODES: Mapping[str, str] = MappingProxyType({
    REQUANTIZE: "QUANTIZE", "sigmoid": "LOGISTIC", "tanh": "TANH"})


def emit(site: Site, builder: Builder) -> None:
    """The node's own table is not needed."""
    builder.operator(CODES[site.attributes.kind], [builder.tensor(site.x.name)],
                     builder.tensor(site.y.name))


PLUGIN = Emitter(emit, (site_rules.bytes_only, rules.int8_function, rules.output_scale_of_function))
