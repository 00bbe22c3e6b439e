from __future__ import annotations

import json

import numpy as np
import onnx_ir as ir
import pytest

from edgec.compress import quantize
from edgec.compress.methods.quantize import Quantize
from edgec.errors import DataError, MethodError
from edgec.model.onnxruntime import run_onnx
from tests.unit.compress.float_models import cnn, encoder, from_text, images, normal


@pytest.mark.parametrize("clip", ["Relu", "6"])
@pytest.mark.parametrize("calibration", ["auto", "minmax", "percentile", "mse"])
def test_outputs_keep_their_signal_on_inputs_not_seen_before(clip: str, calibration: str) -> None:
    model = cnn(clip=clip)
    quantized = quantize(model, images(64), Quantize(calibration=calibration)).model
    exact = np.array([run_onnx(model, x)["y"] for x in images(32, seed=7)])
    found = np.array([run_onnx(quantized, x)["y"] for x in images(32, seed=7)])
    noise = np.square(exact - found).sum() / np.square(exact - exact.mean(0)).sum()
    assert noise < 10**-1.5


def test_batch_normalization_is_folded_exactly() -> None:
    model = cnn()
    result = quantize(model, images(8), Quantize(exclude=("*",)))
    assert not [n for n in result.model.graph if n.op_type in ("BatchNormalization",
                                                               "QuantizeLinear")]
    for x in images(4, seed=3):
        assert np.abs(run_onnx(model, x)["y"] - run_onnx(result.model, x)["y"]).max() < 1e-4


def test_layer_below_the_threshold_stays_float_with_the_reason_in_the_report() -> None:
    rng = np.random.default_rng(0)
    # One channel is ten thousand times the others: per-tensor int8 loses all of them.
    wide = np.ones((8, 1), np.float32)
    wide[0] = 1e4
    weights = {"w": normal(rng, 8, 4) * wide,
               "v": normal(rng, 4, 8) * np.array([[0] + [1] * 7], np.float32)}
    model = from_text("""m (float[16,4] x) => (float[16,4] y) {
        a = Gemm <transB = 1> (x, w)
        h = HardSigmoid (a)
        b = Gemm <transB = 1> (a, v)
        c = Gemm <transB = 1> (h, v)
        y = Add (b, c) }""", weights)
    data = images(8, shape=(16, 4))
    options = Quantize(equalize=False, calibration="minmax", min_sqnr_db=10, max_float_fraction=0.5)
    result = quantize(model, data, options)
    floats = [layer for layer in result.report.layers if layer.runs == "float"]
    assert [layer.output for layer in floats] == ["a", "b"]
    assert floats[0].reason == f"{floats[1].name} needs its output in float"
    assert "dB in int8; at least 10 dB are asked for" in floats[1].reason
    all_int8 = quantize(model, data, Quantize(equalize=False, calibration="minmax",
                                              max_float_fraction=0.0))
    assert all(layer.runs == "int8" for layer in all_int8.report.layers)
    assert result.report.outputs_sqnr_db["y"] > all_int8.report.outputs_sqnr_db["y"] + 10


def test_dead_channels_and_dead_layers_give_finite_results() -> None:
    rng = np.random.default_rng(0)
    first = normal(rng, 8, 3, 1, 1)
    first[2:5] = 0
    weights = {"w": first, "b": np.zeros(8, np.float32), "v": np.zeros((4, 8, 1, 1), np.float32),
               "u": normal(rng, 2, 4, 1, 1)}
    model = from_text("""m (float[1,3,8,8] x) => (float[1,2,8,8] y) {
        a = Conv (x, w, b)
        r = Relu (a)
        d = Conv (r, v)
        y = Conv (d, u) }""", weights)
    result = quantize(model, images(4))
    assert np.array_equal(run_onnx(result.model, images(1)[0])["y"], np.zeros((1, 2, 8, 8)))
    for value in result.model.graph.initializers.values():
        data = value.const_value.numpy()
        assert np.isfinite(data.astype(np.float64)).all()
        assert not str(value.name).endswith("_scale") or (data > 0).all()
    json.dumps(result.report.to_json(), allow_nan=False)


def test_all_scales_are_in_the_range_that_backends_take() -> None:
    rng = np.random.default_rng(0)
    # A ReLU that is almost always zero after large weights: the output's own range is tiny.
    weights = {"w": 1e4 * normal(rng, 8, 3, 1, 1), "b": np.full(8, -1e6, np.float32)}
    model = from_text("""m (float[1,3,8,8] x) => (float[1,8,8,8] y) {
        a = Conv (x, w, b)
        y = Relu (a) }""", weights)
    result = quantize(model, images(4))
    found = {str(n): v.const_value.numpy() for n, v in result.model.graph.initializers.items()}
    multiplier = found["x_scale"] * found["w_scale"] / found["y_scale"]
    assert (multiplier >= 2.0**-32).all()
    assert (multiplier < 256).all()


@pytest.mark.parametrize(("model", "shape"), [(cnn(), (1, 3, 8, 8)), (encoder(), (1, 6, 16))],
                         ids=["cnn", "encoder"])
def test_report_has_a_line_for_every_unit_with_range_and_ratio(model: ir.Model,
                                                               shape: tuple[int, ...]) -> None:
    report = quantize(model, images(8, shape=shape)).report
    for layer in report.layers:
        assert (layer.runs == "float") == bool(layer.reason)
    for layer in report.int8_layers:
        assert layer.low is not None
        assert layer.high is not None
        assert layer.low < layer.high
        assert layer.scale is not None
        assert layer.own_sqnr_db is not None
        assert layer.sqnr_db is not None
        assert 10 < layer.sqnr_db <= layer.own_sqnr_db + 10
    json.dumps(report.to_json(), allow_nan=False)


def test_one_shot_iterator_of_data_is_read_as_often_as_needed() -> None:
    listed = quantize(cnn(), images(8)).model
    streamed = quantize(cnn(), iter(images(8))).model
    x = images(1, seed=4)[0]
    assert np.array_equal(run_onnx(listed, x)["y"], run_onnx(streamed, x)["y"])


@pytest.mark.parametrize(("options", "message"), [
    (Quantize(calibration="entropy"), "it must be one of auto, minmax, percentile, mse"),
    (Quantize(ops="some"), "it must be one of auto, linear, all"),
    (Quantize(percentile=40.0), "it must be above 50 and at most 100"),
    (Quantize(max_float_fraction=2.0), "it must be from 0 to 1"),
])
def test_option_out_of_range_is_refused(options: Quantize, message: str) -> None:
    with pytest.raises(MethodError, match=message):
        quantize(cnn(), images(1), options)


def test_quantized_model_is_refused() -> None:
    quantized = quantize(cnn(), images(4)).model
    with pytest.raises(MethodError, match="the model is quantized already"):
        quantize(quantized, images(4))


def test_no_data_is_refused() -> None:
    with pytest.raises(DataError, match="there are no calibration batches"):
        quantize(cnn(), [])
