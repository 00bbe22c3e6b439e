"""What every rewrite leaves behind: nodes and constants that nothing reads."""

from __future__ import annotations

import onnx_ir as ir


def remove_unused(graph: ir.Graph) -> None:
    """Removes nodes and initializers that no output depends on."""
    for node in reversed(list(graph)):
        if not any(value.uses() or value.is_graph_output() for value in node.outputs):
            graph.remove(node, safe=True)
    for name, value in list(graph.initializers.items()):
        if not value.uses() and not value.is_graph_output():
            del graph.initializers[name]
