from __future__ import annotations

import numpy as np
import onnx
import onnx_ir as ir
import pytest

from edgec.compress import quantize
from edgec.compress.methods.quantize import Quantize
from edgec.lower import numerics
from edgec.model.onnxruntime import run_onnx
from tests.unit.compress.float_models import cnn, encoder, from_text, images, normal

SIMPLE = Quantize(calibration="minmax", equalize=False, bias_correction=False)


def constants(model: ir.Model) -> dict[str, np.ndarray]:
    return {str(n): v.const_value.numpy() for n, v in model.graph.initializers.items()
            if v.const_value is not None}


def test_qdq_model_equals_fake_quantization_written_by_hand() -> None:
    rng = np.random.default_rng(3)
    model = from_text("""m (float[1,3,5,5] x) => (float[1,4,5,5] y) {
        c = Conv (x, w, b)
        y = Relu (c) }""", {"w": normal(rng, 4, 3, 1, 1), "b": normal(rng, 4)})
    data = images(8, shape=(1, 3, 5, 5))
    quantized = quantize(model, data, SIMPLE).model
    found = constants(quantized)

    def fake(x: np.ndarray, name: str) -> np.ndarray:
        scale, zero = found[f"{name}_scale"], found[f"{name}_zero_point"]
        return numerics.dequantize(numerics.quantize(x, float(scale), int(zero)), scale, zero)

    x = data[0]["x"]
    weight = found["w_quantized"].astype(np.float32) * found["w_scale"].reshape(4, 1, 1, 1)
    bias = found["b_quantized"].astype(np.float32) * found["b_scale"]
    assert np.array_equal(found["b_scale"], found["x_scale"] * found["w_scale"])
    exact = np.einsum("nihw,oi->nohw", fake(x, "x"), weight[:, :, 0, 0]) + bias[:, None, None]
    expected = fake(np.maximum(exact, 0), "y")
    assert np.abs(run_onnx(quantized, {"x": x})["y"] - expected).max() < 1e-5


@pytest.mark.parametrize("model", [cnn(), cnn(clip="6")], ids=["relu", "relu6"])
def test_no_quantization_between_an_operation_and_its_activation(model: ir.Model) -> None:
    quantized = quantize(model, images(4)).model
    clamps = [n for n in quantized.graph if n.op_type in ("Relu", "Clip")]
    assert len(clamps) == 3
    assert [n.inputs[0].producer().op_type for n in clamps] == ["Conv"] * 3


@pytest.mark.parametrize("ops", ["auto", "linear", "all"])
@pytest.mark.parametrize(("model", "shape"), [(cnn(), (1, 3, 8, 8)), (encoder(), (1, 6, 16))],
                         ids=["cnn", "encoder"])
def test_every_int8_unit_reads_dequantized_and_is_quantized(model: ir.Model, shape: tuple[int, ...],
                                                            ops: str) -> None:
    result = quantize(model, images(4, shape=shape), Quantize(ops=ops))
    by_name = {n.name: n for n in result.model.graph}
    layers = result.report.int8_layers
    assert layers
    for layer in layers:
        node = by_name[layer.name]
        activations = [v for v in node.inputs if v is not None and v.dtype == ir.DataType.FLOAT
                       and layer.kind not in ("layer_norm",)] or [node.inputs[0]]
        assert all(v.producer() is not None and v.producer().op_type == "DequantizeLinear"
                   for v in activations), layer
        last = node
        for _ in layer.op.split("+")[1:]:
            last = last.outputs[0].consumers()[0]
        assert [n.op_type for n in last.outputs[0].consumers()] == ["QuantizeLinear"], layer


def test_weights_are_int8_per_channel_and_biases_int32_with_the_product_of_scales() -> None:
    found = constants(quantize(cnn(), images(4)).model)
    weight, bias = found["w1_quantized"], found["b1_quantized"]
    assert (weight.dtype, bias.dtype) == (np.int8, np.int32)
    assert found["w1_scale"].shape == (16,)
    assert not found["w1_zero_point"].any()
    assert not found["b1_zero_point"].any()
    assert weight.min() >= -127


def test_share_units_have_one_scale_on_both_sides() -> None:
    rng = np.random.default_rng(0)
    model = from_text("""m (float[1,3,8,8] x) => (float[1,64] y) {
        c = Conv (x, w)
        p = MaxPool <kernel_shape = [2,2], strides = [2,2]> (c)
        y = Flatten (p) }""", {"w": normal(rng, 4, 3, 1, 1)})
    result = quantize(model, images(4))
    assert {(layer.scale, layer.zero_point) for layer in result.report.int8_layers} == {
        (result.report.layers[0].scale, result.report.layers[0].zero_point)}


def test_concat_of_like_ranges_has_one_scale_and_of_unlike_ranges_has_several() -> None:
    def scales(factor: float) -> set[float | None]:
        weights = {"w": np.eye(3, dtype=np.float32).reshape(3, 3, 1, 1),
                   "v": factor * np.eye(3, dtype=np.float32).reshape(3, 3, 1, 1)}
        model = from_text("""m (float[1,3,8,8] x) => (float[1,6,8,8] y) {
            a = Conv (x, w)
            b = Conv (x, v)
            y = Concat <axis = 1> (a, b) }""", weights)
        return {layer.scale for layer in quantize(model, images(4), SIMPLE).report.layers}

    assert len(scales(2.0)) == 1
    assert len(scales(100.0)) == 3 - 1  # the output has the wider input's range


def test_constant_operand_of_a_multiplication_becomes_int8() -> None:
    rng = np.random.default_rng(0)
    model = from_text("""m (float[1,3,8,8] x) => (float[1,4,8,8] y) {
        c = Conv (x, w)
        y = Mul (c, k) }""", {"w": normal(rng, 4, 3, 1, 1), "k": np.float32(0.25).reshape(1)})
    result = quantize(model, images(4))
    found = constants(result.model)
    assert found["k_quantized"].dtype == np.int8
    steps = int(found["k_quantized"][0]) - int(found["k_zero_point"])
    assert steps * found["k_scale"] == pytest.approx(0.25, rel=1e-6)


@pytest.mark.parametrize("ops", ["auto", "all"])
def test_result_is_valid_onnx_with_the_same_inputs_and_outputs(ops: str) -> None:
    model = encoder()
    quantized = quantize(model, images(4, shape=(1, 6, 16)), Quantize(ops=ops)).model
    proto = ir.to_proto(quantized)
    onnx.checker.check_model(proto, full_check=True)

    def face(m: ir.Model) -> list[tuple[str | None, object, object]]:
        return [(v.name, v.dtype, v.shape) for v in (*m.graph.inputs, *m.graph.outputs)]

    assert face(quantized) == face(model)


def test_weight_that_two_layers_share_is_quantized_for_each() -> None:
    rng = np.random.default_rng(0)
    model = from_text("""m (float[1,3,8,8] x) => (float[1,3,8,8] y) {
        c = Conv (x, w)
        y = Conv (c, w) }""", {"w": normal(rng, 3, 3, 1, 1)})
    result = quantize(model, images(4))
    assert result.report.outputs_sqnr_db["y"] > 25
    assert len(result.report.int8_layers) == 2
