"""Collects the records of an .edgec file while the graph's nodes are emitted."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from hashlib import sha256

from edgec.errors import LoweringError
from edgec.format.plan_file import NUMPY, NodeRecord, PlanFile, TensorRecord
from edgec.lower.backend import Site
from edgec.lower.backends.native import few_bits
from edgec.lower.catalog import ops
from edgec.lower.graph import Array, Graph, Tensor
from edgec.lower.plan import Plan
from edgec.names import take
from edgec.target.target import Target

PRODUCER = "edgec"
NAME_OF = {dtype: name for name, dtype in NUMPY.items()}


def bits(value: float) -> int:
    """The bit pattern of a float32 as int32."""
    pattern: int = struct.unpack("<i", struct.pack("<f", value))[0]
    return pattern


def as_int32(pattern: int) -> int:
    """An unsigned 32-bit pattern as the int32 that has it."""
    return pattern - 2**32 if pattern >= 2**31 else pattern


class Builder:
    """One file in the making. Tensors get their index on first use; model inputs come first."""

    def __init__(self, graph: Graph, plan: Plan, target: Target) -> None:
        self.target = target
        self._graph, self._plan = graph, plan
        self._tensors: list[TensorRecord] = []
        self._nodes: list[NodeRecord] = []
        self._index: dict[str, int] = {}
        self._constants: dict[tuple[str, str, tuple[int, ...], bytes], int] = {}
        self._names = {t.name for t in graph.tensors.values() if t.data is None}
        for name in graph.inputs:
            if graph.tensors[name].data is not None:
                raise LoweringError(f"the model input {name!r} is a constant; a model must read "
                                    "its inputs.")
            self.tensor(name)

    def tensor(self, name: str) -> int:
        """The index of a tensor of the graph: in the arena, or a plain constant as it is."""
        if name not in self._index:
            tensor = self._graph.tensors[name]
            if tensor.data is not None:
                return self.constant(name, tensor.data)
            scale, zero_point = _per_tensor(tensor)
            record = TensorRecord(name, tensor.dtype, tensor.shape, "plain", scale, zero_point,
                                  self._plan.offsets[name])
            self._index[name] = self._add(record)
        return self._index[name]

    def constant(self, name: str, data: Array, layout: str = "plain") -> int:
        """The index of a constant; equal contents are stored once, under the first name."""
        dtype = NAME_OF[data.dtype]
        key = (dtype, layout, data.shape, sha256(data.tobytes()).digest())
        if key not in self._constants:
            record = TensorRecord(take(name, self._names), dtype, data.shape, layout, data=data)
            self._constants[key] = self._add(record)
        return self._constants[key]

    def node(self, op: str, site: Site, inputs: Sequence[int], params: Sequence[int] = ()) -> None:
        """A step that writes the site's outputs."""
        macs = ops()[site.node.op].macs(site.attributes, site.inputs, site.outputs)
        outputs = tuple(self.tensor(t.name) for t in site.outputs)
        self._nodes.append(NodeRecord(op, site.node.name, macs, tuple(inputs), outputs,
                                      tuple(int(p) for p in params)))

    def finish(self) -> PlanFile:
        """The records; model outputs that no node writes are inputs or constants."""
        outputs = tuple(self.tensor(name) for name in self._graph.outputs)
        inputs = tuple(self.tensor(name) for name in self._graph.inputs)
        return PlanFile(self._graph.name, PRODUCER, self.target.name,
                        few_bits.narrowed(self._tensors),
                        tuple(self._nodes), inputs, outputs, self._plan.arena_bytes)

    def _add(self, record: TensorRecord) -> int:
        self._tensors.append(record)
        return len(self._tensors) - 1


def _per_tensor(tensor: Tensor) -> tuple[float, int]:
    """Scale and zero point for the file's reader; 0 when not quantized per tensor."""
    quantization = tensor.quantization
    if quantization is None or quantization.axis is not None:
        return 0.0, 0
    return float(quantization.scale[0]), int(quantization.zero_point[0])
