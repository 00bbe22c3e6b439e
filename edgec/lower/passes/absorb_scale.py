"""A matrix product times a constant (attention's 1/√d) goes into the layer that made an operand.

    layer ─► reshape, transpose, dequantize ─► batch_matmul ─► mul c        c · (A·B) = (c·A)·B

The layer's weights and bias stand for c times as much: stored integers stay as they are, and only
the scales between the layer and the product change. A mul in int8 goes only if it maps each of the
256 values to itself; the product then has the mul's scale.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgec.lower import catalog
from edgec.lower.constants import constant_value
from edgec.lower.editor import Editor
from edgec.lower.graph import Graph, Node, Quantization, Tensor

_LAYERS = frozenset({"fully_connected", "conv2d", "depthwise_conv2d"})
_CARRIES = frozenset({"reshape", "transpose", "dequantize"})
_UNBOUNDED = (-np.inf, np.inf)


def run(graph: Graph) -> Graph:
    """Where each tensor between the layer and the mul has one reader."""
    editor = Editor(graph)
    for node in graph.nodes:
        current = editor.current(node)
        if current is not None and current.op == "mul" and current.attributes.clamp == _UNBOUNDED:
            _absorb(editor, current)
    return editor.finish()


def _absorb(editor: Editor, mul: Node) -> None:
    for source, constant in (mul.inputs, mul.inputs[::-1]):
        product = editor.producer(source)
        factor = _factor(editor, constant)
        if product is None or product.op != "batch_matmul" or factor is None \
                or editor.only_reader(source) is None or not _keeps_integers(editor, mul, source):
            continue
        for operand in product.inputs:
            path = _path_to_layer(editor, operand)
            if path:
                _scale(editor, path, factor)
                editor.remove(mul)
                editor.update(product, outputs=mul.outputs)
                return


def _factor(editor: Editor, name: str) -> float | None:
    """A positive constant scalar."""
    value = constant_value(editor, name)
    if value is None or value.size != 1 or not 0 < float(value.reshape(-1)[0]) < np.inf:
        return None
    return float(value.reshape(-1)[0])


def _keeps_integers(editor: Editor, mul: Node, source: str) -> bool:
    """Whether `mul` gives in int8 what it gets; in float32 there is nothing to keep."""
    result = editor.tensor(mul.outputs[0])
    if result.shape != editor.tensor(source).shape:
        return False
    if result.dtype == "f32":
        return True
    every = np.arange(-128, 128).astype(np.int8)
    tensors = [editor.tensor(name) for name in mul.inputs]
    values = [every if t.name == source else t.data for t in tensors]
    values = [v if v is every else np.asarray(v).reshape(-1) for v in values]
    found = catalog.ops()["mul"].reference(mul.attributes, values, tensors, [result])[0]
    return np.array_equal(found, every)


def _path_to_layer(editor: Editor, operand: str) -> list[Node]:
    """From the operand's producer up to the layer; empty when something else lies between."""
    path: list[Node] = []
    while editor.only_reader(operand) is not None:
        node = editor.producer(operand)
        if node is None:
            break
        path.append(node)
        if node.op in _LAYERS:
            constants = [editor.data(name) for name in node.inputs[1:] if name]
            plain = node.attributes.clamp == _UNBOUNDED and all(c is not None for c in constants)
            return path if plain else []
        if node.op not in _CARRIES:
            break
        operand = node.inputs[0]
    return []


def _scale(editor: Editor, path: list[Node], factor: float) -> None:
    layer = path[-1]
    constants = [_scaled(editor, editor.tensor(name), factor) if name else name
                 for name in layer.inputs[1:]]
    editor.update(layer, inputs=(layer.inputs[0], *constants))
    for node in path:
        parameters = editor.tensor(node.outputs[0]).quantization
        if parameters is not None:
            editor.retype(node.outputs[0], quantization=_times(parameters, factor))


def _scaled(editor: Editor, constant: Tensor, factor: float) -> str:
    """A constant that stands for `factor` times as much."""
    assert constant.data is not None
    if constant.quantization is not None:
        return editor.add_constant(constant.name, constant.data,
                                   _times(constant.quantization, factor))
    return editor.add_constant(constant.name, np.asarray(constant.data * np.float32(factor)))


def _times(parameters: Quantization, factor: float) -> Quantization:
    return replace(parameters, scale=np.asarray(parameters.scale * factor, np.float32))
