"""Which ONNX nodes have an int8 form, and of which kind (see units.py); the text says why not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx_ir as ir

from edgec.compress.method import Array

Predicate = Callable[[ir.Node], bool]

CLAMPS = frozenset({"Relu", "Clip"})
LOOKUPS = CLAMPS | {"Sigmoid", "Tanh", "HardSwish", "HardSigmoid", "Gelu", "Erf", "Elu",
                    "LeakyRelu", "Softplus", "Neg", "Abs"}
SHARES = frozenset({"Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Slice", "Split",
                    "Pad", "Identity", "Resize", "MaxPool", "AveragePool", "Gather"})
KIND_OF = {
    **dict.fromkeys(("Conv", "Gemm", "MatMul"), "linear"),
    **dict.fromkeys(("Add", "Sub", "Mul"), "binary"),
    **dict.fromkeys(("ReduceMean", "GlobalAveragePool"), "pool"),
    **dict.fromkeys(SHARES, "share"),
    **dict.fromkeys(LOOKUPS, "lookup"),
    "Concat": "concat",
    "Softmax": "softmax",
    "LayerNormalization": "layer_norm",
}
# How many of a node's first inputs are activations; kinds that are not here: all of them.
ACTIVATION_INPUTS = {"linear": 1, "pool": 1, "share": 1, "lookup": 1, "softmax": 1,
                     "layer_norm": 1, "float": 0}


def constant(value: ir.Value | None) -> Array | None:
    """The data of an initializer, or None for anything that is computed or given."""
    if value is None or value.const_value is None or value.is_graph_input():
        return None
    return np.asarray(value.const_value.numpy())


def classify(node: ir.Node) -> tuple[str, str]:
    """(kind, ""), or ("float", why the node has no int8 form)."""
    kind = KIND_OF.get(node.op_type, "float")
    if node.domain not in ("", "ai.onnx") or kind == "float":
        return "float", f"{node.op_type} has no int8 form"
    first = node.inputs[0] if node.inputs else None
    if first is None or first.dtype != ir.DataType.FLOAT:
        return "float", "it does not compute float32"
    if constant(first) is not None and (kind != "binary" or constant(node.inputs[1]) is not None):
        return "float", "its input is a constant"
    if node.op_type == "MatMul" and constant(node.inputs[1]) is None:
        return "matmul", ""
    check = _CHECKS.get(node.op_type)
    why = check(node) if check else ""
    return ("float", why) if why else (kind, "")


def _conv(node: ir.Node) -> str:
    if constant(node.inputs[1]) is None:
        return "its weight is not a constant"
    return _constant_or_absent(node, 2, "bias")


def _gemm(node: ir.Node) -> str:
    attributes = node.attributes
    if attributes.get_float("alpha", 1.0) != 1 or attributes.get_float("beta", 1.0) != 1:
        return "its alpha or beta is not 1"
    if attributes.get_int("transA", 0):
        return "its input is transposed (transA)"
    weight = constant(node.inputs[1])
    if weight is None:
        return "its weight is not a constant"
    bias = constant(node.inputs[2]) if len(node.inputs) > 2 else None
    columns = weight.shape[0 if attributes.get_int("transB", 0) else 1]
    if bias is not None and bias.size != columns:
        return "its bias is not one number per output"
    return _constant_or_absent(node, 2, "bias")


def _matmul(node: ir.Node) -> str:
    weight = constant(node.inputs[1])
    return "" if weight is not None and weight.ndim == 2 else "its weight is not a matrix"


def _clip(node: ir.Node) -> str:
    return _constant_or_absent(node, 1, "min") or _constant_or_absent(node, 2, "max")


def _pad(node: ir.Node) -> str:
    if node.attributes.get_string("mode", "constant") != "constant":
        return "its padding is not constant"
    value = constant(node.inputs[2]) if len(node.inputs) > 2 else None
    if value is not None and value.size and float(value.reshape(-1)[0]) != 0:
        return "it pads with something else than 0"
    return _constant_or_absent(node, 2, "padding value")


def _resize(node: ir.Node) -> str:
    mode = node.attributes.get_string("mode", "nearest")
    return "" if mode in ("nearest", "linear") else f"its mode is {mode}"


def _last_axis(node: ir.Node) -> str:
    axis = node.attributes.get_int("axis", -1)
    shape = node.inputs[0].shape if node.inputs[0] is not None else None
    if axis == -1 or (shape is not None and axis == len(shape) - 1):
        return ""
    return "it does not work over the last axis"


def _one_output(node: ir.Node) -> str:
    return "" if len(node.outputs) == 1 else "it has more than one output"


def _layer_norm(node: ir.Node) -> str:
    return _last_axis(node) or _one_output(node) or (
        "its scale is not a constant" if constant(node.inputs[1]) is None else "")


def _concat(node: ir.Node) -> str:
    given = [constant(v) for v in node.inputs]
    return "one of its inputs is a constant" if any(c is not None for c in given) else ""


def _constant_or_absent(node: ir.Node, index: int, name: str) -> str:
    value = node.inputs[index] if index < len(node.inputs) else None
    return f"its {name} is not a constant" if value is not None and constant(value) is None else ""


_CHECKS: dict[str, Callable[[ir.Node], str]] = {
    "Conv": _conv, "Gemm": _gemm, "MatMul": _matmul, "Clip": _clip, "Pad": _pad,
    "Resize": _resize, "Softmax": _last_axis, "LayerNormalization": _layer_norm,
    "MaxPool": _one_output, "Concat": _concat,
}
