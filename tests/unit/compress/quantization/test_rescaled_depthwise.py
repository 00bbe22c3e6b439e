"""One scale for a whole depthwise layer whose channels differ: lost, and rescued by equalization.

The decisive test of cross-layer equalization: channels are rescaled by 2^U(-4, 4) such that the
float function stays. The nets are trained to tell colours apart.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import onnx_ir as ir
import pytest

from edgec.compress.method import Given, run
from edgec.compress.methods.quantize import Quantize
from edgec.compress.training.finetune import finetune
from edgec.compress.training.schedule import Schedule
from edgec.compress.training.score import score_model
from edgec.model.execute import TorchGraph
from tests.unit.compress.float_models import from_text, normal
from tests.unit.compress.training.tasks import image_task

PLAIN = Quantize(per_channel=False, calibration="minmax", rounding="nearest", equalize=False,
                 min_sqnr_db=-100.0)


def separable(seed: int) -> ir.Model:
    """Two depthwise separable blocks behind a convolution, no way around them."""
    rng = np.random.default_rng(seed)
    shapes = {"0": (16, 3, 3, 3), "1": (16, 1, 3, 3), "2": (16, 16, 1, 1), "3": (16, 1, 3, 3),
              "4": (16, 16, 1, 1)}
    weights = {f"w{name}": normal(rng, *shape) for name, shape in shapes.items()}
    weights |= {f"b{name}": rng.normal(size=16).astype(np.float32) / 4 for name in shapes}
    weights |= {"w5": normal(rng, 5, 16), "b5": np.zeros(5, np.float32), "axes": np.array([2, 3])}
    layers = "\n".join(f"""
        c{i} = Conv <pads = {[1, 1, 1, 1] if i in (0, 1, 3) else [0, 0, 0, 0]},
                     group = {16 if i in (1, 3) else 1}> ({f"a{i - 1}" if i else "x"}, w{i}, b{i})
        a{i} = Relu (c{i})""" for i in range(5))
    return from_text(f"""separable (float[1,3,8,8] x) => (float[1,5] y) {{ {layers}
        p = ReduceMean <keepdims = 0> (a4, axes)
        y = Gemm <transB = 1> (p, w5, b5) }}""", weights)


def rescaled(model: ir.Model, seed: int) -> ir.Model:
    """Both depthwise layers' outputs times 2^U(-4, 4), made good by the layers that follow."""
    result, rng = model.clone(), np.random.default_rng(seed)
    for layer in (1, 3):
        factors = 2.0 ** rng.uniform(-4, 4, 16)
        changed = ((f"w{layer}", (16, 1, 1, 1), 1), (f"b{layer}", (16,), 1),
                   (f"w{layer + 1}", (1, 16, 1, 1), -1))
        for name, shape, power in changed:
            value = result.graph.initializers[name]
            data = value.const_value.numpy() * factors.reshape(shape) ** power
            value.const_value = ir.tensor(data.astype(np.float32), name=name)
    return result


@cache
def accuracies(seed: int) -> dict[str, float]:
    """In percent: of the float net, and by int8 as it was, rescaled, rescaled and equalized."""
    task = image_task(1400, seed=seed)
    train, test = task.train.take(slice(400)), task.train.take(slice(400, None))
    graph = TorchGraph(separable(seed))
    finetune(graph, Given(task=replace(task, train=train), seed=seed),
             Schedule(epochs=8.0, batch=32, learning_rate=1e-2))
    model = graph.to_model()
    changed, data = rescaled(model, seed), Given(tuple(train.take(slice(32)).runs()))
    models = {"float": model, "before": run(PLAIN, model, data).model,
              "lost": run(PLAIN, changed, data).model,
              "rescued": run(replace(PLAIN, equalize=True), changed, data).model}
    return {name: 100 * score_model(m, test, "top1") for name, m in models.items()}


def test_rescaled_channels_cost_many_points_without_equalization() -> None:
    costs = [accuracies(seed)["before"] - accuracies(seed)["lost"] for seed in range(3)]
    assert np.mean(costs) > 5


@pytest.mark.parametrize("seed", range(3))
def test_equalization_restores_them_within_half_a_point(seed: int) -> None:
    assert accuracies(seed)["rescued"] >= accuracies(seed)["before"] - 0.5
