"""What the criteria are worth: how well they rank channels, next to what removing them does."""

from __future__ import annotations

from functools import cache

import numpy as np
import onnx_ir as ir
import pytest

from edgec.compress import criterion
from edgec.compress.channels.groups import find_groups
from edgec.compress.importance.magnitude import Magnitude
from edgec.compress.importance.taylor import Taylor
from edgec.compress.method import Given
from edgec.errors import MethodError
from tests.unit.compress.float_models import cnn
from tests.unit.compress.trained import Array, task, trained


@cache
def scores(name: str, seed: int) -> Array:
    model = trained(seed)
    units = [u for group in find_groups(model).groups for u in group.units]
    return criterion.load(name).units(model, units, Given(task=task(), seed=seed))


def spearman(a: Array, b: Array) -> float:
    x, y = (np.argsort(np.argsort(v)) for v in (a, b))
    return float(np.corrcoef(x, y)[0, 1])


def agreement(name: str, seed: int) -> float:
    return spearman(scores(name, seed), scores("ablation", seed))


@pytest.mark.parametrize("seed", range(3))
def test_taylor_ranks_channels_as_their_removal_does(seed: int) -> None:
    assert agreement("taylor", seed) > 0.6


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("baseline", ["magnitude", "group_norm", "random"])
def test_taylor_ranks_channels_better_than_what_sees_no_data(baseline: str, seed: int) -> None:
    assert agreement("taylor", seed) > agreement(baseline, seed) + 0.2


def test_taylor_of_a_unit_squares_the_sum_and_of_elements_sums_the_squares() -> None:
    model, given = trained(), Given(task=task())
    unit = find_groups(model).groups[0].units[:1]
    one_batch = Taylor(batches=1, batch=64)
    whole = float(one_batch.units(model, unit, given)[0])
    parts = one_batch.elements(model, [s.name for s in unit[0].slices], given)
    summed = sum(float(s.of(parts[s.name]).sum()) for s in unit[0].slices)
    assert whole != pytest.approx(summed, rel=0.01)


def test_taylor_foretells_how_the_loss_changes_when_weights_shrink() -> None:
    """(Σ w·g)² is the square of the loss's change, per unit of shrinking, to first order."""
    import torch

    from edgec.model.execute import TorchGraph
    from edgec.model.losses import LOSSES

    model, given = trained(), Given(task=task())
    assert given.task is not None
    unit, count = find_groups(model).groups[0].units[0], len(given.task.train)
    predicted = float(Taylor(1, count).units(model, [unit], given)[0])

    def loss(scale: float) -> float:
        graph = TorchGraph(model).double().eval()
        with torch.no_grad():
            for s in unit.slices:
                if s.name in graph.weights():
                    entries = [slice(None)] * s.axis + [list(s.indices)]
                    graph.weights()[s.name][tuple(entries)] *= scale
            x = torch.from_numpy(given.task.train.inputs["x"]).double()
            return float(LOSSES["cross_entropy"](graph(x)[0],
                                                 torch.from_numpy(given.task.train.targets)))

    slope = (loss(1.0001) - loss(0.9999)) / 0.0002
    assert slope ** 2 == pytest.approx(predicted, rel=0.01)


def test_magnitude_gives_every_layer_the_mean_1() -> None:
    model = trained()
    for group in find_groups(model).groups:
        assert Magnitude().units(model, group.units, Given()).mean() == pytest.approx(1)


@pytest.mark.parametrize("name", ["magnitude", "group_norm"])
def test_scores_of_weights_do_not_depend_on_the_scale_of_a_layer(name: str) -> None:
    model = trained()
    units = [u for group in find_groups(model).groups for u in group.units]
    before = criterion.load(name).units(model, units, Given())
    for value in model.graph.initializers.values():
        if value.const_value is not None and value.const_value.dtype == ir.DataType.FLOAT:
            value.const_value = ir.tensor(value.const_value.numpy() * np.float32(4),
                                          name=value.name)
    np.testing.assert_allclose(criterion.load(name).units(model, units, Given()), before)


def test_bn_gamma_names_the_layers_without_batch_normalization() -> None:
    model = cnn()
    units = [u for group in find_groups(model).groups for u in group.units]
    with pytest.raises(MethodError, match=r"bn_gamma needs BatchNormalization behind every layer, "
                       r"and node_3 has none\. Exclude it, or use another criterion\."):
        criterion.load("bn_gamma").units(model, units, Given())
