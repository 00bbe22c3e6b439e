"""Layer normalization, spelled out in float32."""

from __future__ import annotations

from edgec.lower.backend import Site
from edgec.lower.backends.tflite import expressions, rules
from edgec.lower.backends.tflite.builder import Builder
from edgec.lower.backends.tflite.emitter import Emitter


def emit(site: Site, builder: Builder) -> None:
    """(x − mean) · rsqrt(variance + epsilon) · gamma + beta."""
    leaves = {"x": builder.tensor(site.x.name), "gamma": builder.tensor(site.input(1).name),
              "beta": builder.tensor(site.input(2).name)}
    leaves["mean"] = _mean(site, builder, leaves["x"])
    deviation = ("SQUARED_DIFFERENCE", "x", "mean")
    leaves["variance"] = _mean(site, builder, expressions.value(site, builder, deviation, leaves))
    inverse = ("RSQRT", ("ADD", "variance", site.attributes.epsilon))
    normal = ("MUL", ("SUB", "x", "mean"), inverse)
    expressions.write(site, builder, ("ADD", ("MUL", normal, "gamma"), "beta"), leaves)


def _mean(site: Site, builder: Builder, x: int) -> int:
    """Over the last axis, which stays."""
    name, shape = site.node.name, site.x.shape
    axis = builder.int32(f"{name}:axis", [len(shape) - 1])
    mean = builder.between(f"{name}:mean", site.y, shape=(*shape[:-1], 1))
    return builder.operator("MEAN", [x, axis], mean, "ReducerOptions", keepDims=True)


PLUGIN = Emitter(emit, (rules.float_only,))
