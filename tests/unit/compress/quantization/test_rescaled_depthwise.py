"""One scale for a whole depthwise layer whose channels differ: lost, and rescued by equalization.

The decisive test of cross-layer equalization: channels are rescaled by 2^U(-4, 4) such that the
float function stays. Labels are what the float net says, each class less its mean over all images:
a fresh net prefers one class.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import onnx_ir as ir
import pytest
import torch

from edgec.compress.method import Given, run
from edgec.compress.methods.quantize import Quantize
from edgec.model.execute import TorchGraph
from tests.unit.compress.float_models import cnn, images

OPTIONS = {"per_channel": False, "calibration": "minmax", "rounding": "nearest",
           "min_sqnr_db": -100.0}


def rescaled(model: ir.Model, seed: int) -> ir.Model:
    """The depthwise layer's outputs times 2^U(-4, 4), made good by the layer that follows."""
    result, rng = model.clone(), np.random.default_rng(seed)
    factors = 2.0 ** rng.uniform(-4, 4, 16)
    changed = (("w2", (16, 1, 1, 1), 1), ("b2", (16,), 1), ("w3", (1, 16, 1, 1), -1))
    for name, shape, power in changed:
        value = result.graph.initializers[name]
        data = value.const_value.numpy() * factors.reshape(shape) ** power
        value.const_value = ir.tensor(data.astype(np.float32), name=name)
    return result


@cache
def answers(seed: int) -> tuple[np.ndarray, ...]:
    """Of the float net, and by int8: as it was, rescaled, rescaled and equalized."""
    model, data = cnn(seed), images(32, seed=seed)
    x = np.concatenate([d["x"] for d in images(1000, seed=seed + 50)])
    changed = rescaled(model, seed)
    models = [model, *(run(Quantize(**OPTIONS, equalize=equalize), m, Given(data)).model
                       for m, equalize in ((model, False), (changed, False), (changed, True)))]
    outputs = [TorchGraph(m, ()).eval()(torch.from_numpy(x))[0].numpy() for m in models]
    return tuple((y - outputs[0].mean(0)).argmax(1) for y in outputs)


def agreement(seed: int) -> tuple[float, float, float]:
    exact, *others = answers(seed)
    before, lost, rescued = (100 * float((o == exact).mean()) for o in others)
    return before, lost, rescued


@pytest.mark.parametrize("seed", range(3))
def test_rescaled_channels_are_lost_without_equalization(seed: int) -> None:
    before, lost, _ = agreement(seed)
    assert lost < before - 5


@pytest.mark.parametrize("seed", range(3))
def test_equalization_restores_them_within_half_a_point(seed: int) -> None:
    before, _, rescued = agreement(seed)
    assert rescued >= before - 0.5
