from __future__ import annotations

import numpy as np
import onnx_ir as ir
import pytest

from edgec.compress import quantize
from edgec.compress.calibrate import ChannelMaximum, observe
from edgec.compress.methods.quantize import Quantize
from edgec.compress.quantization.policy import float_reasons
from edgec.compress.quantization.rescale_outliers import find_boundaries, rescale_outliers
from edgec.compress.quantization.units import find_units
from edgec.model.onnxruntime import Runner, run_onnx
from tests.unit.compress.float_models import encoder, images

DATA = images(8, shape=(1, 6, 16))
SHAPE = (1, 6, 16)


def with_outliers() -> ir.Model:
    """The encoder, with a few channels a hundred times the others where BERT has them."""
    model = encoder()
    for name, factor, channel in (("g", 100.0, 3), ("w2", 100.0, 5), ("b2", 100.0, 5)):
        value = model.graph.initializers[name]
        data = value.const_value.numpy().copy()
        data[..., channel] *= factor
        value.const_value = ir.tensor(data, name=name)
    _undo_input_outlier(model)
    return model


def _undo_input_outlier(model: ir.Model) -> None:
    """The layer after the normalization reads its large channel with small weights."""
    value = model.graph.initializers["w1"]
    data = value.const_value.numpy().copy()
    data[3] /= 100
    value.const_value = ir.tensor(data, name="w1")


def rescaled(model: ir.Model) -> ir.Model:
    reasons = float_reasons(find_units(model.graph), "auto", (), {})
    maxima = {b.tensor: ChannelMaximum(b.axis) for b in find_boundaries(model.graph, reasons)}
    observe(model, DATA, {name: [m] for name, m in maxima.items()})
    return rescale_outliers(model, reasons, {n: m.largest for n, m in maxima.items()})[0]


def test_boundaries_are_where_float_and_linear_units_meet() -> None:
    model = encoder()
    reasons = float_reasons(find_units(model.graph), "auto", (), {})
    found = {(b.tensor, b.incoming) for b in find_boundaries(model.graph, reasons)}
    # q, k and v are read by float matrix products, k through a transpose; x is the model's input.
    assert found == {("q", False), ("v", False), ("n", True), ("h", False), ("t", True),
                     ("o", False)}


def test_there_are_no_boundaries_where_all_is_int8() -> None:
    model = encoder()
    assert not [b for b in find_boundaries(model.graph, {}) if b.incoming]


def test_float_function_is_the_same_to_rounding_of_the_sums() -> None:
    model = with_outliers()
    changed = rescaled(model)
    assert [n for n in changed.graph if n.op_type == "Mul"]
    for x in DATA:
        exact = run_onnx(model, x)["y"]
        assert np.abs(run_onnx(changed, x)["y"] - exact).max() <= 1e-6 * np.abs(exact).max()


def test_multiplications_stay_float_and_say_why() -> None:
    report = quantize(with_outliers(), DATA).report
    added = [layer for layer in report.layers if layer.op == "Mul"]
    assert added
    assert {layer.reason for layer in added} == {"it carries the scales of outlier channels"}


def test_model_without_outliers_gets_no_multiplications() -> None:
    assert not [n for n in rescaled(encoder()).graph if n.op_type == "Mul"]


@pytest.mark.parametrize("calibration", ["minmax", "mse"])
def test_channels_beside_an_outlier_are_restored(calibration: str) -> None:
    model = with_outliers()

    def noise(equalize: bool) -> float:
        options = Quantize(calibration=calibration, equalize=equalize, max_float_fraction=0.0)
        quantized, exact = Runner(quantize(model, DATA, options).model), Runner(model)
        beside = [i for i in range(16) if i not in (3, 5)]
        errors = [quantized.run(x)["y"][..., beside] - exact.run(x)["y"][..., beside]
                  for x in images(16, seed=3, shape=SHAPE)]
        return float(np.square(errors).mean())

    assert noise(equalize=True) < 0.1 * noise(equalize=False)
