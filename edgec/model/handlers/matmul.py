"""Matrix products."""

from __future__ import annotations

import torch
from torch import Tensor

from edgec.model.handler import Call, Handler


def matmul(call: Call, a: Tensor, b: Tensor) -> Tensor:
    """Batched matrix product, as numpy's matmul."""
    return torch.matmul(a, b)


def gemm(call: Call, a: Tensor, b: Tensor, c: Tensor | None = None) -> Tensor:
    """y = alpha * a' b' + beta * c."""
    a = a.T if call.get("transA", 0) else a
    b = b.T if call.get("transB", 0) else b
    y = a @ b
    alpha, beta = call.get("alpha", 1.0), call.get("beta", 1.0)
    y = y if alpha == 1.0 else y * alpha
    if c is None:
        return y
    return y + (c if beta == 1.0 else c * beta)


def einsum(call: Call, *operands: Tensor) -> Tensor:
    """Sum of products over named axes."""
    return torch.einsum(call.get("equation").replace(" ", ""), *operands)


PLUGIN = {
    "MatMul": Handler(matmul, trains=(0, 1)),
    "Gemm": Handler(gemm, trains=(0, 1, 2)),
    "Einsum": Handler(einsum, trains=(0, 1, 2)),
}
