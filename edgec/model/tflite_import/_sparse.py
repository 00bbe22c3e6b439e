"""Sparse constants of .tflite files, made dense.

A tensor of n axes with k blocked ones is stored as one of n + k axes: the blocked axes are split
into blocks and positions inside. They are stored in `traversal order`; each is dense, or CSR with
segments and indices. Source: schema.fbs, SparsityParameters.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edgec.model.tflite_import._bounds import Broken

Array = npt.NDArray[Any]

_DENSE, _CSR = 0, 1
_INDEX_TYPES: Mapping[int, np.dtype[Any]] = {
    1: np.dtype("<i4"), 2: np.dtype("<u2"), 3: np.dtype("u1")}


@dataclass(frozen=True)
class _Level:
    """One stored axis: its size, and for CSR where the entries of each parent are, and which."""

    size: int
    segments: Array | None = None
    indices: Array | None = None


def dense(sparsity: Any, values: Array, shape: tuple[int, ...], name: str) -> Array:
    """`values` in an array of `shape`, zeros elsewhere; Broken when it does not fit."""
    order = [int(v) for v in np.atleast_1d(sparsity.TraversalOrderAsNumpy())]
    blocked = [] if sparsity.BlockMapIsNone() else [int(v) for v in sparsity.BlockMapAsNumpy()]
    levels = [_level(sparsity.DimMetadata(i)) for i in range(sparsity.DimMetadataLength())]
    if sorted(order) != list(range(len(shape) + len(blocked))) or len(levels) != len(order) \
            or any(not 0 <= axis < len(shape) for axis in blocked):
        raise Broken(f"its sparse tensor {name!r} has axes {order} for {len(shape)} dimensions")
    split = list(shape) + [1] * len(blocked)
    for number, axis in enumerate(blocked):
        block = levels[order.index(len(shape) + number)].size
        if block < 1 or split[axis] % block:
            raise Broken(f"its sparse tensor {name!r} has blocks of {block} along {split[axis]}")
        split[axis] //= block
        split[len(shape) + number] = block
    places = _places(levels, [split[a] for a in order], name)
    if places.size != values.size:
        raise Broken(f"its sparse tensor {name!r} has {values.size} values, {places.size} places")
    stored = np.zeros(math.prod(split), values.dtype)
    stored[places] = values
    back = stored.reshape([split[a] for a in order]).transpose(np.argsort(order))
    return _joined(back, len(shape), blocked).reshape(shape)


def _level(dimension: Any) -> _Level:
    if dimension.Format() == _DENSE:
        return _Level(int(dimension.DenseSize()))
    if dimension.Format() != _CSR:
        raise Broken(f"a sparse tensor has an axis of format {dimension.Format()}")
    segments = _numbers(dimension.ArraySegmentsType(), dimension.ArraySegments())
    return _Level(0, segments, _numbers(dimension.ArrayIndicesType(), dimension.ArrayIndices()))


def _numbers(kind: int, table: Any) -> Array:
    """A vector of 8, 16 or 32 bit integers, from the table of a union."""
    if kind not in _INDEX_TYPES or table is None:
        raise Broken("a sparse tensor has an axis without indices")
    offset = table.Offset(4)
    if not offset:
        return np.zeros(0, np.int64)
    dtype, start = _INDEX_TYPES[kind], table.Vector(offset)
    count: int = table.VectorLen(offset)
    data: bytes = table.Bytes
    return np.frombuffer(data, dtype, count, start).astype(np.int64)


def _places(levels: list[_Level], sizes: list[int], name: str) -> Array:
    """The flat positions of the stored values, in the order of the file."""
    places = np.zeros(1, np.int64)
    for level, size in zip(levels, sizes, strict=True):
        if level.segments is None or level.indices is None:
            if level.size != size or places.size * size > math.prod(sizes):
                raise Broken(f"its sparse tensor {name!r} has an axis of {level.size}, not {size}")
            places = (places[:, None] * size + np.arange(size)).reshape(-1)
            continue
        counts = np.diff(level.segments)
        ordered = counts.size == places.size and bool(np.all(counts >= 0))
        if not ordered or int(level.segments[0]) != 0 \
                or int(level.segments[-1]) != level.indices.size \
                or not np.all((level.indices >= 0) & (level.indices < size)):
            raise Broken(f"its sparse tensor {name!r} has segments or indices out of range")
        places = np.repeat(places, counts) * size + level.indices
    return places


def _joined(array: Array, rank: int, blocked: list[int]) -> Array:
    """Each position inside a block right behind its block, so that a reshape joins the two."""
    order: list[int] = []
    for axis in range(rank):
        order += [axis, *(rank + i for i, a in enumerate(blocked) if a == axis)]
    return array.transpose(order)
