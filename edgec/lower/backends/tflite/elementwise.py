"""What the emitters of elementwise ops of two operands share."""

from __future__ import annotations

from collections.abc import Callable

from edgec.lower.backend import Site
from edgec.lower.backends.tflite import clamping
from edgec.lower.backends.tflite.builder import Builder


def emit_as(code: str, table: str, fuses: bool = True) -> Callable[[Site, Builder], None]:
    """An emit function for operator `code`; fuses: whether it has a fused activation."""
    def emit(site: Site, builder: Builder) -> None:
        operands = [builder.tensor(site.x.name), builder.tensor(site.input(1).name)]
        with clamping.result(site, builder, fuses) as (y, activation):
            fields = {"fusedActivationFunction": activation} if fuses else {}
            builder.operator(code, operands, y, table, **fields)
    return emit
