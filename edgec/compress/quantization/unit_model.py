"""A single unit as a model of its own."""

from __future__ import annotations

import onnx_ir as ir

from edgec.compress.quantization import rules
from edgec.compress.quantization.units import Unit


def unit_model(model: ir.Model, unit: Unit) -> ir.Model:
    """The unit's nodes alone; its inputs and outputs keep their names. `model` is untouched."""
    inputs = [v for v in dict.fromkeys(unit.inputs) if rules.constant(v) is None]
    graph = ir.convenience.extract(model.graph, inputs, unit.outputs)
    graph.opset_imports.update(model.opset_imports)
    return ir.Model(graph, ir_version=model.ir_version)
