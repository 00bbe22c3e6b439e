"""The .edgec container: what is written is read back, and damage is refused by name."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from contextlib import nullcontext, suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgec.errors import FormatError
from edgec.format import NodeRecord, PlanFile, TensorRecord, read, write

SAMPLE = PlanFile(
    "modèle", "edgec", "raspberry_pi_4",
    (TensorRecord("x", "s8", (1, 4, 4, 3), scale=0.5, zero_point=-3, offset=0),
     TensorRecord("w", "s8", (1, 1, 1, 16, 4), "s8_16c4",
                  data=np.arange(64, dtype=np.int8).reshape(1, 1, 1, 16, 4)),
     TensorRecord("b", "s32", (3,), data=np.asarray([1, -2, 3], np.int32)),
     TensorRecord("y", "s8", (48,), offset=64),
     TensorRecord("z", "s8", (3, 16), offset=64),
     TensorRecord("scalar", "f32", (), data=np.asarray(2.5, np.float32))),
    (NodeRecord("conv2d_s8", "first", 12345678901, (0, 1, -1, 2), (3,), (1, -2, 2**31 - 1)),
     NodeRecord("reshape", "second", 0, (3,), (4,))),
    (0,), (4, 5), 128)
DATA = write(SAMPLE)
METADATA_BYTES, = struct.unpack("<I", DATA[12:16])


def test_read_gives_back_what_was_written() -> None:
    back = read(DATA)
    assert back == SAMPLE
    for ours, theirs in zip(back.tensors, SAMPLE.tensors, strict=True):
        assert (ours.data is None) == (theirs.data is None)
        if ours.data is not None and theirs.data is not None:
            np.testing.assert_array_equal(ours.data, theirs.data)
            assert ours.data.shape == theirs.dims


def test_write_is_deterministic_and_constants_are_aligned() -> None:
    assert write(SAMPLE) == DATA
    start = -(-(64 + METADATA_BYTES) // 64) * 64
    assert DATA[start:start + 64] == bytes(range(64))
    assert len(DATA) == start + 64 + 64 + 4


def test_header_fields_are_where_the_spec_says() -> None:
    fields = struct.unpack("<8sHHIQIIIHHQ16s", DATA[:64])
    assert fields == (b"\x89EDGEC\r\n", 2, 2, METADATA_BYTES, len(DATA),
                      zlib.crc32(DATA[64:64 + METADATA_BYTES]), 6, 2, 1, 2, 128, bytes(16))


def test_write_name_too_long_is_refused() -> None:
    with pytest.raises(FormatError, match="1025 bytes; names have at most 1024"):
        write(PlanFile("n" * 1025, "", "", SAMPLE.tensors, SAMPLE.nodes, (0,), (4,), 128))


def patched(offset: int, code: str, value: int, crc: bool = True) -> bytes:
    """DATA with one field changed, and the CRC made right again."""
    out = bytearray(DATA)
    struct.pack_into(f"<{code}", out, offset, value)
    if crc:
        struct.pack_into("<I", out, 24, zlib.crc32(out[64:64 + METADATA_BYTES]))
    return bytes(out)


def at(marker: bytes, skip: int = 0) -> int:
    """Where the metadata has `marker`, plus `skip`."""
    return DATA.index(marker, 64) + skip


X = at(b"\x01\0\0\0x\0\0\0")  # the record of tensor x: name 8 bytes, 4 of kinds, 4 dims, ...
W = at(b"\x01\0\0\0w\0\0\0")
NODE = at(b"first\0\0\0", 8)  # macs, counts, indices of the first node
END = 64 + METADATA_BYTES

def with_nodes(*nodes: NodeRecord) -> bytes:
    """SAMPLE with other nodes."""
    return write(PlanFile("m", "", "", SAMPLE.tensors, nodes, (0,), (4,), 128))


def overlapping() -> bytes:
    """SAMPLE with y at the place of x."""
    tensors = tuple(TensorRecord(t.name, t.dtype, t.dims, offset=0) if t.name in ("y", "z") else t
                    for t in SAMPLE.tensors)
    return write(PlanFile("m", "", "", tensors, SAMPLE.nodes, (0,), (4,), 128))


DAMAGE: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "the file has 0 bytes"),
    "cut header": (lambda: DATA[:63], "the file has 63 bytes"),
    "magic": (lambda: patched(0, "B", 0), "it starts with"),
    "version": (lambda: patched(8, "H", 1), "its version is 1.2, this edgec reads 2.x"),
    "cut": (lambda: DATA[:-1], "it was cut or extended"),
    "extended": (lambda: DATA + b"\0", "it was cut or extended"),
    "metadata_bytes": (lambda: patched(12, "I", METADATA_BYTES + 1), "not a multiple of 4"),
    "metadata past the end": (lambda: patched(12, "I", 2**20), "the metadata ends at"),
    "metadata limit": (lambda: patched(12, "I", 2**27), "metadata_bytes is 134217728"),
    "no tensors": (lambda: patched(28, "I", 0), "tensor_count is 0, it must be 1 to 65536"),
    "many nodes": (lambda: patched(32, "I", 65537), "node_count is 65537"),
    "no inputs": (lambda: patched(36, "H", 0), "input_count is 0"),
    "many outputs": (lambda: patched(38, "H", 257), "output_count is 257"),
    "arena": (lambda: patched(40, "Q", 127), "arena_bytes is 127, not a multiple of 64"),
    "arena limit": (lambda: patched(40, "Q", 2**33), "arena_bytes is 8589934592"),
    "reserved": (lambda: patched(52, "B", 1), "the reserved bytes are not zero"),
    "crc": (lambda: patched(X, "B", 9, crc=False), "CRC-32"),
    "string length": (lambda: patched(64, "I", 1025), "a string has 1025 bytes"),
    "string past the end": (lambda: patched(at(b"second") - 4, "I", 1000),
                            "1000 more bytes are needed, the metadata has"),
    "one tensor less": (lambda: patched(28, "I", 5), "more bytes are needed|a string"),
    "one node less": (lambda: patched(32, "I", 1), "they must end together"),
    "string with NUL": (lambda: patched(X + 4, "B", 0), "holds NUL"),
    "string padding": (lambda: patched(X + 5, "B", 1), "padding is not zero"),
    "not UTF-8": (lambda: patched(X + 4, "B", 0xFF), "not UTF-8"),
    "dtype": (lambda: patched(X + 8, "B", 14), "data type 14"),
    "rank": (lambda: patched(X + 9, "B", 7), "rank 7"),
    "kind": (lambda: patched(X + 10, "B", 2), "kind 2"),
    "layout": (lambda: patched(X + 11, "B", 5), "layout 5"),
    "packed activation": (lambda: patched(X + 11, "B", 1), "only constants may be"),
    "layout of another type": (lambda: patched(W + 11, "B", 2), "cannot have type and dims"),
    "dim of 0": (lambda: patched(X + 12, "I", 0), r"a dim of 0, it must be 1 to 2\^31-1"),
    "too many bytes": (lambda: patched(X + 12, "I", 2**31 - 1), r"more than 2\^32 bytes"),
    "bytes": (lambda: patched(X + 44, "Q", 47), "says 47 bytes, its dims 48"),
    "offset not aligned": (lambda: patched(X + 36, "Q", 32), "must start at a multiple of 64"),
    "offset outside": (lambda: patched(X + 36, "Q", 128), "end before 128"),
    "constant elsewhere": (lambda: patched(W + 40, "Q", 0), "lies at 0, its place is"),
    "hole not zero": (lambda: patched(END, "B", 1), "bytes between constants are not zero"),
    "same name": (lambda: patched(X + 4, "B", ord("w")), "two tensors have the same name"),
    "no outputs": (lambda: with_nodes(NodeRecord("lut_s8", "n", 0, (0,), ())), "has no output"),
    "input index": (lambda: patched(NODE + 12, "i", 6), "reads tensor 6; there are 6"),
    "input index below -1": (lambda: patched(NODE + 12, "i", -2), "reads tensor -2"),
    "output index": (lambda: patched(NODE + 28, "i", 6), "writes tensor 6"),
    "writes a constant": (lambda: patched(NODE + 28, "i", 1), "writes a constant"),
    "writes an input": (lambda: patched(NODE + 28, "i", 0), "already written"),
    "reads before written": (lambda: patched(NODE + 12, "i", 4), "before it is written"),
    "overlap": (overlapping, "overlaps input"),
    "model input": (lambda: patched(END - 12, "I", 1), "not a tensor in the arena"),
    "model input index": (lambda: patched(END - 12, "I", 6), "not a tensor in the arena"),
    "model output": (lambda: patched(END - 4, "I", 6), "model output 6 is not a tensor"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_file_is_refused_with_the_reason(damage: str) -> None:
    make, message = DAMAGE[damage]
    with pytest.raises(FormatError, match=message):
        read(make())


def test_tensor_that_nothing_writes_is_refused() -> None:
    tensors = (*SAMPLE.tensors, TensorRecord("lost", "s8", (1,), offset=0))
    data = write(PlanFile("m", "", "", tensors, SAMPLE.nodes, (0,), (4,), 128))
    with pytest.raises(FormatError, match="nothing writes tensor 'lost'"):
        read(data)


def test_reshape_partly_on_its_input_is_refused() -> None:
    nodes = (NodeRecord("reshape", "r", 0, (0,), (1,)),)
    tensors = (TensorRecord("x", "s8", (128,)), TensorRecord("y", "s8", (64,), offset=64))
    with pytest.raises(FormatError, match="overlaps"):
        read(write(PlanFile("m", "", "", tensors, nodes, (0,), (1,), 128)))


def in_place(op: str, inputs: tuple[int, ...], offset: int = 0, dims: tuple[int, ...] = (64,)
             ) -> bytes:
    """One node whose output may lie on its inputs x at 0 and z at 128."""
    tensors = (TensorRecord("x", "s8", (64,)), TensorRecord("z", "s8", (64,), offset=128),
               TensorRecord("y", "s8", dims, offset=offset))
    return write(PlanFile("m", "", "", tensors, (NodeRecord(op, "n", 0, inputs, (2,)),), (0, 1),
                          (2,), 256))


@pytest.mark.parametrize(("op", "inputs", "offset"), [
    ("reshape", (0,), 0), ("lut_s8", (0,), 0), ("softmax_s8", (0,), 0), ("add_s8", (0, 1), 0),
    ("add_s8", (0, 1), 128), ("add_s8", (0, 0), 0), ("binary_f32", (0, 1), 128)])
def test_output_exactly_on_an_input_is_taken_where_the_op_works_in_place(
        op: str, inputs: tuple[int, ...], offset: int) -> None:
    assert read(in_place(op, inputs, offset)).nodes[0].op == op


@pytest.mark.parametrize(("op", "inputs", "dims"), [
    ("pad", (0,), (64,)), ("lut_s8", (1, 0), (64,)), ("layer_norm_s8", (1, 0), (64,)),
    ("add_s8", (0, 1), (63,)), ("add_s8", (0, 1), (192,))])
def test_output_on_an_input_is_refused_elsewhere(op: str, inputs: tuple[int, ...],
                                                 dims: tuple[int, ...]) -> None:
    with pytest.raises(FormatError, match=r"output 'y' overlaps input '[xz]'"):
        read(in_place(op, inputs, dims=dims))


@pytest.mark.parametrize(("offset", "dims", "params", "taken"), [
    (64, (2, 64), (1, 0, 1, 1), True), (192, (1, 64), (3, 0, 9, 1), True),
    (0, (2, 64), (1, 0, 1, 1), False), (0, (2, 64), (0, 0, 2, 1), False),
    (0, (4, 32), (0, 0, 1, 1), False), (192, (2, 64), (3, 0, 1, 1), False),
    (64, (2, 64), (1, 0, 1), False), (0, (2, 64), (1, -64, 1, 1), False)])
def test_slice_may_lie_in_its_input_where_it_is_the_very_part(
        offset: int, dims: tuple[int, ...], params: tuple[int, ...], taken: bool) -> None:
    tensors = (TensorRecord("x", "s8", (4, 64)), TensorRecord("y", "s8", dims, offset=offset))
    node = NodeRecord("slice", "n", 0, (0,), (1,), params)
    data = write(PlanFile("m", "", "", tensors, (node,), (0,), (1,), 512))
    with nullcontext() if taken else pytest.raises(FormatError, match="overlaps input 'x'"):
        read(data)


@pytest.mark.parametrize(("a", "b", "outer", "params", "taken"), [
    (64, 128, 1, (1,), True), (512, 128, 1, (1,), True), (64, 512, 1, (1,), True),
    (64, 64, 1, (1,), False), (128, 512, 1, (1,), False), (512, 128, 2, (1,), False),
    (64, 512, 1, (2,), False), (64, 512, 1, (-1,), False), (64, 512, 1, (), False)])
def test_parts_may_lie_in_a_concat_where_they_belong(a: int, b: int, outer: int,
                                                     params: tuple[int, ...], taken: bool) -> None:
    tensors = (TensorRecord("a", "s8", (outer, 64), offset=a),
               TensorRecord("b", "s8", (outer, 30), offset=b),
               TensorRecord("y", "s8", (outer, 94), offset=64))
    node = NodeRecord("concat", "n", 0, (0, 1), (2,), params)
    data = write(PlanFile("m", "", "", tensors, (node,), (0, 1), (2,), 1024))
    with nullcontext() if taken else pytest.raises(FormatError, match="overlaps input"):
        read(data)


@settings(max_examples=400, deadline=None)
@given(st.integers(0, len(DATA) - 1), st.integers(0, 255), st.booleans())
def test_any_changed_byte_is_read_or_refused_never_anything_else(offset: int, value: int,
                                                                 crc: bool) -> None:
    data = patched(offset, "B", value, crc and offset >= 64)
    with suppress(FormatError):
        assert len(read(data).tensors) == len(SAMPLE.tensors)
