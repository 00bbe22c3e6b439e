"""Networks of residual blocks."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from tests.unit.compress.float_models import from_text, normal


def stack(blocks: int = 3, width: int = 4, seed: int = 0, between: str = "") -> ir.Model:
    """x [1, width]; s_i = h + tanh(h · a_i) · b_i, then `between`, then the next; one last Gemm."""
    rng = np.random.default_rng(seed)
    weights = {"w": normal(rng, 3, width)}
    lines, h = [], "x"
    for i in range(blocks):
        weights |= {f"a{i}": normal(rng, width, width), f"b{i}": normal(rng, width, width)}
        lines += [f"u{i} = MatMul ({h}, a{i})", f"t{i} = Tanh (u{i})",
                  f"v{i} = MatMul (t{i}, b{i})",
                  f"s{i} = Add ({h}, v{i})" if i % 2 else f"s{i} = Add (v{i}, {h})"]
        h = f"s{i}"
        if between:
            lines.append(f"r{i} = {between} ({h})")
            h = f"r{i}"
    lines.append(f"y = Gemm <transB = 1> ({h}, w)")
    return from_text(f"stack (float[1,{width}] x) => (float[1,3] y) {{\n"
                     + "\n".join(lines) + "\n}", weights)
