"""int8 nodes that LiteRT has only in float32: dequantize, the node, quantize."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from edgec.lower.backend import Pass, Site
from edgec.lower.catalog import op_name
from edgec.lower.constants import real_value
from edgec.lower.editor import Editor
from edgec.lower.graph import Graph, Node, Tensor
from edgec.lower.ops.dequantize import Dequantize
from edgec.lower.ops.lut import Lut
from edgec.lower.ops.quantize import Quantize
from edgec.lower.ops.unary import Unary

Rules = Callable[[Site], Sequence[str]]


def float_islands(broken_rules: Rules) -> Pass:
    """A pass that moves the nodes with broken rules to float32, where that helps."""
    def run(graph: Graph) -> Graph:
        editor = Editor(graph)
        for node in graph.nodes:
            site = Site.of(node, graph.tensors)
            if site.y.dtype == "s8" and node.op != "quantize":
                broken = broken_rules(site)
                if broken and not broken_rules(_in_float(site)):
                    _move(editor, node, broken[0])
        return editor.finish()
    return run


def _in_float(site: Site) -> Site:
    """The node as it would be in float32."""
    attributes, count = _float_form(site.attributes, len(site.inputs))
    inputs = tuple(_float_tensor(t) for t in site.inputs[:count])
    node = Node(site.node.name, op_name(attributes), site.node.inputs[:count], site.node.outputs,
                attributes)
    return Site(node, inputs, tuple(t for t in map(_float_tensor, site.outputs) if t))


def _float_form(attributes: Any, inputs: int) -> tuple[Any, int]:
    """Attributes, and how many inputs they go with: a table becomes its function, without it."""
    if isinstance(attributes, Lut):
        return Unary(attributes.kind, attributes.alpha, attributes.beta), 1
    return attributes, inputs


def _float_tensor(tensor: Tensor | None) -> Tensor | None:
    if tensor is None or tensor.quantization is None:
        return tensor
    data = None if tensor.data is None else real_value(tensor)
    return Tensor(tensor.name, tensor.shape, "f32", None, data)


def _move(editor: Editor, node: Node, reason: str) -> None:
    attributes, count = _float_form(node.attributes, len(node.inputs))
    inputs = [_float_input(editor, node, name) for name in node.inputs[:count]]
    y = editor.tensor(node.outputs[0])
    result = editor.rebuild(node, attributes, inputs)
    current = editor.current(node)
    assert current is not None
    editor.update(current, reason=reason)
    editor.emit(Quantize(), [result], f"{node.name}.quantize", y.name, y.quantization)


def _float_input(editor: Editor, node: Node, name: str) -> str:
    tensor = editor.tensor(name) if name else None
    if tensor is None or tensor.quantization is None:
        return name
    if tensor.data is not None:
        return editor.add_constant(f"{name}.float", real_value(tensor))
    return editor.emit(Dequantize(), [name], f"{node.name}.dequantize")
