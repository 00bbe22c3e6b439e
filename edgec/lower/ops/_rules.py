"""Rules that several ops share: what a node must satisfy to run in int8.

Each rule yields nothing when it holds, else one sentence for the user with the value found and the
values allowed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from edgec.errors import LoweringError
from edgec.lower import numerics
from edgec.lower.graph import Array, Quantization, Tensor

ACC_LIMIT = 2**31
SUM_LIMIT = 2**22  # values of 9 bits that an int32 sum may take; the engine's limit too
WEIGHT_LIMIT = 127
SCALE_MIN, SCALE_MAX = 2.0**-60, 2.0**60  # so that no product or quotient of two overflows
RATIO_MIN, RATIO_MAX = 2.0**-10, 2.0**8  # of an addition's scales; XNNPACK's limits


def present(tensors: Sequence[Tensor | None]) -> list[Tensor]:
    """The tensors that are not absent."""
    return [t for t in tensors if t is not None]


def need(tensor: Tensor | None) -> Tensor:
    """A tensor that the op cannot do without."""
    assert tensor is not None
    return tensor


def has_int8(inputs: Sequence[Tensor | None], outputs: Sequence[Tensor]) -> bool:
    """Whether any tensor of the node is s8."""
    return any(t.dtype == "s8" for t in [*present(inputs), *outputs])


def scale_of(tensor: Tensor) -> float:
    """The scale of a per-tensor quantized tensor."""
    assert tensor.quantization is not None
    assert tensor.quantization.axis is None
    return float(tensor.quantization.scale[0])


def zero_of(tensor: Tensor) -> int:
    """The zero point of a per-tensor quantized tensor."""
    assert tensor.quantization is not None
    assert tensor.quantization.axis is None
    return int(tensor.quantization.zero_point[0])


def bounds_of(clamp: tuple[float, float], output: Tensor) -> tuple[int, int]:
    """The int8 bounds of a clamp in real units."""
    return numerics.clamp_bounds(clamp[0], clamp[1], scale_of(output), zero_of(output))


def check_shapes(holds: bool, message: str) -> None:
    """LoweringError with `message` when a node's shapes do not fit each other."""
    if not holds:
        raise LoweringError(message)


def per_tensor(*tensors: Tensor) -> Iterator[str]:
    """Activations must be s8 with one scale and one zero point in [-128, 127]."""
    for tensor in tensors:
        if tensor.dtype != "s8":
            yield f"{tensor.name!r} is {tensor.dtype}; an int8 op needs s8."
        elif tensor.quantization is None:
            yield f"{tensor.name!r} has no scale and zero point."
        elif tensor.quantization.axis is not None:
            yield f"{tensor.name!r} has one scale per channel; activations need a single scale."
        elif not SCALE_MIN <= scale_of(tensor) <= SCALE_MAX:
            yield (f"{tensor.name!r} has scale {scale_of(tensor):.4g}; it must be in "
                   "[2^-60, 2^60].")
        elif not -128 <= int(tensor.quantization.zero_point[0]) <= 127:
            yield (f"{tensor.name!r} has zero point {int(tensor.quantization.zero_point[0])}; "
                   "it must be in [-128, 127].")


def same_quantization(a: Tensor, b: Tensor) -> Iterator[str]:
    """An op that only moves or compares values needs equal scales and zero points."""
    if a.quantization is None or not a.quantization.same_as(b.quantization):
        yield f"{a.name!r} and {b.name!r} must have the same scale and zero point."


def multiplier_fits(values: Array) -> Iterator[str]:
    """Requantization multipliers must be in [2^-32, 256)."""
    if not numerics.multiplier_in_range(values):
        worst = values[~((values >= numerics.MULTIPLIER_MIN) & (values < numerics.MULTIPLIER_MAX))]
        yield (f"the requantization multiplier {float(worst.reshape(-1)[0]):.4g} "
               "(input scale · weight scale / output scale) must be in [2^-32, 256).")


def symmetric_weights(weight: Tensor, axis: int) -> Iterator[str]:
    """Weights must be constant s8 in [-127, 127] with zero point 0, per tensor or channel."""
    if weight.data is None:
        yield f"the weights {weight.name!r} must be constant."
        return
    if weight.dtype != "s8" or weight.quantization is None:
        yield f"the weights {weight.name!r} must be quantized s8, not {weight.dtype}."
        return
    if weight.quantization.axis not in (None, axis):
        yield (f"the weights {weight.name!r} are quantized along axis {weight.quantization.axis}; "
               f"it must be the output channel, axis {axis}.")
    if np.any(weight.quantization.zero_point != 0):
        yield f"the weights {weight.name!r} must have zero point 0 (symmetric quantization)."
    if weight.data.size and int(weight.data.min()) < -WEIGHT_LIMIT:
        yield f"the weights {weight.name!r} hold -128; they must be in [-127, 127]."


def bias_fits(bias: Tensor | None, input_: Quantization, weight: Quantization) -> Iterator[str]:
    """A bias must be constant s32 with scale input · weight and zero point 0."""
    if bias is None:
        return
    if bias.data is None or bias.dtype != "s32":
        yield f"the bias {bias.name!r} must be constant s32, not {bias.dtype}."
        return
    expected = input_.scale * weight.scale
    if bias.quantization is not None and (
            np.any(bias.quantization.zero_point != 0)
            or not np.allclose(bias.quantization.scale, expected, rtol=1e-5, atol=0.0)):
        yield f"the bias {bias.name!r} must have zero point 0 and scale input scale · weight scale."


def accumulator_fits(weight_sums: Array, bias: Array) -> Iterator[str]:
    """No sum of products may leave int32, in any order and with inputs shifted to unsigned.

    weight_sums: Σ|w| of each output channel. A kernel starts from bias − zp·Σw − 128·Σw and adds up
    to 255·Σ|w|, hence the factor 511.
    """
    worst = int(np.max(511 * weight_sums.astype(np.int64) + np.abs(bias.astype(np.int64)),
                       initial=0))
    if worst >= ACC_LIMIT:
        yield (f"the accumulator can reach {worst}, which does not fit int32 (must be below 2^31); "
               "the depth is too large, or the bias too large for its scale.")


def product_multiplier(inputs: Sequence[Tensor | None], output: Tensor) -> Array:
    """scale of a · scale of b / scale of the output, float32 scalar."""
    a, b = (np.asarray(scale_of(need(t))) for t in inputs[:2])
    return numerics.multiplier(a, b, np.asarray(scale_of(output)))


def ratio(input_: Tensor, output: Tensor) -> np.float32:
    """scale of the input / scale of the output, rounded to float32."""
    return np.float32(np.float32(scale_of(input_)) / np.float32(scale_of(output)))


def sum_fits(count: int) -> Iterator[str]:
    """A sum of `count` values of 9 bits must fit int32."""
    if count > SUM_LIMIT:
        yield f"it adds up {count} values; the int32 accumulator has room for {SUM_LIMIT}."


def moves_int8(inputs: Sequence[Tensor | None], outputs: Sequence[Tensor]) -> Iterator[str]:
    """Ops that only move or compare values: s8 in and out, all quantized alike, or none."""
    tensors = [*present(inputs), *outputs]
    plain = all(t.quantization is None for t in tensors)  # plain bytes: a table of constants
    if plain or not any(t.dtype == "s8" for t in tensors):
        return
    broken = list(per_tensor(*tensors))
    yield from broken
    if not broken:
        for tensor in present(inputs):
            yield from same_quantization(tensor, outputs[0])


def no_int8_form(op: str, inputs: Sequence[Tensor | None], outputs: Sequence[Tensor]
                 ) -> Iterator[str]:
    """For ops that exist in float32 only."""
    if has_int8(inputs, outputs):
        yield f"{op} has no int8 form; it runs in float32."
