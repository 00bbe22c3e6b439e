"""Whole models, imported and lowered, against ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir
import pytest
from onnxruntime.quantization import QuantType
from onnxruntime.quantization.shape_inference import quant_pre_process

from edgec.lower.from_onnx import import_onnx
from edgec.lower.interpret import interpret
from edgec.lower.lower import lower, placement
from edgec.model.load import normalize
from tests.unit.lower.lower_models import SHAPES, as_ir, float_model, inputs_for
from tests.unit.lower.onnxruntime_judge import compare_int8, quantize_by_onnxruntime, run_onnx

SETTINGS = {
    "s8": {"activation_type": QuantType.QInt8, "weight_type": QuantType.QInt8,
           "per_channel": True},
    "s8_symmetric": {"activation_type": QuantType.QInt8, "weight_type": QuantType.QInt8,
                     "per_channel": True, "extra_options": {"ActivationSymmetric": True}},
    "u8_per_tensor": {"activation_type": QuantType.QUInt8, "weight_type": QuantType.QInt8,
                      "per_channel": False},
}


def _quantized(name: str, folder: Path, setting: str, prepare: bool = False) -> onnx.ModelProto:
    model = ir.serde.serialize_model(normalize(as_ir(float_model(name))))
    if prepare:
        onnx.save(model, folder / "float.onnx")
        quant_pre_process(folder / "float.onnx", folder / "ready.onnx", skip_symbolic_shape=True)
        model = onnx.load(folder / "ready.onnx")
    batches = (inputs_for(name, seed) for seed in range(1, 7))
    return quantize_by_onnxruntime(model, batches, folder, **SETTINGS[setting])


@pytest.mark.parametrize("name", SHAPES)
def test_import_of_a_float_model_equals_onnxruntime(name: str) -> None:
    inputs = inputs_for(name)
    found = interpret(import_onnx(as_ir(float_model(name))), inputs)
    np.testing.assert_allclose(found["y"], run_onnx(float_model(name), inputs)["y"], atol=1e-5)


@pytest.mark.parametrize("name", SHAPES)
def test_lower_of_a_float_model_equals_onnxruntime(name: str) -> None:
    inputs = inputs_for(name)
    found = interpret(lower(as_ir(float_model(name))), inputs)
    np.testing.assert_allclose(found["y"], run_onnx(float_model(name), inputs)["y"], atol=1e-5)


@pytest.mark.parametrize(("setting", "prepare"), [*((s, False) for s in SETTINGS), ("s8", True)])
@pytest.mark.parametrize("name", SHAPES)
def test_lower_of_a_quantized_model_is_within_one_step_of_onnxruntime(
        name: str, setting: str, prepare: bool, tmp_path: Path) -> None:
    model = _quantized(name, tmp_path, setting, prepare)
    result = compare_int8(model, lower(as_ir(model)), inputs_for(name))
    assert result.tensors >= 4
    assert result.largest <= 1
    assert result.differing <= 0.03 * result.values


@pytest.mark.parametrize("name", ["convnet", "nearest", "encoder", "sensor"])
def test_lower_of_a_quantized_model_leaves_no_computation_in_float(name: str, tmp_path: Path
                                                                  ) -> None:
    graph = lower(as_ir(_quantized(name, tmp_path, "s8", prepare=True)))
    assert [p for p in placement(graph) if p.runs == "float32"] == []


def test_lower_of_asymmetric_weights_runs_the_layers_in_float_and_says_why(tmp_path: Path) -> None:
    batches = (inputs_for("convnet", seed) for seed in range(1, 4))
    model = quantize_by_onnxruntime(float_model("convnet"), batches, tmp_path,
                                    activation_type=QuantType.QUInt8,
                                    weight_type=QuantType.QUInt8)
    graph = lower(as_ir(model))
    reasons = {p.op: p.reason for p in placement(graph) if p.runs == "float32"}
    assert set(reasons) == {"conv2d", "depthwise_conv2d", "fully_connected"}
    assert "must have zero point 0" in reasons["fully_connected"]
    assert compare_int8(model, graph, inputs_for("convnet")).largest <= 1
