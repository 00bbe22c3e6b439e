"""Residual blocks, found on the graph, and networks without some of them.

A block is what lies between x and x + f(x). Where it is dropped, x takes the place of the sum.
He et al. 2015, arXiv 1512.03385, section 3.1: f is made to be small against x, so the layers
behind still understand what they get.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import onnx_ir as ir
from onnx_ir.passes.common import RemoveUnusedNodesPass


@dataclass(frozen=True)
class Block:
    """sum: the value x + f(x), of x's shape. entry: x. nodes: those of f, by name."""

    sum: str
    entry: str
    nodes: tuple[str, ...]


def find_blocks(model: ir.Model) -> tuple[Block, ...]:
    """All residual blocks that could be left out, in the order of the graph.

    A block whose shortcut is computed too, as where a stage halves the image, is none, nor is one
    whose inside is read from elsewhere.
    """
    found = []
    for node in model.graph:
        if node.op_type == "Add" and not node.domain and not node.outputs[0].is_graph_output():
            for entry, end in (node.inputs, tuple(reversed(node.inputs))):
                block = _block(node, entry, end)
                if block is not None:
                    found.append(block)
    return tuple(found)


def drop_blocks(model: ir.Model, blocks: Sequence[Block]) -> ir.Model:
    """A copy of the model without these blocks of `find_blocks`; the model is untouched."""
    copy = model.clone()
    values = ir.convenience.create_value_mapping(copy.graph)
    order = {str(v.name): i for i, node in enumerate(copy.graph) for v in node.outputs}
    # The last one first: an earlier block's sum may be a later one's entry.
    for block in sorted(blocks, key=lambda block: -order[block.sum]):
        ir.convenience.replace_all_uses_with(values[block.sum], values[block.entry])
    return RemoveUnusedNodesPass()(copy).model


def spread(blocks: Sequence[Block], kept: float) -> tuple[Block, ...]:
    """The blocks to drop so that this share stays: from all over the network."""
    n = len(blocks)
    gone = n - round(kept * n)
    return tuple(blocks[(2 * i + 1) * n // (2 * gone)] for i in range(gone))


def _block(add: ir.Node, entry: ir.Value | None, end: ir.Value | None) -> Block | None:
    """The block that the sum of these two closes, or None."""
    if entry is None or end is None or entry is end or entry.shape != end.shape or (
            entry.shape is None or entry.shape != add.outputs[0].shape):
        return None
    inside = _between(entry, end)
    if not inside:
        return None
    for node in inside:
        for value in node.outputs:
            outside = any(user not in inside and user is not add for user, _ in value.uses())
            if value.is_graph_output() or outside:
                return None
    ordered = sorted(inside, key=lambda node: str(node.name))
    return Block(str(add.outputs[0].name), str(entry.name),
                 tuple(str(node.name) for node in ordered))


def _between(entry: ir.Value, end: ir.Value) -> set[ir.Node]:
    """The nodes on a way from `entry` to `end`; empty when there is none."""
    behind: set[ir.Node] = set()
    waiting = [node for node, _ in entry.uses()]
    while waiting:
        node = waiting.pop()
        if node not in behind:
            behind.add(node)
            waiting += [user for value in node.outputs for user, _ in value.uses()]
    inside: set[ir.Node] = set()
    ends = [end.producer()]
    while ends:
        maker = ends.pop()
        if maker is not None and maker in behind and maker not in inside:
            inside.add(maker)
            ends += [value.producer() for value in maker.inputs
                     if value is not None and value is not entry]
    return inside
