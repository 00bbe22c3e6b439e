"""What an .edgec file says, as records. spec.md beside this file defines every field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from edgec.format import few_bits

MAGIC = b"\x89EDGEC\r\n"
MAJOR, MINOR = 2, 2
HEADER_BYTES = 64
ALIGNMENT = 64
STRING_LIMIT = 1024
METADATA_LIMIT = 2**26
ARENA_LIMIT = 2**32
TENSOR_LIMIT_BYTES = 2**32
COUNT_LIMIT = 65536
PORT_LIMIT = 256
RANK_LIMIT = 6

# By the number that stands for them in the file.
DTYPES = ("f32", "s8", "u8", "s32", "u32", "s64")
STORED_DTYPES = (*DTYPES, *few_bits.BITS)
LAYOUTS = ("plain", "s8_16c4", "f32_16", "dw16", "s8_block")
KINDS = ("arena", "constant")

NUMPY: Mapping[str, np.dtype[Any]] = MappingProxyType({
    "f32": np.dtype("<f4"), "s8": np.dtype("i1"), "u8": np.dtype("u1"),
    "s32": np.dtype("<i4"), "u32": np.dtype("<u4"), "s64": np.dtype("<i8"),
})


@dataclass(frozen=True)
class TensorRecord:
    """A tensor: in the arena at `offset` when `data` is None, else a constant (offset unused).

    scale 0 means not quantized, or quantized per channel. stored: how the file has a constant, a
    name of `few_bits.BITS`; empty: as it is, for use in place.
    """

    name: str
    dtype: str
    dims: tuple[int, ...]
    layout: str = "plain"
    scale: float = 0.0
    zero_point: int = 0
    offset: int = 0
    data: npt.NDArray[Any] | None = field(default=None, compare=False)
    stored: str = ""

    @property
    def nbytes(self) -> int:
        """Size in memory, in bytes."""
        return self._elements * NUMPY[self.dtype].itemsize

    @property
    def stored_bytes(self) -> int:
        """Size in the file, or in the arena, in bytes."""
        if not self.stored:
            return self.nbytes
        return few_bits.stored_bytes(self.stored, self._elements)

    @property
    def _elements(self) -> int:
        return int(np.prod(self.dims, dtype=np.int64))


@dataclass(frozen=True)
class NodeRecord:
    """One step: tensors by index (-1: absent), params as int32."""

    op: str
    name: str
    macs: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    params: tuple[int, ...] = ()


@dataclass(frozen=True)
class PlanFile:
    """A whole file. inputs, outputs: tensor indices."""

    name: str
    producer: str
    target: str
    tensors: tuple[TensorRecord, ...]
    nodes: tuple[NodeRecord, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    arena_bytes: int


def aligned(offset: int) -> int:
    """The next multiple of 64."""
    return -(-offset // ALIGNMENT) * ALIGNMENT
