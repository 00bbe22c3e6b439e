from __future__ import annotations

import numpy as np
import pytest

from edgec.compress.channels.groups import find_groups
from edgec.compress.criterion import Unit
from edgec.compress.importance.group_norm import GroupNorm
from edgec.compress.method import Given
from edgec.compress.training.finetune import Schedule, finetune
from edgec.compress.training.group_sparsity import GroupSparsity, pulls
from edgec.model.execute import TorchGraph
from tests.unit.compress.trained import Array, task, trained


def test_the_pull_runs_from_1_to_16_with_falling_norm() -> None:
    np.testing.assert_allclose(pulls(np.array([3.0, 1.0, 2.0])), [1, 16, 4])


def test_equal_norms_are_pulled_alike() -> None:
    np.testing.assert_allclose(pulls(np.array([2.0, 2.0])), [1, 1])


def norms(graph: TorchGraph, groups: list[tuple[Unit, ...]]) -> list[Array]:
    return [GroupNorm().units(graph.to_model(), units, Given()) for units in groups]


def test_training_with_it_spreads_the_norms_of_a_group() -> None:
    model, given = trained(), Given(task=task())
    groups = [g.units for g in find_groups(model).groups]
    spreads = {}
    for strength in (0.0, 0.02):
        graph = TorchGraph(model)
        hook = GroupSparsity(groups, norms(graph, groups), strength)
        finetune(graph, given, Schedule(1, 32, 1e-2, optimizer="sgd", keep="last"), [hook])
        spreads[strength] = [float(n.min()) for n in norms(graph, groups)]
    assert all(b < a for a, b in zip(spreads[0.0], spreads[0.02], strict=True))


def test_its_gradient_is_strength_times_pull_times_weight() -> None:
    graph = TorchGraph(trained())
    unit = find_groups(trained()).groups[0].units[2]
    for weight in graph.weights().values():
        weight.grad = weight.detach() * 0
    GroupSparsity([(unit,)], [np.array([1.0])], 0.5).before_step(graph, 0.0)
    weight = graph.weights()["w0"]
    assert weight.grad is not None
    np.testing.assert_allclose(weight.grad[2].numpy(), 0.5 * weight[2].detach().numpy())
    assert float(weight.grad.abs().sum()) == pytest.approx(float(weight.grad[2].abs().sum()))
