from __future__ import annotations

import numpy as np
import onnx_ir as ir
import pytest

from edgec.compress.quantization import scheme
from edgec.compress.quantization.moments import Moments
from edgec.compress.quantization.rounding import feed_errors, grouped, round_weight
from edgec.compress.quantization.units import find_units, output_axis, weight_array
from edgec.model.onnxruntime import run_onnx
from tests.unit.compress.float_models import from_text, normal

LAYERS = {
    "conv": ("Conv <pads = [1,1,1,1], strides = [2,2]> (x, w)", (6, 4, 3, 3), (1, 6, 4, 4)),
    "dilated": ("Conv <pads = [2,2,2,2], dilations = [2,2]> (x, w)", (6, 4, 3, 3), (1, 6, 8, 8)),
    "depthwise": ("Conv <group = 4> (x, w)", (4, 1, 3, 3), (1, 4, 6, 6)),
    "grouped": ("Conv <group = 2> (x, w)", (6, 2, 3, 3), (1, 6, 6, 6)),
    "matmul": ("MatMul (x, w)", (8, 5), (1, 4, 8, 5)),
}


def correlated(count: int, seed: int) -> list[np.ndarray]:
    """Smooth images, as real ones are: neighbours are alike and the mean is not zero."""
    rng = np.random.default_rng(seed)
    return [np.cumsum(rng.normal(size=(1, 4, 8, 8)), axis=3).astype(np.float32) + 1
            for _ in range(count)]


def unit_of(name: str):
    text, shape, output = LAYERS[name]
    dims = ",".join(map(str, output))
    model = from_text(f"m (float[1,4,8,8] x) => (float[{dims}] y) {{ y = {text} }}",
                      {"w": normal(np.random.default_rng(1), *shape)})
    return find_units(model.graph)[0]


def gathered(unit, inputs: list[np.ndarray], rows_per_sample: int = 32) -> np.ndarray:
    moments = Moments(unit, rows_per_sample)
    for x in inputs:
        moments.add(x)
    return moments.total


@pytest.mark.parametrize("name", LAYERS)
def test_moments_predict_the_energy_of_the_output(name: str) -> None:
    unit, inputs = unit_of(name), correlated(3, 0)
    weight = grouped(unit, weight_array(unit).astype(np.float64))
    energy = np.einsum("gok,gkl,gol->", weight, gathered(unit, inputs, 10_000), weight)
    model = ir.Model(unit.output.graph, ir_version=10)
    exact = sum(float(np.square(run_onnx(model, {"x": x})["y"].astype(np.float64)).sum())
                for x in inputs)
    assert energy == pytest.approx(exact, rel=1e-4)


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("per_channel", [True, False])
def test_outputs_have_much_less_error_than_by_nearest_rounding(name: str,
                                                               per_channel: bool) -> None:
    unit = unit_of(name)
    total = gathered(unit, correlated(40, 0))
    fresh = gathered(unit, correlated(40, 5))
    nearest = scheme.weight(weight_array(unit), output_axis(unit) if per_channel else None)
    rounded = round_weight(unit, nearest, total)

    def error(weight: scheme.Weight) -> float:
        e = grouped(unit, (weight.real - weight_array(unit)).astype(np.float64))
        return float(np.einsum("gok,gkl,gol->", e, fresh, e))

    assert error(rounded) < 0.75 * error(nearest)
    assert np.array_equal(rounded.scale, nearest.scale)
    assert np.abs(rounded.values.astype(int)).max() <= 127


def test_uncorrelated_inputs_give_nearest_rounding() -> None:
    rng = np.random.default_rng(0)
    weight, scale = rng.normal(size=(1, 5, 7)), np.full((1, 5), 0.1)
    assert np.array_equal(feed_errors(weight, np.eye(7)[None], scale), np.rint(weight / 0.1))


def test_blocks_give_what_one_weight_at_a_time_gives(monkeypatch) -> None:
    rng = np.random.default_rng(0)
    weight, scale = rng.normal(size=(2, 5, 90)), np.full((2, 5), 0.1)
    x = rng.normal(size=(2, 200, 90)).cumsum(axis=2)
    moments = np.matmul(x.transpose(0, 2, 1), x)
    blocked = feed_errors(weight, moments, scale)
    monkeypatch.setattr("edgec.compress.quantization.rounding._BLOCK", 1)
    assert np.array_equal(feed_errors(weight, moments, scale), blocked)


def test_dead_inputs_and_outputs_stay_finite() -> None:
    unit = unit_of("matmul")
    nearest = scheme.weight(weight_array(unit), 1)
    rounded = round_weight(unit, nearest, np.zeros((1, 8, 8)))
    assert np.array_equal(rounded.values, nearest.values)
