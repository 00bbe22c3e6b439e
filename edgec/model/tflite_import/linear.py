"""FULLY_CONNECTED and BATCH_MATMUL."""

from __future__ import annotations

import math

import onnx_ir as ir

from edgec.model.tflite_import._call import Call, Importers
from edgec.model.tflite_import._graph import Unsupported


def _fully_connected(call: Call) -> None:
    """Weights [o, i]. On a matrix Gemm, else MatMul over the last axis, and the bias added."""
    call.rank(1, 2)
    if call.option("weightsFormat", 0):
        raise Unsupported("has shuffled weights")
    depth, target = call.shape(1)[1], call.output().shape
    x, rank = call.value(0), call.rank(0)
    size = math.prod(call.shape(0))
    if not depth or size % depth:
        raise Unsupported(f"has weights {list(call.shape(1))} for {list(call.shape(0))}")
    if len(target) == 2:
        if rank != 2 or call.shape(0)[1] != depth:
            x = call.emit("Reshape", [x, call.integers("rows", (size // depth, depth))])
        y = _gemm(call, x)
    elif call.shape(0)[-1:] != (depth,):
        raise Unsupported(f"has weights {list(call.shape(1))} for {list(call.shape(0))}")
    else:
        y = _along_last_axis(call, x)
    call.write(call.activated(y))


def _gemm(call: Call, x: ir.Value) -> ir.Value:
    computed = call.tensor(1).data is None
    weights = call.value(1) if computed else call.weights(1, (0, 1))
    bias = call.bias(2)
    return call.emit("Gemm", [x, weights, *([] if bias is None else [bias])], transB=1)


def _along_last_axis(call: Call, x: ir.Value) -> ir.Value:
    y = call.emit("MatMul", [x, call.weights(1, (1, 0))])
    bias = call.bias(2)
    return y if bias is None else call.emit("Add", [y, bias])


def _batch_matmul(call: Call) -> None:
    """adjX and adjY transpose the last two axes."""
    operands = []
    for number, option in ((0, "adjX"), (1, "adjY")):
        value, rank = call.value(number), call.rank(number)
        if call.option(option, False):
            if rank < 2:
                raise Unsupported(f"transposes an operand of rank {rank}")
            perm = [*range(rank - 2), rank - 1, rank - 2]
            value = call.emit("Transpose", [value], perm=perm)
        operands.append(value)
    call.write(call.emit("MatMul", operands))


PLUGIN: Importers = {"FULLY_CONNECTED": _fully_connected, "BATCH_MATMUL": _batch_matmul}
