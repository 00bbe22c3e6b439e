from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgec.compress.methods.quantize import Quantize
from edgec.compress.quantization.build_plan import build_plan, collect
from edgec.compress.quantization.insert_qdq import insert_qdq
from edgec.compress.quantization.prepare import prepare
from edgec.compress.quantization.unit_model import unit_model
from edgec.compress.quantization.units import find_units, weight_array
from edgec.model.onnxruntime import Runner
from tests.unit.compress.float_models import cnn, from_text, images, normal

# Coarse weights, so that the error of rounding stands out from that of the activations.
RECIPE = Quantize(calibration="minmax", per_channel=False, rounding="nearest")._recipe()


@pytest.mark.parametrize("name", ["c1", "c2", "c3"])
def test_mean_error_of_each_channel_shrinks(name: str) -> None:
    model, data = prepare(cnn(channels=16)), images(64)
    statistics = collect(model, RECIPE, data)
    unit = next(u for u in find_units(model.graph) if u.nodes[0].outputs[0].name == name)
    alone = unit_model(model, unit)
    source, output = str(unit.inputs[0].name), unit.nodes[0].outputs[0].name
    upstream = Runner(model, [source])
    inputs = [upstream.run(x)[source] for x in data]

    def mean_error(corrected: bool) -> np.ndarray:
        plan = build_plan(model, replace(RECIPE, bias_correction=corrected), statistics, {})
        quantized = insert_qdq(alone, plan)
        exact, rounded = Runner(alone, [output]), Runner(quantized, [output])
        errors = [rounded.run({source: x})[output] - exact.run({source: x})[output]
                  for x in inputs]
        return np.abs(np.mean(errors, axis=(0, 1, 3, 4)))

    before, after = mean_error(False), mean_error(True)
    assert after.mean() < 0.5 * before.mean()


def test_correction_is_exact_at_padded_borders() -> None:
    rng = np.random.default_rng(0)
    model = prepare(from_text("""m (float[1,3,4,4] x) => (float[1,4,4,4] y) {
        y = Conv <pads = [2,2,2,2]> (x, w) }""", {"w": normal(rng, 4, 3, 5, 5)}))
    data = [{"x": x["x"] + 3} for x in images(16, shape=(1, 3, 4, 4))]
    statistics = collect(model, RECIPE, data)
    plan = build_plan(model, RECIPE, statistics, {})
    unit = find_units(model.graph)[0]
    error = plan.weights[unit.name].real - weight_array(unit)
    mean = np.mean([x["x"][0] for x in data], axis=0)
    padded = np.pad(mean, ((0, 0), (2, 2), (2, 2)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (5, 5), axis=(1, 2))
    expected = np.einsum("iyxhw,oihw->oyx", windows, error).mean(axis=(1, 2))
    assert plan.biases[unit.name] == pytest.approx(-expected, rel=1e-3, abs=1e-6)
