"""One ONNX node while it is imported: what an importer may ask for and how it builds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import onnx_ir as ir

from edgec.lower.constants import constant_value
from edgec.lower.editor import Editor
from edgec.lower.graph import Array, Quantization


class Unsupported(Exception):
    """An ONNX node that cannot be imported; the message says why. Collected, never shown alone."""


@dataclass(frozen=True)
class Call:
    """An ONNX node; `inputs` are the tensors of the integer graph it reads, '' where absent."""

    node: ir.Node
    name: str
    inputs: tuple[str, ...]
    editor: Editor

    def has(self, index: int) -> bool:
        """Whether input `index` is given."""
        return index < len(self.inputs) and bool(self.inputs[index])

    def input(self, index: int) -> str:
        """Input `index`; Unsupported when it is absent."""
        if not self.has(index):
            raise Unsupported(f"has no input {index}")
        return self.inputs[index]

    def shape(self, tensor: str) -> tuple[int, ...]:
        """The shape of a tensor."""
        return self.editor.tensor(tensor).shape

    def rank(self, tensor: str) -> int:
        """The number of axes of a tensor."""
        return len(self.shape(tensor))

    def constant(self, index: int, what: str) -> Array:
        """The value of a constant input (quantized ones as float32); Unsupported otherwise."""
        value = constant_value(self.editor, self.input(index))
        if value is None:
            raise Unsupported(f"{what} is not a constant")
        return value

    def scalar(self, index: int, what: str, default: float) -> float:
        """The value of a constant input with one element, `default` when it is absent."""
        if not self.has(index):
            return default
        value = self.constant(index, what)
        if value.size != 1:
            raise Unsupported(f"{what} has {value.size} elements, not one")
        return float(value.reshape(-1)[0])

    def ints(self, name: str, default: Sequence[int] | None = None) -> tuple[int, ...]:
        """An attribute of integers; Unsupported when it is absent and has no default."""
        value = self.node.attributes.get_ints(name, default)
        if value is None:
            raise Unsupported(f"lacks the attribute {name!r}")
        return tuple(int(v) for v in value)

    def integer(self, name: str, default: int) -> int:
        """An integer attribute."""
        return int(self.node.attributes.get_int(name, default))

    def number(self, name: str, default: float) -> float:
        """A float attribute."""
        return float(self.node.attributes.get_float(name, default))

    def text(self, name: str, default: str) -> str:
        """A string attribute."""
        return str(self.node.attributes.get_string(name, default))

    def int_list(self, index: int, what: str) -> tuple[int, ...] | None:
        """The integers in a constant input, None when it is absent."""
        if not self.has(index):
            return None
        return tuple(self.constant(index, what).reshape(-1).astype(np.int64).tolist())

    def only_output(self) -> None:
        """Unsupported when a second output of the node is used."""
        if any(v.name and (v.uses() or v.is_graph_output()) for v in self.node.outputs[1:]):
            raise Unsupported("has a second output that is used")

    def emit(self, attributes: Any, inputs: Sequence[str], part: str = "",
             quantization: Quantization | None = None) -> str:
        """A node of the integer graph: the ONNX node itself, or a `part` of it."""
        name = f"{self.name}.{part}" if part else self.name
        return self.editor.emit(attributes, inputs, name, quantization=quantization)

    def add_constant(self, part: str, data: Array | np.generic,
                     quantization: Quantization | None = None) -> str:
        """A constant that belongs to the ONNX node."""
        return self.editor.add_constant(f"{self.name}.{part}", np.asarray(data), quantization)

    def part(self, part: str) -> Call:
        """A call whose node is named as a part of this one."""
        return replace(self, name=f"{self.name}.{part}")


Importer = Callable[[Call], Sequence[str]]
Importers = Mapping[str, Importer]


def normal_axis(axis: int, rank: int) -> int:
    """A possibly negative axis as 0 .. rank-1; Unsupported when it is outside."""
    if not -rank <= axis < rank:
        raise Unsupported(f"axis {axis} does not fit a tensor of rank {rank}")
    return axis % rank
