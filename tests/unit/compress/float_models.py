"""Small float models with seeded weights, and inputs for them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnx_ir as ir

from edgec.model.load import normalize

Array = npt.NDArray[Any]


def from_text(text: str, weights: dict[str, Array]) -> ir.Model:
    """A normalized model from ONNX's text form; `weights` are the values that it leaves open."""
    proto = onnx.parser.parse_model('<ir_version: 10, opset_import: ["" : 18]>\n' + text)
    proto.graph.initializer.extend(onnx.numpy_helper.from_array(data, name)
                                   for name, data in weights.items())
    return normalize(ir.serde.deserialize_model(proto))


def normal(rng: np.random.Generator, *shape: int) -> Array:
    """Weights scaled so that activations stay near one."""
    fan_in = max(1, int(np.prod(shape[1:])))
    return (rng.normal(size=shape) / np.sqrt(fan_in)).astype(np.float32)


def images(count: int, seed: int = 0,
           shape: tuple[int, ...] = (1, 3, 8, 8)) -> list[dict[str, Array]]:
    """Normally distributed inputs."""
    rng = np.random.default_rng(seed)
    return [{"x": rng.normal(size=shape).astype(np.float32)} for _ in range(count)]


def cnn(seed: int = 0, clip: str = "Relu", channels: int = 8) -> ir.Model:
    """BN, expand, depthwise, project, residual, mean, classifier: one of each that CNNs have."""
    rng, c, wide = np.random.default_rng(seed), channels, 2 * channels
    act = "Relu({})" if clip == "Relu" else "Clip({}, zero, cap)"
    weights: dict[str, Array] = {
        "w0": normal(rng, c, 3, 3, 3), "g": rng.uniform(0.5, 2, c).astype(np.float32),
        "b": rng.normal(size=c).astype(np.float32), "m": rng.normal(size=c).astype(np.float32),
        "v": rng.uniform(0.5, 2, c).astype(np.float32),
        "w1": normal(rng, wide, c, 1, 1), "b1": rng.normal(size=wide).astype(np.float32),
        "w2": normal(rng, wide, 1, 3, 3), "b2": rng.normal(size=wide).astype(np.float32),
        "w3": normal(rng, c, wide, 1, 1), "b3": rng.normal(size=c).astype(np.float32),
        "w4": normal(rng, 5, c), "b4": rng.normal(size=5).astype(np.float32),
        "axes": np.array([2, 3]),
    }
    if clip != "Relu":
        weights |= {"zero": np.array(0, np.float32), "cap": np.array(float(clip), np.float32)}
    return from_text(f"""
        cnn (float[1,3,8,8] x) => (float[1,5] y) {{
            c0 = Conv <pads = [1,1,1,1]> (x, w0)
            n0 = BatchNormalization (c0, g, b, m, v)
            a0 = {act.format("n0")}
            c1 = Conv (a0, w1, b1)
            a1 = {act.format("c1")}
            c2 = Conv <pads = [1,1,1,1], group = {wide}> (a1, w2, b2)
            a2 = {act.format("c2")}
            c3 = Conv (a2, w3, b3)
            s = Add (a0, c3)
            p = ReduceMean <keepdims = 0> (s, axes)
            y = Gemm <transB = 1> (p, w4, b4)
        }}""", weights)


def encoder(seed: int = 0, width: int = 16) -> ir.Model:
    """One attention head, layer normalization and a feed-forward layer."""
    rng = np.random.default_rng(seed)
    weights: dict[str, Array] = {name: normal(rng, width, width) for name in ("wq", "wk", "wv")}
    weights |= {"w1": normal(rng, width, 4 * width), "w2": normal(rng, 4 * width, width)}
    weights |= {"b1": rng.normal(size=4 * width).astype(np.float32),
                "b2": rng.normal(size=width).astype(np.float32),
                "g": np.ones(width, np.float32), "b": np.zeros(width, np.float32)}
    return from_text(f"""
        encoder (float[1,6,{width}] x) => (float[1,6,{width}] y) {{
            q = MatMul (x, wq)
            k = MatMul (x, wk)
            kt = Transpose <perm = [0,2,1]> (k)
            v = MatMul (x, wv)
            scores = MatMul (q, kt)
            attention = Softmax <axis = -1> (scores)
            mixed = MatMul (attention, v)
            r = Add (x, mixed)
            n = LayerNormalization <axis = -1> (r, g, b)
            m1 = MatMul (n, w1)
            h = Add (m1, b1)
            t = Tanh (h)
            m2 = MatMul (t, w2)
            o = Add (b2, m2)
            y = Add (n, o)
        }}""", weights)
