"""From a float or QDQ ONNX model to the integer graph, and where each of its nodes runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import onnx_ir as ir

from edgec.lower import catalog
from edgec.lower.from_onnx import import_onnx
from edgec.lower.graph import Graph, Node
from edgec.lower.passes import (
    absorb_scale,
    cancel_transposes,
    dequantize_weights,
    fold_affine,
    fold_constants,
    fold_flatten,
    fold_pad,
    fuse_activations,
    fuse_clamp,
    fuse_qdq,
    move_quantization,
    share,
    simplify_movement,
    sink_reshapes,
)
from edgec.lower.place_exits import place_exits
from edgec.lower.verify import verify
from edgec.model.exits import read_exits

if TYPE_CHECKING:
    from edgec.lower.backend import Backend
    from edgec.target.target import Target

Pass = Callable[[Graph], Graph]

PASSES: tuple[Pass, ...] = (
    fold_constants.run,      # what follows sees plain constants
    share.run,               # one quantize per tensor and parameters: islands are recognized
    fuse_activations.run,    # before a transpose comes between the nodes of a pattern
    cancel_transposes.run,   # float ops end up side by side, in NHWC
    simplify_movement.run,   # transposes that are left may be reshapes, reshapes that met are one
    sink_reshapes.run,       # the same for reshapes, around ops in one dimension
    cancel_transposes.run,   # reshapes no longer stand between transposes
    simplify_movement.run,   # and the other way around
    fold_constants.run,      # constants that were transposed or reshaped to fit
    fold_affine.run,         # matmul + bias, folded batch normalization: before clamps
    fuse_clamp.run,          # relu and clip: before quantize is looked for behind an op
    move_quantization.run,   # quantize and dequantize stand next to the ops that compute
    share.run,               # what was moved to several places may be the same again
    fuse_qdq.run,            # islands become int8 ops
    dequantize_weights.run,  # what stayed float32 has float32 weights
    fold_constants.run,      # of these too
    cancel_transposes.run,   # int8 tables and sums let transposes pass that float islands stopped
    move_quantization.run,   # and bytes are moved again, not floats
    absorb_scale.run,        # between int8 layers, and those that stayed float32
    fold_flatten.run,        # transposes in front of a fully connected layer go into its weights
    fold_pad.run,            # after the transposes between pad and convolution have gone
    simplify_movement.run,   # what all this left behind
    fold_constants.run,      # constants moved by the passes above
    share.run,               # equal constants are stored once
)


@dataclass(frozen=True)
class Placement:
    """Where a node runs: "int8", "float32" or "data movement"; `reason` says why not int8.

    `weights`: how the backend stores them and why, where it has a choice.
    """

    name: str
    op: str
    runs: str
    reason: str
    weights: str = ""


def lower(model: ir.Model) -> Graph:
    """The integer graph of `model`; UnsupportedOps and LoweringError as `import_onnx` says."""
    graph = verify(import_onnx(model), "the import")
    for step in PASSES:
        graph = verify(step(graph), step.__module__.rsplit(".", 1)[-1])
    return verify(place_exits(graph, read_exits(model)), "place_exits")


def lower_for(model: ir.Model, backend: Backend, target: Target) -> Graph:
    """The graph that a backend emits from: `lower`, then the backend's own passes."""
    return specialize(lower(model), backend, target)


def specialize(graph: Graph, backend: Backend, target: Target) -> Graph:
    """A lowered graph after the backend's own passes."""
    for step in backend.passes(target):
        graph = verify(step(graph), step.__module__.rsplit(".", 1)[-1])
    return graph


def placement(graph: Graph) -> list[Placement]:
    """Where each node of `graph` runs, in execution order."""
    return [Placement(n.name, n.op, _runs(graph, n), n.reason) for n in graph.nodes]


def _runs(graph: Graph, node: Node) -> str:
    if catalog.is_movement(node.op, node.attributes) and node.op != "max_pool2d":
        return "data movement"
    types = {graph.tensors[name].dtype for name in (node.inputs[0], node.outputs[0])}
    return "int8" if "s8" in types else "float32"
