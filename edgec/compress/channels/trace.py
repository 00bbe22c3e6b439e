"""What is known of a graph's channels while it is walked in execution order.

Every tensor gets labels: an array of atoms that broadcasts to the tensor's shape. An element that
vanishes together with a channel has that channel's atom. Operations that only move elements move
the labels the same way (so flattening, heads and channel shuffles need no rules of their own);
all others want the channels along one axis.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import onnx_ir as ir

from edgec.compress.channels.atoms import STAYS, Atoms, Ledger
from edgec.compress.method import Array
from edgec.model.inspect import static_shape
from edgec.model.passes.fold_constants import constant_of

NO_CHANNELS = np.zeros(0, np.int32)


class Trace:
    """labels: of every value with channels. ties: (initializer, axis) and its atoms, per node.

    layers: the nodes that make channels, with their atoms. fixed: (value, axis) along which a node
    picks by number, so that nothing may go there, and why.
    """

    def __init__(self) -> None:
        self.atoms = Ledger()
        self.labels: dict[ir.Value, Atoms] = {}
        self.ties: dict[tuple[ir.Value, int], dict[ir.Node, Atoms]] = {}
        self.layers: list[tuple[ir.Node, Atoms]] = []
        self.fixed: list[tuple[ir.Value, int, str]] = []

    def fresh(self, node: ir.Node, count: int) -> Atoms:
        """Atoms for the channels that a layer makes."""
        made = self.atoms.fresh(count)
        self.layers.append((node, made))
        return made

    def tie(self, node: ir.Node, constant: ir.Value | None, axis: int, atoms: Atoms) -> None:
        """The entries of a constant along `axis` go with these atoms, as `node` reads it."""
        if constant is not None:
            self.ties.setdefault((constant, axis), {})[node] = atoms

    def of(self, value: ir.Value) -> Atoms:
        """The labels of a value."""
        found = self.labels.get(value)
        return np.zeros((1,) * len(static_shape(value)), np.int32) if found is None else found

    def full(self, value: ir.Value) -> Atoms:
        """The labels of every element."""
        return np.broadcast_to(self.of(value), static_shape(value))

    def put(self, value: ir.Value, labels: Atoms) -> None:
        """Sets the labels of a value; axes along which they do not change are made 1."""
        slim = compressed(labels)
        if slim.size == 1:  # a tensor cannot lose all of its elements
            self.atoms.keep(slim.ravel(), f"{value.name} would be left empty")
        elif slim.any():
            self.labels[value] = slim

    def put_along(self, value: ir.Value, axis: int, atoms: Atoms) -> None:
        """Sets the labels of a value whose channels lie along one axis."""
        self.put(value, along(atoms, axis, len(static_shape(value))))

    def channels(self, value: ir.Value | None) -> tuple[int, Atoms]:
        """The axis of a value's channels and their atoms; (-1, none) where it has no channels.

        Where labels change along several axes, as in attention heads × width, whole slices along
        the first of them go together.
        """
        if value is None or value not in self.labels:
            return -1, NO_CHANNELS
        labels = self.labels[value]
        axis = varying(labels)[0]
        rows = np.moveaxis(labels, axis, 0).reshape(labels.shape[axis], -1)
        self.atoms.join(rows, rows[:, :1], f"{value.name} has channels that stay")
        return axis, rows[:, 0]

    def refuse(self, node: ir.Node, why: str) -> None:
        """No channel that reaches this node may go."""
        self.keep(node, (v for v in node.inputs if v is not None), why)

    def keep(self, node: ir.Node, values: Iterable[ir.Value], why: str) -> None:
        """The channels of these values stay, because of `node`."""
        for value in values:
            self.atoms.keep(self.of(value), f"{node.op_type} {node.name}: {why}")


def compressed(labels: Atoms) -> Atoms:
    """The same labels with size 1 along every axis where they do not change."""
    for axis in varying(labels):
        first = labels.take([0], axis)
        if (labels == first).all():
            labels = first
    return labels


def varying(labels: Atoms) -> list[int]:
    """The axes of more than one element."""
    return [axis for axis, size in enumerate(labels.shape) if size > 1]


def along(atoms: Atoms, axis: int, rank: int) -> Atoms:
    """Atoms [n] as labels of a tensor of that rank."""
    shape = [1] * rank
    shape[axis] = len(atoms)
    return atoms.reshape(shape)


def staying(count: int) -> Atoms:
    """Atoms of channels that all stay."""
    return np.full(count, STAYS, np.int32)


def constant(value: ir.Value | None) -> Array | None:
    """The data of an initializer, None for what is computed."""
    tensor = constant_of(value)
    return None if tensor is None else tensor.numpy()
