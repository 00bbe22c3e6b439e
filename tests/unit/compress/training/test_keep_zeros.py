"""Zeros that are there before training are there after it, in every method that trains."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir
import pytest

from edgec.compress.method import Given
from edgec.compress.methods.prune import Prune
from edgec.model.execute import TorchGraph
from tests.unit.compress.float_models import Array
from tests.unit.compress.trained import task, untrained


def half_zero() -> tuple[ir.Model, Array]:
    """An untrained net with half of w3's weights at 0, and where."""
    model = untrained()
    value = model.graph.initializers["w3"]
    assert value.const_value is not None
    data = value.const_value.numpy().copy()
    data[np.random.default_rng(0).random(data.shape) < 0.5] = 0
    value.const_value = ir.tensor(data, name="w3")
    return model, data == 0


def tuned(method: Prune, model: ir.Model) -> dict[str, Array]:
    graph = TorchGraph(model)
    method.finetune(graph, Given(task=task(256, 64)))
    return {name: w.detach().numpy() for name, w in graph.weights().items()}


SCHEDULE = {"epochs": 3, "batch": 32, "learning_rate": 5e-3, "weight_decay": 0.1}


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_zeros_survive_momentum_and_decay(optimizer: str) -> None:
    model, zeros = half_zero()
    found = tuned(Prune(**SCHEDULE, optimizer=optimizer), model)["w3"]
    np.testing.assert_array_equal(found == 0, zeros)


def test_zeros_are_learned_where_that_is_asked_for() -> None:
    model, zeros = half_zero()
    found = tuned(Prune(**SCHEDULE, keep_zeros=False), model)["w3"]
    assert (found[zeros] != 0).mean() > 0.9


def test_biases_and_what_is_all_zero_are_learned() -> None:
    model, _ = half_zero()
    for name in ("w4", "b4"):
        value = model.graph.initializers[name]
        assert value.const_value is not None
        value.const_value = ir.tensor(np.zeros_like(value.const_value.numpy()), name=name)
    found = tuned(Prune(**SCHEDULE), model)
    assert found["w4"].any()
    assert found["b4"].any()
