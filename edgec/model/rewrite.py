"""Applies graph passes to a copy of a model. A pass is a module of `edgec.model.passes`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import onnx_ir as ir

from edgec import registry

PASSES = "edgec.model.passes"

Pass = Callable[[ir.Model], ir.Model]


def rewrite(model: ir.Model, passes: Sequence[str]) -> ir.Model:
    """A copy of `model` after the named passes, in order; `model` itself is untouched.

    Weights are shared with `model` until a pass replaces them. UnknownName when there is no such
    pass.
    """
    steps: list[Pass] = [registry.load(PASSES, name, "model pass") for name in passes]
    model = model.clone()
    for step in steps:
        model = step(model)
    return model
