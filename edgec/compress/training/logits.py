"""Where a graph's logits are: most exported classifiers end in a Softmax, losses want its input."""

from __future__ import annotations

from edgec.model.execute import TorchGraph

_SAME_VALUES = ("QuantizeLinear", "DequantizeLinear", "Identity")


def logits_name(graph: TorchGraph) -> str:
    """The first output, or what enters the Softmax over its last axis where it is one.

    A cross-entropy of probabilities would train, slowly and towards something else. LogSoftmax
    needs no care: a softmax of it is the softmax of its input.
    """
    output = graph.outputs[0]
    node = graph.makers.get(output)
    while node is not None and node.op_type in _SAME_VALUES and node.inputs[0] is not None:
        node = node.inputs[0].producer()
    if node is None or node.op_type != "Softmax" or node.inputs[0] is None:
        return output
    axis, shape = node.attributes.get_int("axis", -1), node.inputs[0].shape
    last = axis == -1 or (shape is not None and axis == len(shape) - 1)
    return str(node.inputs[0].name) if last else output
