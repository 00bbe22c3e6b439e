"""The ops of the integer graph by name, and the name of an op by its attributes' class."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from edgec import registry
from edgec.errors import LoweringError
from edgec.lower.op import Op

# Ops that only move values: same dtype and same quantization on both sides, whatever the dtype.
# Max pooling is one of them, because the largest of some values is one of them.
MOVEMENT = frozenset({"reshape", "transpose", "concat", "slice", "pad", "gather", "max_pool2d"})

# Ops that compute in float32 and have no int8 form; a unary function has one, the op `lut`.
FLOAT_ONLY = frozenset({"div", "minimum", "maximum", "pow", "reduce_sum", "reduce_max"})


@cache
def ops() -> Mapping[str, Op]:
    """Every op, by name."""
    return MappingProxyType(registry.load_all("edgec.lower.ops", "op"))


@cache
def _names() -> Mapping[type, str]:
    return MappingProxyType({op.attributes: name for name, op in ops().items()})


def op_name(attributes: Any) -> str:
    """The op that `attributes` (an instance of an op's dataclass) belongs to; LoweringError."""
    name = _names().get(type(attributes))
    if name is None:
        raise LoweringError(f"{type(attributes).__name__} is not the attributes class of any op.")
    return name


def is_movement(op: str, attributes: Any) -> bool:
    """Whether a node only moves values; resizing to the nearest pixel does, linear does not."""
    return op in MOVEMENT or (op == "resize" and attributes.mode == "nearest")
