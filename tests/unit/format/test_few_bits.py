"""Integers of few bits: what is packed is unpacked again, by the words of spec.md."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgec.format import NodeRecord, PlanFile, TensorRecord, few_bits, read, write
from edgec.format.few_bits import Array


def any_values(stored: str, count: int, seed: int) -> Array:
    """Values of all sizes that `stored` holds."""
    limit = 1 << few_bits.BITS[stored] - 1
    values = np.random.default_rng(seed).integers(-limit, limit, count)
    return values.astype(np.int8 if few_bits.READ_AS[stored] == "s8" else np.int32)


def bit_by_bit(data: bytes, bits: int, i: int) -> int:
    """Value i, as spec.md says where it lies."""
    row = int.from_bytes(data, "little") >> i * bits & (1 << bits) - 1
    return row - (1 << bits) if row >> bits - 1 else row


@given(st.sampled_from(list(few_bits.BITS)), st.integers(1, 100), st.integers(0, 999))
def test_values_lie_where_the_spec_says_and_come_back(stored: str, count: int, seed: int) -> None:
    values = any_values(stored, count, seed)
    data = few_bits.pack(values, stored)
    assert len(data) == few_bits.stored_bytes(stored, count)
    bits = few_bits.BITS[stored]
    assert [bit_by_bit(data, bits, i) for i in range(count)] == values.tolist()
    assert int.from_bytes(data, "little") >> count * bits == 0
    unpacked = few_bits.unpack(data, stored, count)
    np.testing.assert_array_equal(unpacked, values)
    assert unpacked.dtype == values.dtype


@pytest.mark.parametrize(("values", "stored"), [
    ([-1, 1], "s2"), ([-2, 1], "s2"), ([0, 2], "s3"), ([-7, 7], "s4"), ([-8, 7], "s4"),
    ([8, 0], "s5"), ([-32, 0], "s6"), ([63], "s7"), ([64], ""), ([-128, 127], "")])
def test_narrowest_type_that_holds_all_values(values: list[int], stored: str) -> None:
    assert few_bits.narrowest(np.asarray(values, np.int8)) == stored


@pytest.mark.parametrize(("value", "stored"), [
    (0, "s16"), (-(2**15), "s16"), (2**15, "s24"), (2**23 - 1, "s24"), (2**23, "")])
def test_narrowest_type_of_int32(value: int, stored: str) -> None:
    assert few_bits.narrowest(np.asarray([value], np.int32)) == stored


def test_other_types_are_never_narrowed() -> None:
    for dtype in (np.float32, np.uint8, np.uint32, np.int64):
        assert few_bits.narrowest(np.zeros(3, dtype)) == ""


def sample() -> PlanFile:
    """A constant in place between two of few bits."""
    constants = (TensorRecord("w", "s8", (3, 3), data=any_values("s3", 9, 0).reshape(3, 3),
                              stored="s3"),
                 TensorRecord("t", "s8", (7,), data=np.arange(7, dtype=np.int8)),
                 TensorRecord("b", "s32", (2,), data=np.asarray([-5, 70000], np.int32),
                              stored="s24"))
    tensors = (*constants, TensorRecord("x", "s8", (4,)), TensorRecord("y", "s8", (4,), offset=64))
    return PlanFile("few", "edgec", "any", tensors, (NodeRecord("reshape", "r", 0, (3,), (4,)),),
                    (3,), (4,), 128)


def test_constants_of_few_bits_follow_those_used_in_place_without_gaps() -> None:
    made = sample()
    data = write(made)
    back = read(data)
    for ours, theirs in zip(back.tensors[:3], made.tensors, strict=False):
        assert (ours.stored, ours.dtype, ours.dims) == (theirs.stored, theirs.dtype, theirs.dims)
        np.testing.assert_array_equal(np.asarray(ours.data), np.asarray(theirs.data))
    assert [t.stored_bytes for t in back.tensors] == [4, 7, 6, 4, 4]
    assert data[64:71] == bytes(range(7))
    assert data[75:81] == few_bits.pack(np.asarray([-5, 70000], np.int32), "s24")


def test_the_same_in_place_takes_more() -> None:
    plain = replace(sample(), tensors=tuple(replace(t, stored="") for t in sample().tensors))
    assert len(write(plain)) > len(write(sample()))
