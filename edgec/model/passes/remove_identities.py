"""Removes nodes that change nothing when a trained model runs.

Identity; Dropout in inference; Cast to the type a value already has; Reshape, Expand and Transpose
to what is there already; Concat of one value.
"""

from __future__ import annotations

import onnx_ir as ir

from edgec.model.passes.infer_shapes import is_static


def run(model: ir.Model) -> ir.Model:
    """Removes every identity that does not join a graph input or constant to a graph output."""
    graph = model.graph
    for node in list(graph):
        if _is_identity(node):
            _bypass(graph, node)
    return model


def _is_identity(node: ir.Node) -> bool:
    if node.domain:
        return False
    if any(value.uses() or value.is_graph_output() for value in node.outputs[1:]):
        return False
    source, result = node.inputs[0] if node.inputs else None, node.outputs[0]
    if source is None:
        return False
    if node.op_type == "Identity":
        return True
    if node.op_type == "Dropout":
        mode = node.inputs[2] if len(node.inputs) > 2 else None
        tensor = None if mode is None else mode.const_value
        return mode is None or (tensor is not None and not tensor.numpy().any())
    if not (is_static(source) and is_static(result)) or source.dtype != result.dtype:
        return False
    if node.op_type in ("Cast", "CastLike"):
        return True
    if node.op_type == "Transpose":
        perm = node.attributes.get_ints("perm", list(range(len(result.shape or ())))[::-1])
        return list(perm) == sorted(perm)
    if node.op_type == "Concat":
        return len(node.inputs) == 1
    return node.op_type in ("Reshape", "Expand") and source.shape == result.shape


def _bypass(graph: ir.Graph, node: ir.Node) -> None:
    source, result = node.inputs[0], node.outputs[0]
    assert source is not None
    if result.is_graph_output():
        if source.producer() is None or source.is_graph_output():
            return
        name = result.name
        result.name = f"{name}/identity"
        ir.convenience.replace_all_uses_with(result, source, replace_graph_outputs=True)
        source.name = name
    else:
        ir.convenience.replace_all_uses_with(result, source)
    graph.remove(node, safe=True)


PLUGIN = run
