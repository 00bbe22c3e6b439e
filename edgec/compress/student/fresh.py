"""The same network with weights as before any training.

Kernels and matrices: normal with variance 2 / fan-in (He et al. 2015, arXiv 1502.01852, equation
10); biases 0; norms 1 and 0, with running statistics 0 and 1. Anything else, embeddings for
example, keeps what it has learned.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import onnx_ir as ir

from edgec.compress.method import Array

# By op: for each input, how it starts.
_STARTS = {
    "Conv": ("", "kernel", "zeros"), "Gemm": ("", "matrix", "zeros"), "MatMul": ("", "matrix"),
    "BatchNormalization": ("", "ones", "zeros", "zeros", "ones"),
    "LayerNormalization": ("", "ones", "zeros"),
}


def fresh_weights(model: ir.Model, seed: int) -> ir.Model:
    """A copy of the model with new weights; the model is untouched."""
    copy, rng = model.clone(), np.random.default_rng(seed)
    done: set[str] = set()
    for node, value, start in _learned(copy):
        assert value.const_value is not None
        if str(value.name) in done:
            continue
        done.add(str(value.name))
        old = value.const_value.numpy()
        new = _start(rng, node, old, start).astype(old.dtype)
        value.const_value = ir.tensor(new, value.const_value.dtype, value.name)
    return copy


def _learned(model: ir.Model) -> Iterator[tuple[ir.Node, ir.Value, str]]:
    for node in model.graph:
        starts = _STARTS.get(node.op_type, ()) if not node.domain else ()
        for value, start in zip(node.inputs, starts, strict=False):
            if start and value is not None and value.is_initializer():
                yield node, value, start


def _start(rng: np.random.Generator, node: ir.Node, old: Array, start: str) -> Array:
    if start in ("zeros", "ones") or old.ndim < 2:
        return np.full(old.shape, float(start == "ones"))
    fan_in = old.shape[-2] if start == "matrix" else int(np.prod(old.shape[1:]))
    if node.op_type == "Gemm" and node.attributes.get_int("transB", 0) == 1:
        fan_in = old.shape[1]
    return rng.normal(0, np.sqrt(2 / fan_in), old.shape)
