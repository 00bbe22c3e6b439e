"""Block-sparse weights, made dense by DENSIFY when LiteRT loads them: a smaller file, no more.

Weights [o, ..., k] are cut into blocks of rows × columns along the first and the last axis; the
blocks of zeros are left out. Source: schema.fbs, SparsityParameters; LiteRT's kernel of DENSIFY.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from edgec.lower.backend import Site
from edgec.lower.graph import Array, Graph
from edgec.lower.ops.conv2d import Conv2d
from edgec.lower.ops.fully_connected import FullyConnected

SIZES = (1, 4, 8, 16, 32, 64)  # of a block's sides, where they divide the weights'
LAYERS = ("conv2d", "depthwise_conv2d", "fully_connected")
OVERHEAD = 512  # bytes of an operator, a second tensor and the tables of its axes
_VECTORS = ((2**8, "Uint8Vector", np.uint8), (2**16, "Uint16Vector", np.uint16),
            (2**31, "Int32Vector", np.int32))


@dataclass(frozen=True)
class Blocks:
    """values [b, rows, columns]: the blocks that are kept, in the order of their places.

    segments: where each line of blocks, along the last axis, begins among them, and their number.
    indices: the place of each in its line.
    """

    rows: int
    columns: int
    values: Array
    segments: Array
    indices: Array

    @property
    def nbytes(self) -> int:
        """What they take in a file, about."""
        return (self.values.nbytes + OVERHEAD
                + sum(v.size * _vector(v)[1].itemsize for v in (self.segments, self.indices)))

    def parameters(self, schema: Any, shape: tuple[int, ...]) -> Any:
        """SparsityParametersT of weights of this shape: the last axis in blocks is the sparse one.
        """
        rank = len(shape)
        made = schema.SparsityParametersT()
        made.traversalOrder, made.blockMap = list(range(rank + 2)), [0, rank - 1]
        sizes = (shape[0] // self.rows, *shape[1:-1], 0, self.rows, self.columns)
        made.dimMetadata = [schema.DimensionMetadataT() for _ in sizes]
        for axis, size in zip(made.dimMetadata, sizes, strict=True):
            axis.denseSize = size
        sparse = made.dimMetadata[rank - 1]
        sparse.format = schema.DimensionType.SPARSE_CSR
        for field, numbers in (("arraySegments", self.segments), ("arrayIndices", self.indices)):
            name, dtype = _vector(numbers)
            vector = getattr(schema, f"{name}T")()
            vector.values = numbers.astype(dtype)
            setattr(sparse, field, vector)
            setattr(sparse, f"{field}Type", getattr(schema.SparseIndexVector, name))
        return made


def blocks_of(site: Site) -> Blocks | None:
    """The smallest form of a layer's weights; None where dense ones are smaller, or LiteRT refuses.
    """
    if refusal(site):
        return None
    w = np.asarray(site.input(1).data)
    found = [_cut(w, rows, columns) for rows, columns in product(SIZES, SIZES)
             if w.shape[0] % rows == 0 and w.shape[-1] % columns == 0]
    best = min(found, key=lambda blocks: blocks.nbytes)
    return best if best.nbytes < w.nbytes else None


def refusal(site: Site) -> str:
    """Why a layer's weights cannot be sparse in a file; empty where they can."""
    attributes = site.attributes
    if isinstance(attributes, FullyConnected) and site.y.dtype == "s8":
        return "XNNPACK refuses int8 fully connected layers whose weights come from DENSIFY"
    if not isinstance(attributes, FullyConnected | Conv2d) or \
            getattr(attributes, "groups", 1) != 1:
        return "only convolutions without groups and fully connected layers can be sparse"
    return ""


def said(site: Site) -> str:
    """How the weights of a layer are stored, and why; empty for what has none."""
    if site.node.op not in LAYERS:
        return ""
    if why := refusal(site):
        return f"dense: {why}"
    found, w = blocks_of(site), site.input(1)
    if found is None:
        return "dense: blocks of zeros would not make it smaller"
    kept = found.values.size / w.size
    return (f"sparse in the file: {1 - kept:.0%} of {found.rows}x{found.columns} blocks are zero, "
            f"{found.nbytes:,} of {w.nbytes:,} B")


def report(graph: Graph, file_bytes: int, dense_file_bytes: int) -> dict[str, Any]:
    """What is saved and what it costs, for lowering.json."""
    sites = [Site.of(node, graph.tensors) for node in graph.nodes if node.op in LAYERS]
    layers = [site for site in sites if blocks_of(site) is not None]
    refused = Counter(why for why in map(refusal, sites) if why)
    return {"layers": len(layers), "of_layers": len(sites), "refused": dict(refused),
            "file_bytes": file_bytes, "dense_file_bytes": dense_file_bytes,
            "ram_bytes": sum(tensor.nbytes for tensor in
                             {site.input(1).name: site.input(1) for site in layers}.values()),
            "note": "saves bytes of the file only: LiteRT makes the weights dense when it loads "
                    "them, in RAM, and runs as fast as with dense ones"}


def _cut(w: Array, rows: int, columns: int) -> Blocks:
    """Weights [o, ..., k] in blocks of rows × columns."""
    lines = w.shape[0] // rows, -1, w.shape[-1] // columns
    cut = w.reshape(lines[0], rows, *lines[1:], columns).transpose(0, 2, 3, 1, 4)
    cut = cut.reshape(-1, lines[2], rows, columns)
    kept: Array = np.asarray(cut.any(axis=(2, 3)))
    if not kept.any():
        kept[0, 0] = True  # a constant has at least one value
    return Blocks(rows, columns, cut[kept], np.cumsum([0, *kept.sum(axis=1)]), np.nonzero(kept)[1])


def _vector(numbers: Array) -> tuple[str, np.dtype[Any]]:
    """The narrowest vector of the schema that holds these numbers."""
    most = int(numbers.max(initial=0))
    return next((name, np.dtype(dtype)) for limit, name, dtype in _VECTORS if most < limit)
