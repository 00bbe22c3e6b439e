"""The packed layouts against the index formulas of spec.md."""

from __future__ import annotations

import numpy as np
import pytest

from edgec.lower.backends.native import pack

RNG = np.random.default_rng(3)


@pytest.mark.parametrize(("groups", "n", "k"), [(1, 1, 1), (1, 16, 4), (2, 17, 5), (3, 33, 130)])
def test_s8_16c4_element_is_where_the_formula_says(groups: int, n: int, k: int) -> None:
    w = RNG.integers(-127, 128, (groups, n, k)).astype(np.int8)
    packed = pack.s8_16c4(w)
    assert packed.shape == (groups, -(-n // 16), -(-k // 4), 16, 4)
    for g, i, j, p, q in np.ndindex(*packed.shape):
        inside = 16 * i + p < n and 4 * j + q < k
        assert packed[g, i, j, p, q] == (w[g, 16 * i + p, 4 * j + q] if inside else 0)


@pytest.mark.parametrize(("groups", "n", "k"), [(1, 1, 1), (1, 16, 4), (2, 17, 5)])
def test_f32_16_element_is_where_the_formula_says(groups: int, n: int, k: int) -> None:
    w = RNG.normal(size=(groups, n, k)).astype(np.float32)
    packed = pack.f32_16(w)
    assert packed.shape == (groups, -(-n // 16), k, 16)
    for g, i, j, p in np.ndindex(*packed.shape):
        assert packed[g, i, j, p] == (w[g, 16 * i + p, j] if 16 * i + p < n else 0)


@pytest.mark.parametrize("dtype", [np.int8, np.float32])
@pytest.mark.parametrize(("kh", "kw", "c"), [(1, 1, 1), (3, 3, 16), (5, 2, 35)])
def test_dw16_element_is_where_the_formula_says(kh: int, kw: int, c: int, dtype: type) -> None:
    w = RNG.integers(-127, 128, (kh, kw, c)).astype(dtype)
    packed = pack.dw16(w)
    assert packed.shape == (-(-c // 16), kh * kw, 16)
    assert packed.dtype == dtype
    for i, t, p in np.ndindex(*packed.shape):
        assert packed[i, t, p] == (w[t // kw, t % kw, 16 * i + p] if 16 * i + p < c else 0)


def test_channels_16_pads_each_group_with_zeros() -> None:
    packed = pack.channels_16(np.arange(1, 7, dtype=np.int32).reshape(2, 3))
    assert packed.tolist() == [[1, 2, 3, *[0] * 13], [4, 5, 6, *[0] * 13]]


@pytest.mark.parametrize(("groups", "dilation_w"), [(1, 1), (1, 2), (3, 1)])
def test_by_tap_puts_each_weight_where_the_spec_says(groups: int, dilation_w: int) -> None:
    o, kh, kw, c = 6, 2, 3, 3
    w = RNG.integers(-127, 128, (o, kh, kw, c)).astype(np.int8)
    packed = pack.by_tap(w, groups, dilation_w).reshape(groups, o // groups, -1)
    lines = groups == 1 and dilation_w == 1
    tap_depth = 12 if lines else 4
    assert packed.shape == (groups, o // groups, (kh if lines else kh * kw) * tap_depth)
    for i, ky, kx, q in np.ndindex(*w.shape):
        at = ky * tap_depth + kx * c + q if lines else (ky * kw + kx) * tap_depth + q
        assert packed[i // (o // groups), i % (o // groups), at] == w[i, ky, kx, q]
    assert np.abs(packed.astype(int)).sum() == np.abs(w.astype(int)).sum()


def test_by_tap_of_a_1x1_kernel_ignores_dilation() -> None:
    w = RNG.integers(-127, 128, (2, 1, 1, 5)).astype(np.int8)
    assert pack.by_tap(w, 1, 2).shape == (1, 2, 1, 8)
