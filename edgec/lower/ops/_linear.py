"""What convolutions and the fully connected layer share: weights by output channel, bias, clamp."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from edgec.lower import numerics
from edgec.lower.graph import Array, Tensor
from edgec.lower.ops import _rules


def multipliers(inputs: Sequence[Tensor | None], output: Tensor, channels: int) -> Array:
    """input scale · weight scale / output scale, float32[channels]."""
    x, w = _rules.need(inputs[0]).quantization, _rules.need(inputs[1]).quantization
    assert x is not None
    assert w is not None
    assert output.quantization is not None
    values = numerics.multiplier(x.scale, w.scale, output.quantization.scale)
    return np.broadcast_to(values, (channels,)).astype(np.float32)


def bias_of(inputs: Sequence[Tensor | None]) -> Tensor | None:
    """The third input, if the node has it."""
    return inputs[2] if len(inputs) > 2 else None


def broken_rules(inputs: Sequence[Tensor | None], outputs: Sequence[Tensor], axis: int
                 ) -> Iterator[str]:
    """The int8 rules; `axis` is the weights' output channel."""
    x, w, bias, output = _rules.need(inputs[0]), _rules.need(inputs[1]), bias_of(inputs), outputs[0]
    if not _rules.has_int8([x, w], outputs):
        return
    broken = [*_rules.per_tensor(x, output), *_rules.symmetric_weights(w, axis)]
    if not broken:
        assert x.quantization is not None
        assert w.quantization is not None
        broken = [*_rules.bias_fits(bias, x.quantization, w.quantization)]
        broken += _rules.multiplier_fits(multipliers(inputs, output, w.shape[axis]))
    if not broken:
        others = tuple(i for i in range(len(w.shape)) if i != axis)
        sums = np.abs(np.asarray(w.data).astype(np.int64)).sum(axis=others)
        zero = np.zeros(1, np.int64)
        broken += _rules.accumulator_fits(sums, zero if bias is None else np.asarray(bias.data))
    yield from broken


def finish(acc: Array, clamp: tuple[float, float], values: Sequence[Array | None],
           inputs: Sequence[Tensor | None], outputs: Sequence[Tensor]) -> Array:
    """Bias and requantization, or bias and clamp, of float64 sums[..., channels]."""
    bias = values[2] if len(values) > 2 else None
    if bias is not None:
        acc = acc + bias
    output = outputs[0]
    if output.dtype != "s8":
        return np.clip(acc, *clamp).astype(np.float32)
    return numerics.requantize(acc, multipliers(inputs, output, acc.shape[-1]),
                               _rules.zero_of(output), *_rules.bounds_of(clamp, output))
