"""Softmax, LayerNormalization and BatchNormalization (which becomes a product and a sum)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from edgec.lower.onnx_import._call import Call, Importers, Unsupported, normal_axis
from edgec.lower.ops.add import Add
from edgec.lower.ops.layer_norm import LayerNorm
from edgec.lower.ops.mul import Mul
from edgec.lower.ops.reduce_max import ReduceMax
from edgec.lower.ops.reduce_sum import ReduceSum
from edgec.lower.ops.reshape import Reshape
from edgec.lower.ops.softmax import Softmax
from edgec.lower.ops.sub import Sub
from edgec.lower.ops.transpose import Transpose
from edgec.lower.ops.unary import Unary


def _softmax(call: Call) -> Sequence[str]:
    x, rank = call.input(0), call.rank(call.input(0))
    axis = normal_axis(call.integer("axis", -1), rank)
    if axis == rank - 1:
        return [call.emit(Softmax(), [x])]
    perm = (*(i for i in range(rank) if i != axis), axis)
    back = tuple(perm.index(i) for i in range(rank))
    y = call.emit(Softmax(), [call.emit(Transpose(perm), [x], "axis_last")])
    return [call.emit(Transpose(back), [y], "axis_back")]


def _log_softmax(call: Call) -> Sequence[str]:
    """x − m − log Σ exp(x − m) with the maximum m: the logarithm of a softmax can be −inf."""
    axes = (normal_axis(call.integer("axis", -1), call.rank(call.input(0))),)
    maximum = call.emit(ReduceMax(axes), [call.input(0)], "max")
    x = call.emit(Sub(), [call.input(0), maximum], "shift")
    total = call.emit(ReduceSum(axes), [call.emit(Unary("exp"), [x], "exp")], "sum")
    return [call.emit(Sub(), [x, call.emit(Unary("log"), [total], "log")])]


def _layer_norm(call: Call) -> Sequence[str]:
    call.only_output()
    x, rank = call.input(0), call.rank(call.input(0))
    axis = normal_axis(call.integer("axis", -1), rank)
    shape = call.shape(x)
    n = math.prod(shape[axis:])
    gamma = call.constant(1, "the scale").astype(np.float32)
    beta = call.constant(2, "the bias").astype(np.float32) if call.has(2) else np.zeros(1)
    flat = x if axis == rank - 1 else call.emit(Reshape((*shape[:axis], n)), [x], "flatten")
    inputs = [flat, *(call.add_constant(part, np.broadcast_to(v, shape[axis:]).reshape(-1)
                                        .astype(np.float32))
                      for part, v in (("gamma", gamma), ("beta", beta)))]
    y = call.emit(LayerNorm(call.number("epsilon", 1e-5)), inputs)
    return [y if flat == x else call.emit(Reshape(shape), [y], "restore")]


def _batch_norm(call: Call) -> Sequence[str]:
    """y = x · g + h with g = scale / sqrt(variance + epsilon), h = bias − mean · g."""
    call.only_output()
    if call.integer("training_mode", 0):
        raise Unsupported("is in training mode")
    scale, bias, mean, variance = (
        call.constant(i, "a parameter").astype(np.float64) for i in range(1, 5))
    g = scale / np.sqrt(variance + call.number("epsilon", 1e-5))
    per_channel = (-1, *(1,) * (call.rank(call.input(0)) - 2))
    factor = call.add_constant("factor", g.astype(np.float32).reshape(per_channel))
    offset = call.add_constant("offset", (bias - mean * g).astype(np.float32).reshape(per_channel))
    return [call.emit(Add(), [call.emit(Mul(), [call.input(0), factor], "mul"), offset])]


PLUGIN: Importers = {
    "Softmax": _softmax, "LogSoftmax": _log_softmax, "LayerNormalization": _layer_norm,
    "BatchNormalization": _batch_norm,
}
