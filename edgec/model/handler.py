"""How one ONNX op runs in torch: the contract of every module in `edgec.model.handlers`.

A module's `PLUGIN` is a dict from op type ("Conv", or "domain::Op" outside ONNX) to Handler.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import onnx_ir as ir
from torch import Tensor

from edgec import registry

HANDLERS = "edgec.model.handlers"


@dataclass(frozen=True)
class Call:
    """One node, as its handler sees it.

    attributes: plain Python values. input_types, output_types: element types, None where absent or
    unknown. output_shape: static shape of the first output, None when unknown. training: whether
    BatchNormalization uses the batch's statistics.
    """

    name: str
    op: str
    opset: int
    attributes: Mapping[str, Any] = field(default_factory=dict)
    input_types: tuple[ir.DataType | None, ...] = ()
    output_types: tuple[ir.DataType | None, ...] = ()
    output_shape: tuple[int, ...] | None = None
    training: bool = False

    def get(self, attribute: str, default: Any = None) -> Any:
        """The attribute's value, or `default` when the node does not have it."""
        return self.attributes.get(attribute, default)

    @property
    def outputs(self) -> int:
        """How many outputs the node has."""
        return len(self.output_types)


Result = Tensor | tuple[Tensor | None, ...]


def accepts(call: Call) -> str:
    """The rule of handlers that run every form of their op."""
    return ""


@dataclass(frozen=True)
class Handler:
    """run(call, *inputs) -> output or tuple of outputs; absent inputs are None or left out.

    trains: the inputs that hold what training learns. single_numbers: whether one number there is
    learned too; in arithmetic it is a constant of the formula. refuses: why a node cannot run, ""
    when it can; it must tell before any input is known.
    """

    run: Callable[..., Result]
    trains: tuple[int, ...] = ()
    single_numbers: bool = True
    refuses: Callable[[Call], str] = accepts


@cache
def handlers() -> Mapping[str, Handler]:
    """Every handler, by op."""
    found: dict[str, Handler] = {}
    for family in registry.load_all(HANDLERS, "handler family").values():
        repeated = found.keys() & family.keys()
        assert not repeated, f"two handlers for {sorted(repeated)}"
        found.update(family)
    return found


def op_key(node: ir.Node) -> str:
    """The key of a node's op among `handlers`."""
    return f"{node.domain}::{node.op_type}" if node.domain else node.op_type


def ints(values: Tensor | None) -> list[int] | None:
    """A tensor of shapes, axes or indices as Python integers."""
    return None if values is None else [int(v) for v in values.reshape(-1).tolist()]


def axes(call: Call, given: Tensor | None) -> list[int] | None:
    """Axes from an input (newer opsets) or the attribute (older ones); None when neither."""
    if given is not None:
        return ints(given)
    attribute = call.get("axes")
    return None if attribute is None else list(attribute)
