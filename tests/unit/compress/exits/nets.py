"""A net with places for exits."""

import numpy as np
import onnx_ir as ir

from tests.unit.compress.float_models import from_text, normal


def residual() -> ir.Model:
    """x [1, 3, 8, 8] to five classes; four convolutions of 4 channels, one of them in a block."""
    rng = np.random.default_rng(0)
    weights = {f"w{i}": normal(rng, 4, 3 if i == 0 else 4, 3, 3) for i in range(4)}
    weights |= {"axes": np.array([2, 3]), "w4": normal(rng, 5, 4)}
    return from_text("""
        net (float[1,3,8,8] x) => (float[1,5] y) {
            a = Conv <pads = [1,1,1,1]> (x, w0)
            r = Relu (a)
            b = Conv <pads = [1,1,1,1]> (r, w1)
            s = Add (b, r)
            c = Conv <pads = [1,1,1,1]> (s, w2)
            t = Relu (c)
            d = Conv <pads = [1,1,1,1]> (t, w3)
            m = ReduceMean <keepdims = 0> (d, axes)
            y = Gemm <transB = 1> (m, w4)
        }""", weights)
