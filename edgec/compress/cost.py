"""What a model costs, in numbers that are kept apart: none of them stands for another."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import onnx_ir as ir

from edgec.compress.exits.branches import sums_until
from edgec.model.exits import final_output, read_exits, run_shares
from edgec.model.inspect import inspect_model, node_macs

FLOAT_BITS = 32


@dataclass(frozen=True)
class Latency:
    """us: of one inference on the target. How much of it was measured, layer by layer, how much
    lies between measurements, and how much is only estimated: shares that add up to 1.
    worst_us: of a run that passes every early exit, of a model that has some; then us is a mean.
    """

    us: float
    measured: float
    interpolated: float
    estimated: float
    worst_us: float | None = None


@dataclass(frozen=True)
class Cost:
    """One inference and the artifact.

    bit_ops: products with a weight that is not zero, times bits of the weight (as many as the
    largest of the layer needs) and of the activation; float counts 32 × 32. macs: all
    multiply-accumulates of the graph. bytes: of the lowered artifact where there is a target, so
    that few bits show; else of the ONNX file, which has them in int8. None: not known. With early
    exits these are means by the share of the samples that leave at each; worst_macs and
    worst_bit_ops are of a run that passes them all, None for a model without.
    """

    bit_ops: int
    macs: int
    parameters: int
    bytes: int
    arena_bytes: int | None = None
    latency: Latency | None = None
    energy_uj: float | None = None
    worst_macs: int | None = None
    worst_bit_ops: int | None = None

    @property
    def latency_us(self) -> float | None:
        """Of one inference on the target."""
        return None if self.latency is None else self.latency.us

    @property
    def worst_latency_us(self) -> float | None:
        """Of the longest inference: that which passes all early exits."""
        if self.latency is None or self.latency.worst_us is None:
            return self.latency_us
        return self.latency.worst_us

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


Price = Callable[[ir.Model], Cost]
"""Says what a model costs; where there is a target, on it."""


def paper_cost(model: ir.Model) -> Cost:
    """What can be said without a target. ModelError when a shape is not static."""
    summary = inspect_model(model)
    bit_ops = sum(bit_operations(node) for node in model.graph)
    size = len(ir.serde.serialize_model(model).SerializeToString(deterministic=True))
    whole = Cost(bit_ops, summary.macs, summary.parameters, size)
    return _mean(model, whole) if read_exits(model) else whole


def _mean(model: ir.Model, whole: Cost) -> Cost:
    """The cost by the share of samples that leave at each exit."""
    exits = read_exits(model)
    shares = run_shares(exits)
    outputs = [*(e.output for e in exits), final_output(model, exits)]
    macs, bit_ops = (float(np.dot(shares, sums_until(model, outputs, count)))
                     for count in (node_macs, bit_operations))
    return replace(whole, macs=round(macs), bit_ops=round(bit_ops), worst_macs=whole.macs,
                   worst_bit_ops=whole.bit_ops)


def bit_operations(node: ir.Node) -> int:
    """Σ over the products of a node, without those with a zero weight: weight bits × input bits.

    The count of van Baalen et al. 2020, arXiv 2005.07093, with zeros left out.
    """
    macs = node_macs(node)
    if not macs:
        return 0
    first, second = node.inputs[0], node.inputs[1]
    weight = _constant(second)
    kept = 1.0 if weight is None else float(np.count_nonzero(weight)) / max(1, weight.size)
    return math.floor(macs * kept * _bits(first) * _bits(second) + 0.5)


def bits_of(values: np.ndarray[Any, Any]) -> int:
    """Of a number in two's complement that each of these whole numbers fits in; 2 at least."""
    largest = max(int(values.max(initial=0)), -1 - int(values.min(initial=0)))
    return max(2, 1 + largest.bit_length())


def _bits(value: ir.Value | None) -> int:
    """Bits of a value as it is computed with: those of the integers that it is dequantized from."""
    node = None if value is None else value.producer()
    if node is None or node.op_type != "DequantizeLinear":
        return FLOAT_BITS
    source = node.inputs[0]
    assert source is not None
    stored = _constant(value)
    if stored is not None and stored.dtype.kind == "i":
        return bits_of(stored)
    kind = source.dtype if source.const_value is None else source.const_value.dtype
    if kind is not None:
        return int(kind.bitwidth)
    quantize = source.producer()  # its zero point says the type where nobody inferred it
    zero = quantize.inputs[2] if quantize is not None and len(quantize.inputs) > 2 else None
    return 8 if zero is None or zero.dtype is None else int(zero.dtype.bitwidth)


def _constant(value: ir.Value | None) -> np.ndarray[Any, Any] | None:
    """The weight behind a value, whole numbers less their zero point; None for activations."""
    if value is None:
        return None
    if value.const_value is not None:
        return value.const_value.numpy()
    node = value.producer()
    if node is None or node.op_type != "DequantizeLinear":
        return None
    stored = _constant(node.inputs[0])
    return None if stored is None else stored.astype(np.int32) if stored.dtype.kind != "f" \
        else stored
