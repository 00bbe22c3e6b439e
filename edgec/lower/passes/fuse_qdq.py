"""dequantize → op → quantize becomes the op in int8, where its rules allow; else it says why not.

Runs when quantize and dequantize stand next to the ops that compute. A node that stays in float32
although the model is quantized gets its reason, in the words of the rule that refused it.
"""

from __future__ import annotations

from edgec.lower import catalog
from edgec.lower.editor import Editor
from edgec.lower.graph import Graph, Node, Quantization, Tensor
from edgec.lower.ops.lut import Lut, table
from edgec.lower.passes._int8_inputs import NotInt8, int8_inputs

_BOUNDARY = frozenset({"quantize", "dequantize", "cast"})


def run(graph: Graph) -> Graph:
    """Every node that computes is fused or has a reason; a graph without quantize is left alone."""
    if not any(node.op in ("quantize", "dequantize") for node in graph.nodes):
        return graph
    editor = Editor(graph)
    for node in graph.nodes:
        current = editor.current(node)
        if current is None or current.op in _BOUNDARY or current.op == "lut" \
                or catalog.is_movement(current.op, current.attributes) \
                or editor.tensor(current.outputs[0]).dtype != "f32":
            continue
        try:
            _fuse(editor, current)
        except NotInt8 as reason:
            editor.update(current, reason=str(reason))
    return editor.finish()


def _fuse(editor: Editor, node: Node) -> None:
    if node.op in catalog.FLOAT_ONLY:
        raise NotInt8(f"{node.op} has no int8 form")
    result = _quantized_result(editor, node)
    assert result.quantization is not None
    inputs = int8_inputs(editor, node, float(result.quantization.scale[0]))
    op, attributes = node.op, node.attributes
    if node.op == "unary":
        op, attributes = "lut", Lut(attributes.kind, attributes.alpha, attributes.beta)
        inputs.append(_table(node, attributes, inputs[0], result.quantization))
    broken = list(catalog.ops()[op].broken_rules(attributes, inputs, [result]))
    if broken:
        raise NotInt8(" ".join(broken))
    names = tuple(_added(editor, tensor) for tensor in inputs)
    for quantize in editor.consumers(node.outputs[0]):
        if quantize.outputs[0] == result.name:
            editor.remove(quantize)
    twins = editor.consumers(node.outputs[0])
    editor.update(node, op=op, attributes=attributes, inputs=names, outputs=(result.name,))
    for quantize in twins:
        editor.redirect(quantize.outputs[0], result.name)


def _added(editor: Editor, tensor: Tensor | None) -> str:
    """The name of a tensor of the graph; a new constant is added."""
    if tensor is None:
        return ""
    if tensor.data is None or editor.has(tensor):
        return tensor.name
    return editor.add_constant(tensor.name, tensor.data, tensor.quantization)


def _table(node: Node, attributes: Lut, source: Tensor | None, result: Quantization | None
           ) -> Tensor:
    assert source is not None
    assert source.quantization is not None
    assert result is not None
    entries = table(attributes, source.quantization, result)
    return Tensor(f"{node.name}.table", (256,), "s8", None, entries)


def _quantized_result(editor: Editor, node: Node) -> Tensor:
    """The s8 tensor that the node's result becomes, if all who read it read that one."""
    name = node.outputs[0]
    readers = editor.consumers(name)
    if name in editor.outputs:
        raise NotInt8(f"its output {name!r} leaves the model in float32")
    for reader in readers:
        if reader.op != "quantize":
            raise NotInt8(f"its output {name!r} is read in float32 by {reader.name!r} "
                          f"({reader.op})")
    results = [editor.tensor(reader.outputs[0]) for reader in readers]
    first = results[0]
    assert first.quantization is not None
    if not all(first.quantization.same_as(r.quantization) for r in results):
        raise NotInt8(f"its output {name!r} is quantized in {len(results)} ways")
    return next((r for r in results if r.name in editor.outputs), first)
