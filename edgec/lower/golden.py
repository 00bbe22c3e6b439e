"""Golden vectors: inputs for a graph, and what the reference gives for them.

They travel in the bundle; a board that cannot reproduce them does not serve the model.
"""

from __future__ import annotations

import numpy as np

from edgec.lower.graph import DTYPES, Array, Graph, Tensor
from edgec.lower.interpret import interpret

SEED = 20
# Ops whose float32 form every CPU computes to the same bits; the rest may differ in the last ones.
EXACT_IN_FLOAT = {"quantize", "dequantize", "reshape", "transpose", "concat", "slice", "pad",
                  "gather", "cast", "max_pool2d", "reduce_max", "minimum", "maximum", "exit"}
FLOAT_TOLERANCE = 1e-4  # of the largest output, for graphs in float32 alone
MIXED_TOLERANCE = 2e-2  # where float32 results, or others one step off, become 8 bits further on


def golden(graph: Graph, exact: bool = True
           ) -> tuple[tuple[Array, ...], tuple[Array, ...], float]:
    """Seeded inputs, the reference's outputs, and the largest difference a board may show.

    exact: whether the backend gives the references' bytes on int8 ops.
    """
    random = np.random.default_rng(SEED)
    inputs = {name: values(graph, graph.tensors[name], random) for name in graph.inputs}
    outputs = interpret(graph, inputs)
    ordered = tuple(outputs[name] for name in graph.outputs)
    return tuple(inputs[name] for name in graph.inputs), ordered, tolerance(graph, ordered, exact)


def tolerance(graph: Graph, outputs: tuple[Array, ...], exact: bool) -> float:
    """The largest difference of an output that a board may show."""
    computing = [n for n in graph.nodes if n.op not in EXACT_IN_FLOAT]
    inexact = [n for n in computing if graph.tensors[n.outputs[0]].dtype == "f32"]
    if exact and not inexact:
        return 0.0
    largest = max((float(np.abs(y).max(initial=0.0)) for y in outputs), default=0.0)
    share = MIXED_TOLERANCE if len(inexact) < len(computing) else FLOAT_TOLERANCE
    return max(largest * share, 1e-6)


def values(graph: Graph, tensor: Tensor, random: np.random.Generator) -> Array:
    """Values that the graph meets in life: inside the quantized range, or inside a table."""
    if tensor.dtype == "f32":
        return _floats(graph, tensor, random)
    if tensor.dtype in ("s8", "u8"):
        info = np.iinfo(DTYPES[tensor.dtype])
        return random.integers(info.min, info.max + 1, tensor.shape).astype(DTYPES[tensor.dtype])
    gathers = [n for n in graph.consumers(tensor.name) if n.op == "gather"]
    rows = [graph.tensors[n.inputs[0]].shape[n.attributes.axis] for n in gathers]
    return random.integers(0, min(rows, default=2), tensor.shape).astype(DTYPES[tensor.dtype])


def _floats(graph: Graph, tensor: Tensor, random: np.random.Generator) -> Array:
    """Over the range of the quantize that reads the input; without one 0 to 1, fit for a mask."""
    for node in graph.consumers(tensor.name):
        quantization = graph.tensors[node.outputs[0]].quantization
        if node.op == "quantize" and quantization is not None:
            low, high = (float(quantization.scale[0]) * (q - int(quantization.zero_point[0]))
                         for q in (-128, 127))
            return random.uniform(low, high, tensor.shape).astype(np.float32)
    return random.uniform(0.0, 1.0, tensor.shape).astype(np.float32)
