"""Relu and Clip behind an op that clamps its results anyway become its clamp."""

from __future__ import annotations

import math
from dataclasses import replace

from edgec.lower.editor import Editor
from edgec.lower.graph import Graph, Node


def run(graph: Graph) -> Graph:
    """Where the op's result is read by nobody else. A second clamp narrows the first."""
    editor = Editor(graph)
    for original in graph.nodes:
        node = editor.current(original)
        if node is None:
            continue
        bounds = _bounds(node)
        source = editor.producer(node.inputs[0])
        if bounds is None or source is None or not hasattr(source.attributes, "clamp") \
                or editor.only_reader(source.outputs[0]) is None:
            continue
        clamp = _both(source.attributes.clamp, bounds)
        editor.update(source, attributes=replace(source.attributes, clamp=clamp))
        editor.redirect(node.outputs[0], source.outputs[0])
    return editor.finish()


def _bounds(node: Node) -> tuple[float, float] | None:
    if node.op != "unary":
        return None
    if node.attributes.kind == "relu":
        return 0.0, math.inf
    if node.attributes.kind == "clip":
        return node.attributes.alpha, node.attributes.beta
    return None


def _both(inner: tuple[float, float], outer: tuple[float, float]) -> tuple[float, float]:
    """One clamp that does what `inner` and then `outer` do, also where they do not overlap."""
    low, high = (min(max(bound, outer[0]), outer[1]) for bound in inner)
    return low, high
