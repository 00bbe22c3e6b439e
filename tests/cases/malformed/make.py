"""Writes one small .edgec file for each way to be malformed, and the valid one they come from.

A file is named after the status it must give: `tensor_type-packed_in_arena.edgec` gives
EDGEC_E_TENSOR_TYPE. The writer here is deliberately not edgec's own: it writes what it is told.
Run it to write the files again: `python tests/cases/malformed/make.py`.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

RIGHT = -1  # let the writer choose
F32, S8, U8, S32, U32 = range(5)
S4 = 8
FEW_BITS = {6: 2, 7: 3, S4: 4, 9: 5, 10: 6, 11: 7, 12: 16, 13: 24}


@dataclass
class Tensor:
    """A tensor record; `data` makes it a constant, whose offset the writer chooses."""

    name: bytes
    dims: list[int]
    offset: int = RIGHT
    data: bytes = b""
    dtype: int = S8
    kind: int = RIGHT
    layout: int = 0
    rank: int = RIGHT
    size: int = RIGHT

    def pack(self, constant_offset: int) -> bytes:
        """The record, with `constant_offset` where no other offset was asked for."""
        kind = int(bool(self.data)) if self.kind == RIGHT else self.kind
        rank = len(self.dims) if self.rank == RIGHT else self.rank
        bits = {0: 32, 3: 32, 4: 32, 5: 64, **FEW_BITS}.get(self.dtype, 8)
        for dim in self.dims:
            bits *= dim
        size = (bits + 7) // 8
        offset = constant_offset if self.offset == RIGHT else self.offset
        return (string(self.name) + struct.pack("<BBBB", self.dtype, rank, kind, self.layout)
                + struct.pack(f"<{len(self.dims)}I", *self.dims) + struct.pack("<fi", 1.0, 0)
                + struct.pack("<QQ", offset, size if self.size == RIGHT else self.size))


@dataclass
class Node:
    """A node record."""

    op: bytes
    name: bytes
    inputs: list[int]
    outputs: list[int]
    params: list[int] = field(default_factory=list)

    def pack(self) -> bytes:
        """The record."""
        counts = struct.pack("<QBBH", 0, len(self.inputs), len(self.outputs), len(self.params))
        indices = [*self.inputs, *self.outputs, *self.params]
        return string(self.op) + string(self.name) + counts + struct.pack(f"<{len(indices)}i",
                                                                           *indices)


@dataclass
class Model:
    """x s8[2,3] → lut → h → reshape → y s8[6], and what its header says."""

    name: bytes = b"malformed"
    tensors: list[Tensor] = field(default_factory=lambda: [
        Tensor(b"x", [2, 3], 0), Tensor(b"table", [256], data=bytes(range(256))),
        Tensor(b"h", [2, 3], 64), Tensor(b"y", [6], 128)])
    nodes: list[Node] = field(default_factory=lambda: [
        Node(b"lut_s8", b"shift", [0, 1], [2]), Node(b"reshape", b"flatten", [2], [3])])
    inputs: list[int] = field(default_factory=lambda: [0])
    outputs: list[int] = field(default_factory=lambda: [3])
    magic: bytes = b"\x89EDGEC\r\n"
    major: int = 2
    arena_bytes: int = 192
    reserved: bytes = bytes(12)
    crc: int = RIGHT
    metadata_bytes: int = RIGHT
    file_bytes: int = RIGHT
    counts: dict[str, int] = field(default_factory=dict)
    padding: bytes = b"\0"
    tail: bytes = b""
    extra_metadata: bytes = b""
    compressed: Callable[[bytes], bytes] | None = None  # the metadata, at the end of the file
    compressed_bytes: int = RIGHT

    def metadata(self, first_constant: int) -> bytes:
        """The record stream."""
        stream = string(self.name) + string(b"make.py") + string(b"none")
        packed = first_constant
        for tensor in self.tensors:
            if tensor.data and tensor.dtype not in FEW_BITS:
                packed = first_constant + len(tensor.data)
                stream += tensor.pack(first_constant)
                first_constant = aligned(packed)
            else:
                stream += tensor.pack(packed)
                packed += len(tensor.data)
        for node in self.nodes:
            stream += node.pack()
        indices = [*self.inputs, *self.outputs]
        return stream + struct.pack(f"<{len(indices)}I", *indices) + self.extra_metadata

    def pack(self) -> bytes:
        """The whole file."""
        start = 64 if self.compressed else aligned(64 + len(self.metadata(0)))
        metadata = self.metadata(start)
        body = b"" if self.compressed else metadata
        for tensor in self.tensors:
            if tensor.data and tensor.dtype in FEW_BITS:
                body += tensor.data
            elif tensor.data:
                body += self.padding * (aligned(len(body)) - len(body)) + tensor.data
        body += self.tail
        compressed = self.compressed(metadata) if self.compressed else b""
        body += compressed
        crc = zlib.crc32(metadata) if self.crc == RIGHT else self.crc
        metadata_bytes = len(metadata) if self.metadata_bytes == RIGHT else self.metadata_bytes
        file_bytes = 64 + len(body) if self.file_bytes == RIGHT else self.file_bytes
        counts = {"tensors": len(self.tensors), "nodes": len(self.nodes),
                  "inputs": len(self.inputs), "outputs": len(self.outputs), **self.counts}
        header = self.magic + struct.pack("<HHIQI", self.major, 0, metadata_bytes, file_bytes, crc)
        header += struct.pack("<IIHHQ", *counts.values(), self.arena_bytes)
        said = len(compressed) if self.compressed_bytes == RIGHT else self.compressed_bytes
        return header + struct.pack("<I", said) + self.reserved + body


def string(text: bytes) -> bytes:
    """A string record."""
    return struct.pack("<I", len(text)) + text + bytes(-len(text) % 4)


def aligned(size: int) -> int:
    """The next multiple of 64."""
    return (size + 63) // 64 * 64


def tensor(index: int, **fields: object) -> Callable[[Model], None]:
    """A change of one tensor."""
    return lambda model: vars(model.tensors[index]).update(fields)


def node(index: int, **fields: object) -> Callable[[Model], None]:
    """A change of one node."""
    return lambda model: vars(model.nodes[index]).update(fields)


def model(**fields: object) -> Callable[[Model], None]:
    """A change of the model or its header."""
    return lambda model: vars(model).update(fields)


def add_tensor(**fields: object) -> Callable[[Model], None]:
    """One tensor more."""
    return lambda model: model.tensors.append(Tensor(**fields))  # type: ignore[arg-type]


def sparse(blocks: bytes = bytes([1, 2, 3, 4] * 8), counts: tuple[int, ...] = (2,),
           deltas: bytes = bytes([0, 1]), op: bytes = b"sparse_fully_connected_s8"
           ) -> Callable[[Model], None]:
    """A model of one sparse layer: x s8[2,8] → y s8[2,4], blocks of 4 columns x 4 depths."""
    def change(model: Model) -> None:
        model.tensors = [
            Tensor(b"x", [2, 8], 0), Tensor(b"y", [2, 4], 64),
            Tensor(b"blocks", [len(blocks) // 16, 4, 4], data=blocks, layout=4),
            Tensor(b"counts", [len(counts), 1], data=struct.pack(f"<{len(counts)}I", *counts),
                   dtype=U32),
            Tensor(b"deltas", [len(deltas)], data=deltas, dtype=U8),
            Tensor(b"bias", [1, 16], data=bytes(64), dtype=S32),
            Tensor(b"wsum", [1, 16], data=bytes(64), dtype=S32),
            Tensor(b"mult", [1, 16], data=struct.pack("<16f", *[0.01] * 16), dtype=F32)]
        model.nodes = [Node(op, b"sparse", [0, 2, 3, 4, 5, 6, 7], [1], [0, 0, -128, 127])]
        model.outputs = [1]
        model.arena_bytes = 128
    return change


def few_bits(weights: bytes = bytes([0x21, 0xF7] * 16)) -> Callable[[Model], None]:
    """A model of one layer with s4 weights: x s8[2,4] → y s8[2,1], packed [1,1,1,16,4]."""
    def change(model: Model) -> None:
        model.tensors = [
            Tensor(b"x", [2, 4], 0), Tensor(b"y", [2, 1], 64),
            Tensor(b"bias", [1, 16], data=bytes(64), dtype=S32),
            Tensor(b"wsum", [1, 16], data=bytes(64), dtype=S32),
            Tensor(b"mult", [1, 16], data=struct.pack("<16f", *[0.01] * 16), dtype=F32),
            Tensor(b"w", [1, 1, 1, 16, 4], data=weights, dtype=S4, layout=1)]
        model.nodes = [Node(b"fully_connected_s8", b"few", [0, 5, 2, 3, 4], [1],
                            [0, 0, -128, 127])]
        model.outputs = [1]
        model.arena_bytes = 128
    return change


def exits(x: tuple[int, ...] = (1, 4), entries: int = 1024, is_output: bool = True,
          params: tuple[int, ...] = (2**22,)) -> Callable[[Model], None]:
    """x f32[1,4] → e, an early exit that every run takes; y, the whole network, is x."""
    def change(model: Model) -> None:
        model.tensors = [
            Tensor(b"x", list(x), 0, dtype=F32), Tensor(b"e", list(x), 64, dtype=F32),
            Tensor(b"y", list(x), 128, dtype=F32),
            Tensor(b"table", [entries], data=struct.pack("<I", 2**20) * entries, dtype=U32)]
        model.nodes = [Node(b"exit_f32", b"exit", [0, 3], [1], list(params)),
                       Node(b"reshape", b"end", [0], [2])]
        model.outputs = [2, 1] if is_output else [2]
    return change


def both(first: Callable[[Model], None], second: Callable[[Model], None]
         ) -> Callable[[Model], None]:
    """Two changes."""
    def change(model: Model) -> None:
        first(model)
        second(model)
    return change


def literals(data: bytes, repeated: int = 0) -> bytes:
    """`data` as it is, compressed; then `repeated` bytes from 65535 bytes before."""
    token = 0xF0 | max(0, repeated - 4)
    rest = len(data) - 15
    start = bytes([token]) + b"\xff" * (rest // 255) + bytes([rest % 255]) + data
    return start + b"\xff\xff" if repeated else start


TWO_NODES_SWAPPED = [Node(b"reshape", b"flatten", [2], [3]), Node(b"lut_s8", b"shift", [0, 1], [2])]

CASES: dict[str, Callable[[Model], None]] = {
    "magic": model(magic=b"\x89EDGEC\n\n"),
    "version": model(major=1),
    "truncated-metadata": model(metadata_bytes=4096),
    "file_size": model(file_bytes=4096),
    "header-metadata_not_multiple_of_4": model(metadata_bytes=30),
    "header-metadata_too_long": model(metadata_bytes=2**26 + 4),
    "header-no_tensors": model(counts={"tensors": 0}),
    "header-too_many_tensors": model(counts={"tensors": 65537}),
    "header-too_many_nodes": model(counts={"nodes": 65537}),
    "header-no_inputs": model(counts={"inputs": 0}),
    "header-no_outputs": model(counts={"outputs": 0}),
    "header-too_many_outputs": model(counts={"outputs": 257}),
    "header-arena_not_aligned": model(arena_bytes=190),
    "header-arena_too_large": model(arena_bytes=2**32 + 64),
    "header-reserved_not_zero": model(reserved=bytes(11) + b"\1"),
    "checksum": model(crc=0),
    "metadata-ends_early": model(counts={"nodes": 3}),
    "metadata-ends_late": model(extra_metadata=bytes(4)),
    "metadata-nul_in_string": model(name=b"a\0b"),
    "metadata-not_utf8": model(name=b"\xff\xfe"),
    "metadata-string_too_long": model(name=b"n" * 1025),
    "header-compressed_too_little": model(compressed=lambda _: b"\0"),
    "truncated-compressed": model(compressed=literals, compressed_bytes=4096),
    "metadata-compressed_cut": model(compressed=lambda metadata: literals(metadata)[:-1]),
    "metadata-compressed_too_much": model(compressed=lambda m: literals(m + bytes(1))),
    "metadata-compressed_far_repeat": model(compressed=lambda m: literals(m[:-20], 16) + bytes(3)),
    "constants-hole_before_compressed": model(compressed=literals, tail=bytes(64)),
    "tensor_type-dtype": tensor(0, dtype=14, size=6),
    "tensor_type-few_bits_in_arena": tensor(0, dtype=S4, size=3),
    "tensor_type-few_bits_of_another_layout": both(few_bits(), tensor(5, dtype=12, size=128)),
    "tensor_offset-few_bits_cut": few_bits(bytes(31)),
    "tensor_shape-few_bits_said": both(few_bits(), tensor(5, size=64)),
    "tensor_offset-few_bits_outside_file": both(few_bits(), tensor(5, offset=2**20)),
    "constants-few_bits_hole": both(few_bits(), tensor(5, offset=700)),
    "constants-few_bits_dirty_tail": both(few_bits(), add_tensor(
        name=b"odd", dims=[3], data=bytes([0x21, 0x43]), dtype=S4)),
    "tensor_type-kind": tensor(0, kind=2),
    "tensor_type-layout": tensor(1, layout=5),
    "tensor_type-packed_in_arena": tensor(0, layout=1),
    "tensor_shape-rank": tensor(0, rank=7, dims=[1, 1, 1, 1, 1, 1, 6], size=6),
    "tensor_shape-dim_zero": tensor(0, dims=[2, 0]),
    "tensor_shape-too_large": tensor(0, dims=[2**20, 2**20, 2**20, 2**20], size=6),
    "tensor_shape-bytes": tensor(0, size=7),
    "tensor_shape-packed": tensor(1, layout=1),
    "tensor_name-empty": tensor(2, name=b""),
    "tensor_name-twice": tensor(2, name=b"x"),
    "tensor_offset-not_aligned": tensor(0, offset=4),
    "tensor_offset-outside_arena": tensor(3, offset=192),
    "tensor_offset-outside_file": tensor(1, offset=2**20),
    "tensor_offset-wraps_around": tensor(0, offset=2**64 - 64),
    "constants-hole": tensor(1, offset=0),
    "constants-dirty_padding": model(padding=b"\1"),
    "constants-bytes_after_end": model(tail=bytes(64)),
    "node-no_outputs": node(1, outputs=[]),
    "node-input_index": node(0, inputs=[0, 4]),
    "node-negative_index": node(0, inputs=[-2, 1]),
    "node-writes_constant": node(0, outputs=[1]),
    "order-reads_before_write": model(nodes=TWO_NODES_SWAPPED),
    "order-written_twice": lambda m: m.nodes.append(Node(b"reshape", b"again", [0], [2])),
    "order-never_written": add_tensor(name=b"lost", dims=[4], offset=0),
    "overlap-partly": tensor(2, dims=[5], offset=0),
    "overlap-op_not_in_place": both(tensor(2, offset=0), node(0, op=b"pad")),
    "overlap-input_not_in_place": both(tensor(2, offset=0), node(0, inputs=[0, 0])),
    "io-input_index": model(inputs=[4]),
    "io-output_index": model(outputs=[2**32 - 1]),
    "io-constant_input": model(inputs=[1]),
    "io-input_twice": model(inputs=[0, 0]),
    "op": node(0, op=b"lut_s9"),
    "op_type-dtype": tensor(1, dtype=S32, dims=[64]),
    "op_type-absent_input": node(0, inputs=[0, -1]),
    "op_shape": tensor(3, dims=[5]),
    "op_param-count": node(0, params=[1]),
    "tensor_shape-sparse_columns": both(sparse(), tensor(2, dims=[4, 2, 4])),
    "op_type-sparse_counts": both(sparse(), tensor(3, dtype=S32)),
    "op_shape-sparse_groups": sparse(counts=(1, 1)),
    "op_shape-sparse_deltas": sparse(deltas=bytes([0])),
    "op_shape-sparse_counts_too_large": sparse(counts=(3,)),
    "op_shape-sparse_counts_huge": sparse(counts=(2**32 - 1,)),
    "op_shape-sparse_counts_too_small": sparse(counts=(1,)),
    "op_param-sparse_first_delta_outside": sparse(deltas=bytes([2, 0])),
    "op_param-sparse_deltas_leave_tap": sparse(deltas=bytes([1, 1])),
    "op_param-sparse_delta_stands_still": sparse(deltas=bytes([0, 0])),
    "op_shape-exit_of_two_rows": exits(x=(2, 2)),
    "op_shape-exit_short_table": exits(entries=1023),
    "op_param-exit_without_limit": exits(params=()),
    "node-exit_is_no_output": exits(is_output=False),
    "op_param-sparse_weight_lowest": sparse(blocks=bytes([128] + [0] * 31)),
}


def files() -> dict[str, bytes]:
    """File name to content."""
    made = {"valid": Model().pack(), "truncated-header": Model().pack()[:40]}
    for name, change in (("sparse", sparse()), ("exit", exits()),
                         ("few_bits", few_bits()), ("compressed", model(compressed=literals))):
        right = Model()
        change(right)
        made[f"valid-{name}"] = right.pack()
    for name, change in CASES.items():
        changed = Model()
        change(changed)
        made[name] = changed.pack()
    return {f"{name}.edgec": content for name, content in made.items()}


if __name__ == "__main__":
    for file_name, content in files().items():
        Path(__file__).with_name(file_name).write_bytes(content)
