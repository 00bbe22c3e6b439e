"""A small classifier and its task, trained in seconds, for what only shows on trained weights."""

from __future__ import annotations

from functools import cache

import numpy as np
import onnx_ir as ir

from edgec.compress.method import Given
from edgec.compress.training.finetune import Schedule, finetune
from edgec.model.execute import TorchGraph
from edgec.model.task import Samples, Task
from tests.unit.compress.float_models import Array, from_text, normal

CLASSES = 6


def patterns(count: int, seed: int) -> Samples:
    """Images [count, 3, 8, 8]: a small pattern for each class, anywhere, in noise."""
    rng = np.random.default_rng(seed)
    shapes = np.random.default_rng(0).normal(size=(CLASSES, 3, 3, 3))
    x = rng.normal(0, 0.6, (count, 3, 8, 8))
    y = rng.integers(0, CLASSES, count)
    for image, label, (row, column) in zip(x, y, rng.integers(0, 6, (count, 2)), strict=True):
        image[:, row:row + 3, column:column + 3] += shapes[label]
    return Samples({"x": x.astype(np.float32)}, y.astype(np.int64))


def task(train: int = 1024, validation: int = 512) -> Task:
    """Patterns to learn and to judge by."""
    return Task(patterns(train, 1), patterns(validation, 2))


def untrained(seed: int = 0) -> ir.Model:
    """Three convolutions with batch normalization, one depthwise, a residual, a classifier."""
    rng = np.random.default_rng(seed)
    weights: dict[str, Array] = {
        "w0": normal(rng, 16, 3, 3, 3), "w1": normal(rng, 24, 16, 1, 1),
        "w2": normal(rng, 24, 1, 3, 3), "w3": normal(rng, 16, 24, 1, 1),
        "w4": normal(rng, CLASSES, 16), "b4": np.zeros(CLASSES, np.float32)}
    for name, c in (("n0", 16), ("n1", 24), ("n2", 24), ("n3", 16)):
        weights |= {f"{name}g": np.ones(c, np.float32), f"{name}b": np.zeros(c, np.float32),
                    f"{name}m": np.zeros(c, np.float32), f"{name}v": np.ones(c, np.float32)}
    return from_text(f"""
        trained (float[1,3,8,8] x) => (float[1,{CLASSES}] y) {{
            [stem] c0 = Conv <pads = [1,1,1,1]> (x, w0)
            s0 = BatchNormalization (c0, n0g, n0b, n0m, n0v)
            a0 = Relu (s0)
            [wide] c1 = Conv (a0, w1)
            s1 = BatchNormalization (c1, n1g, n1b, n1m, n1v)
            a1 = Relu (s1)
            [deep] c2 = Conv <pads = [1,1,1,1], group = 24> (a1, w2)
            s2 = BatchNormalization (c2, n2g, n2b, n2m, n2v)
            a2 = Relu (s2)
            [narrow] c3 = Conv (a2, w3)
            s3 = BatchNormalization (c3, n3g, n3b, n3m, n3v)
            r = Add (a0, s3)
            p = GlobalMaxPool (r)
            f = Flatten (p)
            [head] y = Gemm <transB = 1> (f, w4, b4)
        }}""", weights)


@cache
def _trained(seed: int) -> ir.Model:
    graph = TorchGraph(untrained(seed))
    finetune(graph, Given(task=task(), seed=seed), Schedule(6, 32, 5e-3))
    return graph.to_model()


def trained(seed: int = 0) -> ir.Model:
    """The same after six epochs; made once."""
    return _trained(seed).clone()
