"""What a .tflite file is made of, before it becomes bytes.

Names of tables, fields and operators are those of the TensorFlow Lite schema. Tensors are the
graph's own kind; a tensor with data is a constant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from edgec.lower.backends.tflite.sparse import Blocks
from edgec.lower.graph import Tensor


class Padding(IntEnum):
    """How a window is laid over an image; the schema's numbers."""

    SAME = 0
    VALID = 1


class Activation(IntEnum):
    """What an operator clamps its result to; the schema's numbers."""

    NONE = 0
    RELU = 1
    RELU_N1_TO_1 = 2
    RELU6 = 3


@dataclass(frozen=True)
class Options:
    """Attributes of an operator: a table of the schema and its fields."""

    table: str
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class OperatorRecord:
    """One operator; inputs and outputs are indices of tensors."""

    code: str
    version: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Options | None = None


@dataclass(frozen=True)
class SubgraphRecord:
    """A subgraph and its signature. four_bits: int8 constants, stored as int4; sparse: in blocks.
    """

    name: str
    tensors: tuple[Tensor, ...]
    operators: tuple[OperatorRecord, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    four_bits: frozenset[int] = frozenset()
    sparse: Mapping[int, Blocks] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelRecord:
    """A whole model. metadata: buffers by name, besides those that every file has."""

    name: str
    subgraphs: tuple[SubgraphRecord, ...]
    metadata: Mapping[str, bytes] = field(default_factory=dict)
