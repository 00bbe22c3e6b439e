from __future__ import annotations

import numpy as np
import onnx_ir as ir
import pytest

from edgec.compress.calibrate import ChannelMaximum, observe
from edgec.compress.method import Given, run
from edgec.compress.methods.quantize import Quantize
from edgec.compress.quantization.smooth import find_folds, smooth, smoothing_factors
from edgec.errors import MethodError
from edgec.model.onnxruntime import run_onnx
from tests.unit.compress.float_models import encoder, from_text, images, normal

SHAPE = (1, 6, 16)


def pre_norm(seed: int = 0, residual: bool = False) -> ir.Model:
    """A normalization whose output has two channels a hundred times the others."""
    rng = np.random.default_rng(seed)
    scale = np.ones(16, np.float32)
    scale[[3, 11]] = 100
    w1 = normal(rng, 16, 32)
    w1[[3, 11]] /= 100
    weights = {"g": scale, "b": scale * rng.normal(size=16).astype(np.float32), "w1": w1,
               "w2": w1[:, ::-1].copy(), "v": normal(rng, 32, 16)}
    last = "y = Add (n, u)" if residual else "y = Add (x, u)"
    return from_text(f"""m (float[1,6,16] x) => (float[1,6,16] y) {{
        n = LayerNormalization <axis = -1> (x, g, b)
        p = MatMul (n, w1)
        q = MatMul (n, w2)
        h = Add (p, q)
        r = Relu (h)
        u = MatMul (r, v)
        {last} }}""", weights)


def smoothed(model: ir.Model, alpha: float = 0.5):
    maximum = ChannelMaximum(2)
    observe(model, images(16, shape=SHAPE), {"n": [maximum]})
    return smooth(model, {"n": maximum.largest}, alpha)


@pytest.mark.parametrize("alpha", [0.0, 0.5, 0.75, 1.0])
def test_function_stays(alpha: float) -> None:
    model = pre_norm()
    result, _, done = smoothed(model, alpha)
    for x in images(4, seed=3, shape=SHAPE):
        exact = run_onnx(model, x)["y"]
        assert np.abs(run_onnx(result, x)["y"] - exact).max() < 1e-5 * np.abs(exact).max()
    assert [d.tensors for d in done] == [("n",)]


def test_alpha_1_makes_all_channels_alike_within_a_factor_of_two() -> None:
    _, after, _ = smoothed(pre_norm(), 1.0)
    assert after["n"].max() <= 2 * after["n"].min()


def test_all_int8_keeps_much_more_signal() -> None:
    data = images(32, shape=SHAPE)
    options = {"ops": "all", "min_sqnr_db": -100.0}
    with_it = run(Quantize(**options), pre_norm(), Given(data)).report.outputs_sqnr_db["y"]
    without = run(Quantize(**options, smooth=0.0), pre_norm(), Given(data))
    assert with_it > without.report.outputs_sqnr_db["y"] + 6


def test_output_that_a_residual_addition_reads_too_does_not_fold() -> None:
    assert not find_folds(pre_norm(residual=True).graph)
    assert not find_folds(encoder().graph)


def test_channels_that_are_always_zero_get_factor_1() -> None:
    factors = smoothing_factors(np.array([0.0, 1.0, 4.0]), np.array([1.0, 1.0, 1.0]), 0.5)
    assert factors[0] == 1
    assert np.isfinite(factors).all()


def test_alpha_out_of_range_is_refused() -> None:
    with pytest.raises(MethodError, match=r"smooth is 1\.5; it must be from 0 to 1"):
        run(Quantize(smooth=1.5), encoder(), Given(images(1, shape=SHAPE)))
