"""MatMul and Gemm: fully_connected for constant weights, batch_matmul for two activations."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from edgec.lower.constants import constant_value, stored_constant
from edgec.lower.onnx_import._call import Call, Importers
from edgec.lower.onnx_import._shapes import expanded
from edgec.lower.onnx_import.conv import add_weights
from edgec.lower.ops.add import Add
from edgec.lower.ops.batch_matmul import BatchMatmul
from edgec.lower.ops.fully_connected import FullyConnected
from edgec.lower.ops.mul import Mul
from edgec.lower.ops.reshape import Reshape
from edgec.lower.ops.transpose import Transpose


def _matmul(call: Call) -> Sequence[str]:
    a, b = call.input(0), call.input(1)
    stored = stored_constant(call.editor, b)
    if stored is not None and stored.data.ndim == 2 and call.rank(a) >= 1:
        weights = add_weights(call, stored.symmetric().transposed((1, 0)))
        return [call.emit(FullyConnected(), [a, weights])]
    if call.rank(a) < 2 or call.rank(b) < 2:
        return [_vector_product(call, a, b)]
    return [_batch_matmul(call, a, b)]


def _vector_product(call: Call, a: str, b: str) -> str:
    """numpy.matmul of a vector: it becomes a matrix, and the axis is taken away afterwards."""
    row, column = call.rank(a) == 1, call.rank(b) == 1
    if row:
        a = call.emit(Reshape((1, *call.shape(a))), [a], "row")
    if column:
        b = call.emit(Reshape((*call.shape(b), 1)), [b], "column")
    y = _batch_matmul(call, a, b)
    *batch, m, n = call.shape(y)
    kept = (*batch, *(() if row else (m,)), *(() if column else (n,)))
    return call.emit(Reshape(kept), [y], "drop_axis")


def _batch_matmul(call: Call, a: str, b: str) -> str:
    """Both operands get the same batch axes; a single matrix b takes the rows of all batches."""
    batch_a, batch_b = call.shape(a)[:-2], call.shape(b)[:-2]
    if batch_a == batch_b:
        return call.emit(BatchMatmul(), [a, b])
    m, k, n = *call.shape(a)[-2:], call.shape(b)[-1]
    if math.prod(batch_b) == 1 and len(batch_b) <= len(batch_a):
        rows = call.emit(Reshape((math.prod(batch_a) * m, k)), [a], "rows")
        matrix = call.emit(Reshape((k, n)), [b], "matrix")
        y = call.emit(BatchMatmul(), [rows, matrix])
        return call.emit(Reshape((*batch_a, m, n)), [y], "batches")
    batch = np.broadcast_shapes(batch_a, batch_b)
    a = expanded(call, a, (*batch, m, k), "expand_a")
    b = expanded(call, b, (*batch, k, n), "expand_b")
    return call.emit(BatchMatmul(), [a, b])


def _gemm(call: Call) -> Sequence[str]:
    a = call.input(0)
    if call.integer("transA", 0):
        a = call.emit(Transpose((1, 0)), [a], "transpose_a")
    alpha, beta = call.number("alpha", 1.0), call.number("beta", 1.0)
    stored = stored_constant(call.editor, call.input(1))
    if stored is None:
        y = call.emit(BatchMatmul(bool(call.integer("transB", 0))), [a, call.input(1)])
    else:
        matrix = stored if call.integer("transB", 0) else stored.transposed((1, 0))
        bias = _bias(call, matrix.data.shape[0], alpha, beta)
        y = call.emit(FullyConnected(), [a, add_weights(call, matrix.symmetric()), bias])
        if bias:
            return [y]
    if alpha != 1.0:
        y = call.emit(Mul(), [y, call.add_constant("alpha", np.float32(alpha))], "scale")
    if call.has(2) and beta != 0.0:
        y = call.emit(Add(), [y, _scaled_c(call, beta)], "add")
    return [y]


def _bias(call: Call, channels: int, alpha: float, beta: float) -> str:
    """C as the bias of a fully connected layer, '' when it is not one value per channel."""
    if not call.has(2) or alpha != 1.0 or beta != 1.0:
        return ""
    c = call.input(2)
    value = constant_value(call.editor, c)
    if value is None or value.shape not in ((channels,), (1, channels)):
        return ""
    return c if value.ndim == 1 else call.add_constant("bias", value.reshape(-1))


def _scaled_c(call: Call, beta: float) -> str:
    if beta == 1.0:
        return call.input(2)
    factor = call.add_constant("beta", np.float32(beta))
    return call.emit(Mul(), [call.input(2), factor], "scale_c")


PLUGIN: Importers = {"MatMul": _matmul, "Gemm": _gemm}
