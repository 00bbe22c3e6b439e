"""Activations that a model spells out in several nodes become one function of one element.

    silu        x · sigmoid(x)
    hard_swish  x · hard_sigmoid(x), with alpha 1/6 and beta 1/2
    hard_swish  x · clip(x + 3, 0, 6) · 1/6, in either order
"""

from __future__ import annotations

import math
from collections import Counter

from edgec.lower.editor import Editor
from edgec.lower.graph import Graph, Node
from edgec.lower.ops.unary import Unary

_TOLERANCE = 1e-5


def run(graph: Graph) -> Graph:
    """Looks at every product: what is multiplied, and by which constant altogether."""
    editor = Editor(graph)
    for node in graph.nodes:
        if node.op == "mul" and editor.current(node) == node:
            kind = _kind(editor, node)
            if kind is not None:
                editor.update(node, op="unary", attributes=Unary(kind[0]), inputs=(kind[1],))
    return editor.finish()


def _kind(editor: Editor, node: Node) -> tuple[str, str] | None:
    """(kind, x) when the product that ends at `node` is an activation of x."""
    if node.attributes.clamp != (-math.inf, math.inf):
        return None
    factors, constant = _factors(editor, node)
    if sum(factors.values()) != 2:
        return None
    for gate in factors:
        rest = factors - Counter([gate])
        x = next(iter(rest))
        kind = _gated(editor, gate, x, constant)
        if kind is not None:
            return kind, x
    return None


def _factors(editor: Editor, node: Node) -> tuple[Counter[str], float]:
    """The tensors that are multiplied in a tree of products, and the product of its constants."""
    tensors: Counter[str] = Counter()
    constant, waiting = 1.0, list(node.inputs)
    while waiting:
        name = waiting.pop()
        inner, value = editor.producer(name), editor.data(name)
        if value is not None and value.size == 1:
            constant *= float(value.reshape(-1)[0])
        elif inner is not None and inner.op == "mul" and editor.only_reader(name) is not None \
                and inner.attributes.clamp == (-math.inf, math.inf):
            waiting.extend(inner.inputs)
        else:
            tensors[name] += 1
    return tensors, constant


def _gated(editor: Editor, gate: str, x: str, constant: float) -> str | None:
    """The activation x · gate · constant, when `gate` is a known function of x."""
    node = editor.producer(gate)
    if node is None:
        return None
    if node.op == "unary" and node.inputs[0] == x and _near(constant, 1.0):
        if node.attributes.kind == "sigmoid":
            return "silu"
        if node.attributes.kind == "hard_sigmoid" and _near(node.attributes.alpha, 1 / 6) \
                and _near(node.attributes.beta, 0.5):
            return "hard_swish"
    if _near(constant, 1 / 6) and _is_relu6_of_x_plus_3(editor, node, x):
        return "hard_swish"
    return None


def _near(value: float, wanted: float) -> bool:
    return abs(value - wanted) <= _TOLERANCE * abs(wanted)


def _plus(editor: Editor, node: Node | None, wanted: float) -> str | None:
    """The tensor that `node` adds the constant `wanted` to."""
    if node is None or node.op != "add":
        return None
    for name, other in (node.inputs, node.inputs[::-1]):
        value = editor.data(other)
        if value is not None and value.size == 1 and _near(float(value.reshape(-1)[0]), wanted):
            return name
    return None


def _is_relu6_of_x_plus_3(editor: Editor, node: Node, x: str) -> bool:
    if node.op != "unary" or node.attributes != Unary("clip", 0.0, 6.0):
        return False
    return _plus(editor, editor.producer(node.inputs[0]), 3.0) == x
