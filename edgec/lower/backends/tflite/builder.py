"""Collects the records of a subgraph while the graph's nodes are emitted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from edgec.errors import LoweringError
from edgec.lower.backends.tflite.operators import FOUR_BITS, version_of
from edgec.lower.backends.tflite.records import OperatorRecord, Options, SubgraphRecord
from edgec.lower.backends.tflite.sparse import Blocks
from edgec.lower.graph import DTYPES, Array, Graph, Quantization, Tensor
from edgec.names import take

NAME_OF = {dtype: name for name, dtype in DTYPES.items()}


class Builder:
    """One subgraph in the making. Tensors get their index on first use; model inputs come first."""

    def __init__(self, graph: Graph, densify: bool = False) -> None:
        self.densify = densify  # store weights sparse where that makes the file smaller
        self._graph = graph
        self._tensors: list[Tensor] = []
        self._operators: list[OperatorRecord] = []
        self._index: dict[str, int] = {}
        self._four_bits: set[int] = set()
        self._sparse: dict[int, Blocks] = {}
        self._densified: dict[str, int] = {}
        self._names = set(graph.tensors)
        for name in graph.inputs:
            if graph.tensors[name].data is not None:
                raise LoweringError(f"the model input {name!r} is a constant; a model must read "
                                    "its inputs.")
            self.tensor(name)

    def tensor(self, name: str) -> int:
        """The index of a tensor of the graph."""
        if name not in self._index:
            self._index[name] = self._add(self._graph.tensors[name])
        return self._index[name]

    def shape(self, index: int) -> tuple[int, ...]:
        """The shape of a tensor."""
        return self._tensors[index].shape

    def constant(self, stem: str, data: Any, quantization: Quantization | None = None) -> int:
        """The index of a constant that the graph does not have, named after `stem`."""
        array: Array = np.asarray(data)
        return self._add(Tensor(take(stem, self._names), array.shape, NAME_OF[array.dtype],
                                quantization, array))

    def four_bits(self, like: Tensor) -> int:
        """The index of a constant like this int8 one of the graph, stored in four bits."""
        index = self.constant(f"{like.name}:s4", like.data, like.quantization)
        self._four_bits.add(index)
        return index

    def densified(self, like: Tensor, blocks: Blocks) -> int:
        """The index of a tensor with the values of this constant, which is stored sparse."""
        if like.name not in self._densified:
            stored = self.constant(f"{like.name}:sparse", like.data, like.quantization)
            self._sparse[stored] = blocks
            self._densified[like.name] = self.operator("DENSIFY", [stored],
                                                       self.between(f"{like.name}:dense", like))
        return self._densified[like.name]

    def int32(self, stem: str, values: Any) -> int:
        """The index of a constant of sizes, axes or positions."""
        return self.constant(stem, np.asarray(values, np.int32))

    def between(self, stem: str, like: Tensor, **changes: Any) -> int:
        """The index of a new activation, like `like` but for `changes`."""
        fields = {"shape": like.shape, "dtype": like.dtype, "quantization": like.quantization,
                  **changes}
        return self._add(Tensor(take(stem, self._names), **fields))

    def operator(self, code: str, inputs: Sequence[int], output: int, table: str = "",
                 **fields: Any) -> int:
        """An operator with options `table` (none when empty); gives `output`."""
        options = Options(table, fields) if table else None
        version = version_of(code, [self._tensors[i] for i in inputs], self._tensors[output],
                             fields)
        if self._four_bits.intersection(inputs):
            version = max(version, FOUR_BITS[code])
        self._operators.append(OperatorRecord(code, version, tuple(inputs), (output,), options))
        return output

    def finish(self) -> SubgraphRecord:
        """The records."""
        inputs, outputs = (tuple(self.tensor(name) for name in names)
                           for names in (self._graph.inputs, self._graph.outputs))
        return SubgraphRecord(self._graph.name, tuple(self._tensors), tuple(self._operators),
                              inputs, outputs, frozenset(self._four_bits), self._sparse)

    def _add(self, tensor: Tensor) -> int:
        self._tensors.append(tensor)
        return len(self._tensors) - 1
