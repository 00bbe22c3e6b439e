"""A small convolutional net, float and quantized by edgec."""

from __future__ import annotations

from functools import cache

import onnx_ir as ir

from edgec.compress import method
from edgec.model.load import normalize
from tests.unit.lower.lower_models import as_ir, float_model, inputs_for


@cache
def models(name: str = "convnet") -> tuple[ir.Model, ir.Model]:
    """(float, quantized)."""
    model = normalize(as_ir(float_model(name)))
    batches = [inputs_for(name, seed) for seed in range(4)]
    done = method.run(method.load("quantize")(), model, method.Given(batches))
    return model, done.model
