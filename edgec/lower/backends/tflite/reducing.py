"""What the emitters of reductions share."""

from __future__ import annotations

from collections.abc import Callable

from edgec.lower.backend import Site
from edgec.lower.backends.tflite.builder import Builder
from edgec.lower.ops._reduction import axes_of


def emit_as(code: str) -> Callable[[Site, Builder], None]:
    """An emit function for operator `code`."""
    def emit(site: Site, builder: Builder) -> None:
        axes = builder.int32(f"{site.node.name}:axes",
                             axes_of(site.attributes.axes, len(site.x.shape)))
        builder.operator(code, [builder.tensor(site.x.name), axes], builder.tensor(site.y.name),
                         "ReducerOptions", keepDims=site.attributes.keepdims)
    return emit
