"""A request as a Relax module: `main` computes, `file` gives the engine's file. Imports TVM."""

from __future__ import annotations

from typing import Any

import numpy as np
from tvm import ir, relax

from edgec.lower.backend import Site
from edgec.lower.backends.tvm.request import Request
from edgec.lower.backends.tvm.steps import Layers, emitters
from edgec.lower.graph import DTYPES, Tensor

LAYERS = "edgec.layers"  # cpp/tvm/register.cc


def build(request: Request) -> ir.IRModule:
    """The module; the same request gives the same one."""
    builder = relax.BlockBuilder()
    file = relax.const(np.frombuffer(request.file, np.uint8))
    names = {name: f"x{i}" for i, name in enumerate(request.inputs)}
    values: dict[str, Any] = {name: relax.Var(names[name], _type(request.tensors[name]))
                              for name in request.inputs}
    with builder.function("main", [values[name] for name in request.inputs]):
        with builder.dataflow():
            for step in request.steps:
                _add(builder, request, values, file, step)
            outputs = [builder.emit_output(_value(request, values, name))
                       for name in request.outputs]
        builder.emit_func_output(relax.Tuple(outputs))
    with builder.function("file", []):
        with builder.dataflow():
            output = builder.emit_output(file)
        builder.emit_func_output(output)
    return builder.get()


def _add(builder: relax.BlockBuilder, request: Request, values: dict[str, Any], file: Any,
         step: Layers | Site) -> None:
    """The values that a step writes."""
    if isinstance(step, Site):
        operands = [_value(request, values, t.name) for t in step.inputs if t is not None]
        result = emitters()[step.node.op].expression(step, operands, relax.op)
        values[step.y.name] = builder.emit(result)
        return
    what = relax.ShapeExpr([step.first, step.last, *step.indices])
    types = [_type(request.tensors[name]) for name in step.outputs]
    made = builder.emit(relax.op.call_dps_packed(
        LAYERS, [file, what, *(_value(request, values, name) for name in step.inputs)], types))
    if len(types) == 1:
        values[step.outputs[0]] = made
    else:
        values.update({name: builder.emit(relax.TupleGetItem(made, i))
                       for i, name in enumerate(step.outputs)})


def _value(request: Request, values: dict[str, Any], name: str) -> Any:
    """A variable, or a constant of the graph."""
    if name not in values:
        data = request.tensors[name].data
        assert data is not None, name
        values[name] = relax.const(np.ascontiguousarray(data).reshape(data.shape))
    return values[name]


def _type(tensor: Tensor) -> Any:
    return relax.TensorType(list(tensor.shape), str(DTYPES[tensor.dtype]))


