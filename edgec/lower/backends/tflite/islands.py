"""int8 nodes that LiteRT has only in float32: dequantize, the node, quantize."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from edgec.lower.backend import Pass, Site
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
