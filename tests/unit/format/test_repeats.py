"""Compressed metadata: read back, shorter, and damage refused."""

from __future__ import annotations

import struct
import zlib
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgec.errors import FormatError
from edgec.format import NodeRecord, PlanFile, TensorRecord, read, repeats, write


@given(st.lists(st.tuples(st.binary(max_size=30), st.integers(1, 40)), max_size=20))
def test_bytes_are_read_back(runs: list[tuple[bytes, int]]) -> None:
    data = b"".join(part * count for part, count in runs)
    assert repeats.decompress(repeats.compress(data), len(data)) == data


@given(st.binary(max_size=60), st.integers(0, 200))
def test_any_bytes_are_read_or_refused(data: bytes, size: int) -> None:
    with suppress(FormatError):
        assert len(repeats.decompress(data, size)) == size


def test_far_repeats_are_not_reached_for() -> None:
    start, noise = b"0123456789", np.random.default_rng(0).bytes(70000)
    assert repeats.decompress(repeats.compress(start + noise + start), 70020) \
        == start + noise + start


def model() -> bytes:
    """A file with its metadata compressed, as is every one with a constant of few bits."""
    tensors = [TensorRecord(f"tensor{i}", "s8", (64,), offset=64 * (i % 2)) for i in range(20)]
    nodes = tuple(NodeRecord("lut_s8", f"layer{i}", 0, (i, 20), (i + 1,)) for i in range(19))
    table = TensorRecord("table", "s8", (256,), data=np.ones(256, np.int8), stored="s2")
    return write(PlanFile("m", "edgec", "any", (*tensors, table), nodes, (0,), (19,), 128))


def test_file_is_much_shorter_and_read_back() -> None:
    data = model()
    metadata_bytes, compressed_bytes = (struct.unpack_from("<I", data, at)[0] for at in (12, 48))
    assert compressed_bytes < metadata_bytes / 3
    assert len(data) == 64 + 64 + compressed_bytes
    assert [n.name for n in read(data).nodes] == [f"layer{i}" for i in range(19)]


def test_file_with_literals_only_is_read() -> None:
    data = model()
    metadata_bytes, = struct.unpack_from("<I", data, 12)
    metadata = repeats.decompress(data[128:], metadata_bytes)
    rest = metadata_bytes - 15
    plain = b"\xf0" + b"\xff" * (rest // 255) + bytes([rest % 255]) + metadata
    other = bytearray(data[:128] + plain)
    struct.pack_into("<Q", other, 16, len(other))
    struct.pack_into("<I", other, 48, len(plain))
    assert struct.unpack_from("<I", other, 24)[0] == zlib.crc32(metadata)
    assert read(bytes(other)) == read(data)


@pytest.mark.parametrize(("at", "code", "value", "message"), [
    (12, "I", 2**25, "compressed bytes can be"), (48, "I", 2**20, "the metadata ends at"),
    (130, "B", 0xFF, "damaged|CRC-32"), (52, "B", 1, "the reserved bytes are not zero")])
def test_damage_is_refused(at: int, code: str, value: int, message: str) -> None:
    data = bytearray(model())
    struct.pack_into(f"<{code}", data, at, value)
    with pytest.raises(FormatError, match=message):
        read(bytes(data))
