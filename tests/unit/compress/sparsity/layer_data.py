"""One layer with correlated inputs of very different sizes, as those of real networks are."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from edgec.compress.sparsity.layers import Layer, find_layers
from edgec.compress.sparsity.problem import Inputs, Problem
from tests.unit.compress.float_models import Array, from_text

OUTPUTS, DEPTH, ROWS = 48, 64, 512


def inputs(seed: int, rows: int = ROWS) -> Array:
    """[rows, DEPTH]: half as many sources as inputs, mixed, with noise, log-normal in size."""
    rng = np.random.default_rng(seed)
    mixed = rng.normal(size=(rows, DEPTH // 2)) @ rng.normal(size=(DEPTH // 2, DEPTH))
    noisy = mixed / np.sqrt(DEPTH / 2) + 0.5 * rng.normal(size=(rows, DEPTH))
    return (noisy * rng.lognormal(0, 1, DEPTH)).astype(np.float32)


def model(seed: int, bias: bool = False) -> ir.Model:
    """x [1, 512, 64] through one matrix."""
    rng = np.random.default_rng(seed + 1000)
    weights = {"w": (rng.normal(size=(DEPTH, OUTPUTS)) / 8).astype(np.float32)}
    last = "y = MatMul (x, w)"
    if bias:
        weights["b"] = rng.normal(size=OUTPUTS).astype(np.float32)
        last = "z = MatMul (x, w) y = Add (z, b)"
    return from_text(f"layer (float[1,{ROWS},{DEPTH}] x) => (float[1,{ROWS},{OUTPUTS}] y) "
                     f"{{ {last} }}", weights)


def layer(seed: int) -> tuple[Layer, Array]:
    """The layer and its weights [outputs, depth], float64."""
    found, = find_layers(model(seed))[0]
    array = found.unit.nodes[0].inputs[1]
    assert array is not None
    assert array.const_value is not None
    return found, found.matrix(array.const_value.numpy()).astype(np.float64)


def problem(seed: int) -> tuple[Problem, Layer, Array]:
    """What the layer's weights should minimise on `few` rows of the inputs."""
    found, weight = layer(seed)
    seen = Inputs(found.unit, DEPTH)
    rows = inputs(seed)
    for at in range(0, ROWS, 16):
        seen.add(rows[at:at + 16], rows[at:at + 16])
    return seen.problem(found, weight), found, weight
