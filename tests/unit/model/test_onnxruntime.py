"""The judge: ONNX Runtime behind a small class, with inner values."""

from __future__ import annotations

import numpy as np
import pytest

from edgec.errors import DataError, ModelError
from edgec.model.onnxruntime import Runner, run_onnx
from tests.unit.model import nets


def feed(seed: int = 0) -> dict[str, np.ndarray]:
    return {"image": nets.example("ResNet", seed=seed)[0].numpy()}


def test_runner_returns_outputs_and_extra_values_without_touching_the_model():
    model = nets.exported("ResNet")
    inner = [str(node.outputs[0].name) for node in model.graph if node.op_type == "Relu"]
    results = Runner(model, [*inner, "output"]).run(feed())
    assert set(results) == {"output", *inner}
    assert all((results[name] >= 0).all() for name in inner)
    assert [value.name for value in model.graph.outputs] == ["output"]


def test_optimized_graph_computes_the_same_to_float_precision():
    model = nets.exported("ResNet")
    np.testing.assert_allclose(run_onnx(model, feed(), optimize=True)["output"],
                               run_onnx(model, feed())["output"], atol=1e-5)


def test_named_outputs_are_the_only_ones_returned_and_may_be_inputs():
    results = run_onnx(nets.exported("ResNet"), feed(), ["image"])
    assert list(results) == ["image"]
    np.testing.assert_array_equal(results["image"], feed()["image"])


def test_unknown_value_is_refused():
    with pytest.raises(ModelError, match="no value named 'nowhere'"):
        Runner(nets.exported("ResNet"), ["nowhere"])


@pytest.mark.parametrize(("batch", "text"), [
    ({}, r"the inputs \['image'\] are missing or unknown"),
    ({"picture": np.zeros(1)}, r"\['image', 'picture'\]"),
    ({"image": np.zeros((1, 3, 8, 8), np.float32)}, "cannot run the model on this input"),
    ({"image": np.zeros((1, 3, 32, 32))}, "cannot run the model on this input"),
])
def test_inputs_that_do_not_fit_are_refused(batch, text):
    with pytest.raises(DataError, match=text):
        Runner(nets.exported("ResNet")).run(batch)
