"""The typed integer graph that every backend emits from.

Frozen dataclasses; a pass returns a new Graph. Images are NHWC. A tensor's type is one of `DTYPES`;
a tensor of type s8 stands for real numbers: real = scale * (q - zero_point); so does one of type u8
that a model takes or gives.
Constants are tensors with data. Names are unique in a graph and are kept from the ONNX file, so
that a user finds their layers again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

DTYPES: Mapping[str, np.dtype[Any]] = {
    "f32": np.dtype(np.float32),
    "s8": np.dtype(np.int8),
    "u8": np.dtype(np.uint8),
    "s32": np.dtype(np.int32),
    "u32": np.dtype(np.uint32),
    "s64": np.dtype(np.int64),
}


@dataclass(frozen=True)
class Quantization:
    """real = scale * (q - zero_point); per tensor when `axis` is None, else per index of `axis`.

    scale: float32 array, shape (1,) or (dim[axis],), all > 0. zero_point: int32 array, same shape.
    """

    scale: Array
    zero_point: Array
    axis: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "scale", np.atleast_1d(np.asarray(self.scale, np.float32)))
        object.__setattr__(self, "zero_point", np.atleast_1d(np.asarray(self.zero_point, np.int32)))
        assert self.scale.shape == self.zero_point.shape
        assert self.scale.ndim == 1
        assert self.axis is not None or self.scale.size == 1

    def moved(self, by: int) -> Quantization:
        """The same of integers that are greater by so much."""
        return Quantization(self.scale, self.zero_point + by, self.axis)

    def same_as(self, other: Quantization | None) -> bool:
        """Whether both map every integer to the same real number."""
        return (other is not None and self.axis == other.axis
                and np.array_equal(self.scale, other.scale)
                and np.array_equal(self.zero_point, other.zero_point))


@dataclass(frozen=True)
class Tensor:
    """One value: shape (all dims known), type, quantization of s8, u8 and s32, data if constant."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    quantization: Quantization | None = None
    data: Array | None = field(default=None, compare=False)

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def nbytes(self) -> int:
        """Size in bytes."""
        return self.size * DTYPES[self.dtype].itemsize


@dataclass(frozen=True)
class Node:
    """One operation. `op` names a module of edgec.lower.ops; `attributes` is that op's dataclass.

    An absent optional input is the empty string. `reason` says why a node runs in float32 although
    the model is quantized, in the words of the placement rule that refused it.
    """

    name: str
    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Any
    reason: str = ""


@dataclass(frozen=True)
class Graph:
    """Nodes in execution order over named tensors."""

    name: str
    tensors: Mapping[str, Tensor]
    nodes: tuple[Node, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    def consumers(self, tensor: str) -> tuple[Node, ...]:
        """The nodes that read `tensor`, in order."""
        return tuple(n for n in self.nodes if tensor in n.inputs)

    def producer(self, tensor: str) -> Node | None:
        """The node that writes `tensor`, or None for inputs and constants."""
        return next((n for n in self.nodes if tensor in n.outputs), None)
