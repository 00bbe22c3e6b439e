"""Everything that was decided about a quantization, as numbers and names, apart from any graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from edgec.compress.method import Array
from edgec.compress.quantization.scheme import Activation, Weight


@dataclass(frozen=True)
class Plan:
    """What `insert_qdq` writes into a graph.

    float_reasons: why a unit stays float, by unit name; all other units run in int8.
    activations: by tensor name, constant operands included. weights, biases: by name of a linear
    int8 unit; biases are float32 [channels], absent for a unit without bias.
    """

    float_reasons: Mapping[str, str]
    activations: Mapping[str, Activation]
    weights: Mapping[str, Weight]
    biases: Mapping[str, Array]

    def keeping_float(self, reasons: Mapping[str, str]) -> Plan:
        """The same plan with more units in float."""
        return replace(self, float_reasons={**self.float_reasons, **reasons})
