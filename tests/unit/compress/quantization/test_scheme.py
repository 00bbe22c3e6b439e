from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from edgec.compress.quantization import scheme

ENDS = st.floats(-1e6, 1e6, width=32)
WEIGHTS = hnp.arrays(np.float32, hnp.array_shapes(min_dims=2, max_dims=4, max_side=5),
                     elements=st.floats(-1e4, 1e4, width=32))


@given(ENDS, ENDS)
@settings(deadline=None)
def test_activation_represents_zero_exactly_and_has_a_positive_scale(a: float, b: float) -> None:
    params = scheme.activation(min(a, b), max(a, b))
    assert params.scale > 0
    assert np.isfinite(params.scale)
    assert -128 <= params.zero_point <= 127
    assert scheme.quantize(np.zeros(1, np.float32), params)[0] == params.zero_point


@given(ENDS, ENDS)
@settings(deadline=None)
def test_activation_covers_the_range_within_half_a_step(a: float, b: float) -> None:
    low, high = min(a, b, 0), max(a, b, 0)
    params = scheme.activation(low, high)
    assert params.low <= low + 0.501 * params.scale
    assert params.high >= high - 0.501 * params.scale


@given(ENDS, ENDS, st.floats(0, 1e6, width=32))
@settings(deadline=None)
def test_activation_scale_grows_with_the_range(low: float, high: float, more: float) -> None:
    low, high = min(low, 0), max(high, 0.01)
    narrow, wide = scheme.activation(low, high), scheme.activation(low - more, high + more)
    assert wide.scale >= narrow.scale


@given(WEIGHTS, st.booleans())
@settings(deadline=None)
def test_weight_error_is_at_most_half_a_step(values, per_channel: bool) -> None:
    weight = scheme.weight(values, 0 if per_channel else None)
    assert (weight.scale > 0).all()
    assert np.abs(weight.values.astype(int)).max() <= 127
    step = scheme.along(weight.scale, 0, values.ndim) if per_channel else weight.scale
    assert (np.abs(weight.real - values) <= 0.5001 * step + 1e-6 * np.abs(values)).all()


def test_dead_channel_gets_the_scale_of_the_largest_and_stays_zero() -> None:
    values = np.array([[0, 0], [1, -127]], np.float32)
    weight = scheme.weight(values, 0)
    assert weight.scale.tolist() == [1.0, 1.0]
    assert weight.values.tolist() == [[0, 0], [1, -127]]


def test_layer_of_zeros_gets_a_sane_scale() -> None:
    weight = scheme.weight(np.zeros((3, 4), np.float32), 0)
    assert np.isfinite(weight.scale).all()
    assert (weight.scale > 1e-6).all()


def test_bias_much_larger_than_the_weights_still_fits_int32() -> None:
    bias, values = np.array([1e6, 1.0], np.float32), np.array([[1e-9], [1.0]], np.float32)
    smallest = scheme.smallest_scale(bias, 0.01, 10.0)
    weight = scheme.weight(values, 0, smallest)
    scale = scheme.bias_scale(0.01, weight.scale)
    assert scheme.bias(bias, scale).dtype == np.int32
    assert scheme.bias(bias, scale) * scale == pytest.approx(bias, rel=1e-4)


def test_weight_scale_keeps_the_multiplier_above_the_least_that_backends_take() -> None:
    smallest = scheme.smallest_scale(None, 1e-6, 1e3)
    weight = scheme.weight(np.array([[1e-12], [1.0]], np.float32), 0, smallest)
    assert (1e-6 * weight.scale / 1e3 >= 2.0**-32).all()
