from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import numpy as np
import onnx_ir as ir
import pytest
import torch

from edgec.compress.method import Given, run
from edgec.compress.methods.qat import Qat
from edgec.compress.methods.quantize import Quantize
from edgec.compress.quantization.mixed import rows
from edgec.compress.training.finetune import finetune
from edgec.compress.training.schedule import Schedule
from edgec.errors import MethodError
from edgec.lower.interpret import interpret
from edgec.lower.lower import lower
from edgec.model.execute import TorchGraph
from edgec.model.onnxruntime import run_onnx
from edgec.model.task import Samples, Task
from tests.unit.compress.float_models import cnn, encoder, images
from tests.unit.compress.training.tasks import image_task

PLAIN = Qat(epochs=2.0, batch=32, learning_rate=2e-3)


@cache
def trained(seed: int) -> tuple[ir.Model, Task]:
    task = image_task(320, seed=seed)
    graph = TorchGraph(cnn(seed))
    finetune(graph, Given(task=task, seed=seed), Schedule(epochs=3.0, batch=32))
    return graph.to_model(), task


def constants(model: ir.Model) -> dict[str, np.ndarray]:
    return {str(n): v.const_value.numpy() for n, v in model.graph.initializers.items()}


def runs(samples: Samples, count: int = 64) -> list[dict[str, np.ndarray]]:
    return list(samples.take(slice(count)).runs())


@pytest.mark.parametrize("seed", range(3))
def test_4_bits_trained_follow_the_float_model_closer_than_quantized_after_training(
        seed: int) -> None:
    model, task = trained(seed)
    options = replace(PLAIN, weight_bits=4, teacher_weight=1.0, epochs=4.0)
    given = Given(tuple(runs(task.train)), task=task, seed=seed)
    ptq = run(Quantize(weight_bits=4), model, given).model
    qat = run(options, model, given).model
    inputs = runs(task.test)
    exact = [rows(run_onnx(model, x)["y"]) for x in inputs]

    def divergence(found: ir.Model) -> float:
        others = [rows(run_onnx(found, x)["y"]) for x in inputs]
        return float(np.mean([(np.exp(p) * (p - q)).sum()
                              for p, q in zip(exact, others, strict=True)]))

    assert divergence(qat) < divergence(ptq)


def test_without_training_the_result_is_the_quantized_model() -> None:
    model, data = cnn(), tuple(images(8))
    start = run(Quantize(weight_bits=4), model, Given(data)).model
    result = run(Qat(weight_bits=4, epochs=0.0), model, Given(data)).model
    before, after = constants(start), constants(result)
    integers = [name for name, array in before.items() if array.dtype == np.int8]
    assert all(np.array_equal(before[name], after[name]) for name in integers)
    assert all(np.array_equal(before[n], after[n]) for n in before if n.endswith("_scale"))


def test_quantized_model_is_trained_as_it_is_and_keeps_nodes_and_zero_points() -> None:
    model, task = trained(0)
    start = run(Quantize(), model, Given(tuple(runs(task.train)))).model
    result = run(PLAIN, start, Given(task=task, teacher=model))
    before, after = constants(start), constants(result.model)
    assert [(n.op_type, n.name) for n in start.graph] == [(n.op_type, n.name)
                                                          for n in result.model.graph]
    assert all(np.array_equal(before[n], after[n]) for n in before if n.endswith("zero_point"))
    assert 0 < result.report.changed < 1
    json.dumps(result.report.to_json(), allow_nan=False)


@pytest.mark.parametrize("bits", [4, 8])
def test_integer_engine_computes_what_was_trained(bits: int) -> None:
    model, task = trained(0)
    given = Given(tuple(runs(task.train)), task=task)
    result = run(replace(PLAIN, weight_bits=bits), model, given).model
    simulated, lowered = TorchGraph(result, ()), lower(result)
    step = float(constants(result)["y_scale"])
    same, total, worst = 0, 0, 0.0
    for x in images(200, seed=5):
        exact = simulated(torch.from_numpy(x["x"]))[0].numpy()
        found = interpret(lowered, x)["y"]
        same += int(exact.argmax() == found.argmax())
        total += 1
        worst = max(worst, float(np.abs(exact - found).max()) / step)
    assert same >= 0.995 * total
    assert worst <= 1 + 1e-3


def test_biases_have_the_scale_of_input_and_weight() -> None:
    model, task = trained(0)
    result = run(PLAIN, model, Given(tuple(runs(task.train)), task=task)).model
    found = constants(result)
    for node in result.graph:
        if node.op_type in ("Conv", "Gemm"):
            x, w, b = (str(node.inputs[i].producer().inputs[1].name) for i in range(3))
            assert np.array_equal(found[b], np.float32(found[x]) * found[w])


def test_pruned_weights_stay_zero_unless_told_otherwise() -> None:
    model, task = trained(0)
    sparse = model.clone()
    value = next(v for n, v in sparse.graph.initializers.items() if str(n) == "w3")
    array = np.array(value.const_value.numpy())
    array[:, 4:] = 0
    value.const_value = ir.tensor(array, name="w3")
    given = Given(tuple(runs(task.train)), task=task, seed=1)
    kept = run(replace(PLAIN, weight_bits=4), sparse, given)
    freed = run(replace(PLAIN, weight_bits=4, keep_zeros=False, learning_rate=2e-2), sparse, given)
    assert not constants(kept.model)["w3_quantized"][:, 4:].any()
    assert kept.report.sparse == ("trained w3_quantized",)
    assert constants(freed.model)["w3_quantized"][:, 4:].any()


def test_scales_stay_when_they_shall_not_be_learned() -> None:
    model, task = trained(0)
    given = Given(tuple(runs(task.train)), task=task)
    start = constants(run(Qat(epochs=0.0), model, given).model)
    fixed = constants(run(replace(PLAIN, learn_scales=False), model, given).model)
    learned = constants(run(PLAIN, model, given).model)
    names = [n for n in start if n.endswith("x_scale") or n.endswith("y_scale")]
    assert all(np.array_equal(start[n], fixed[n]) for n in names)
    assert not all(np.array_equal(start[n], learned[n]) for n in names)


def test_transformer_with_float_and_integer_layers_is_trained() -> None:
    rng = np.random.default_rng(0)
    samples = Samples({"x": rng.normal(size=(64, 6, 16)).astype(np.float32)},
                      rng.normal(size=(64, 6, 16)).astype(np.float32))
    task = Task(samples, samples, loss="mean_squared_error", metric="negative_squared_error")
    result = run(replace(PLAIN, epochs=1.0), encoder(), Given(task=task))
    x = {"x": samples.inputs["x"][:1]}
    assert run_onnx(result.model, x)["y"].shape == (1, 6, 16)
    assert result.report.trained.scores[1] > result.report.trained.scores[0]


def test_float_model_without_anything_to_measure_ranges_on_is_refused() -> None:
    with pytest.raises(MethodError, match="the model is float, so its ranges must be measured"):
        run(Qat(epochs=0.0), cnn())
