"""Convolutions, the fully connected layer, matrix products."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from edgec.lower.graph import Array, Quantization
from edgec.lower.ops._rules import scale_of, zero_of
from edgec.lower.ops.batch_matmul import BatchMatmul
from edgec.lower.ops.conv2d import Conv2d
from edgec.lower.ops.conv2d_add import Conv2dAdd
from edgec.lower.ops.depthwise_conv2d import DepthwiseConv2d
from edgec.lower.ops.fully_connected import FullyConnected
from edgec.lower.ops.fully_connected_add import FullyConnectedAdd
from tests.contract.op_cases import Case, Operand, case, constant, given, per_tensor, rng_for

INPUT_SCALE = 0.05
FEW_BITS = MappingProxyType({"s2": 1, "s3": 3, "s4": 7, "s6": 31})  # fills: largest weight


@dataclass(frozen=True)
class Layer:
    """x and w shapes, attributes; fill: of x and w; zero points; whether it has a bias."""

    name: str
    x: tuple[int, ...]
    w: tuple[int, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    fill: str = "random"
    zero_in: int = -3
    zero_out: int = 5
    bias: bool = True
    per_channel: bool = True
    spread: float = 1.0  # of the output; small values saturate


def _filled(rng: np.random.Generator, shape: tuple[int, ...], fill: str, low: int) -> Array:
    if fill == "lowest":
        return np.full(shape, low, np.int8)
    if fill == "highest":
        return np.full(shape, 127, np.int8)
    if fill == "extremes":
        return rng.choice(np.asarray([low, 127], np.int8), shape)
    values = rng.integers(low, 128, shape).astype(np.int8)
    if fill == "gaps" and low == -127:
        values[..., 8:-4] = 0
    if fill in FEW_BITS and low == -127:
        most = FEW_BITS[fill]
        values = rng.integers(-most, most + 1, shape).astype(np.int8)
    return zero_blocks(rng, values) if fill == "blocks" and low == -127 else values


def zero_blocks(rng: np.random.Generator, weights: Array) -> Array:
    """Weights [n, ..., k] of which 4 in 5 blocks of 16 channels x 4 depths are zero."""
    n, k = weights.shape[0], weights.shape[-1]
    kept = rng.random((-(-n // 16), *weights.shape[1:-1], -(-k // 4))) < 0.2
    return weights * kept.repeat(16, axis=0)[:n].repeat(4, axis=-1)[..., :k]


def int8_case(layer: Layer, attributes: Any, axis: int) -> Case:
    """axis: the weights' output channel."""
    rng, channels = rng_for(layer.name), layer.w[axis]
    depth = math.prod(layer.w) // channels
    scales = rng.uniform(0.001, 0.02, channels if layer.per_channel else 1).astype(np.float32)
    w_axis = axis if layer.per_channel else None
    weights = Quantization(scales, np.zeros(scales.size, np.int32), w_axis)
    x = _filled(rng, layer.x, layer.fill, -128)
    w = _filled(rng, layer.w, layer.fill, -127)
    operands: list[Operand | None] = [
        given("x", x, per_tensor(INPUT_SCALE, layer.zero_in)), constant("w", w, weights), None]
    if layer.bias:
        bias = rng.integers(-3000, 3000, channels).astype(np.int32)
        scale = np.broadcast_to(np.float32(INPUT_SCALE) * scales, (channels,))
        operands[2] = constant("b", bias, Quantization(scale, np.zeros(channels, np.int32), 0))
    output = INPUT_SCALE * float(scales.mean()) * math.sqrt(depth) * 90 * layer.spread
    return case(layer.name, attributes, operands, "s8", per_tensor(output, layer.zero_out))


def float_case(layer: Layer, attributes: Any, axis: int) -> Case:
    """The same layer in float32."""
    rng, channels = rng_for(layer.name + "f"), layer.w[axis]
    depth = math.prod(layer.w) // channels
    bias = constant("b", rng.normal(size=channels).astype(np.float32)) if layer.bias else None
    w = (rng.normal(size=layer.w) / math.sqrt(depth)).astype(np.float32)
    x = given("x", rng.normal(size=layer.x).astype(np.float32))
    return case(f"{layer.name}_f32", attributes, [x, constant("w", w), bias], tolerance=2e-5)


def _a(**attributes: Any) -> dict[str, Any]:
    return attributes


CONV = (
    Layer("one_pixel", (1, 1, 1, 1), (1, 1, 1, 1)),
    Layer("pointwise_3_to_17", (1, 5, 7, 3), (17, 1, 1, 3)),
    Layer("pointwise_16_to_16", (1, 4, 4, 16), (16, 1, 1, 16)),
    Layer("pointwise_33_to_31_batch_2", (2, 3, 5, 33), (31, 1, 1, 33)),
    Layer("pointwise_stride_2", (1, 7, 8, 12), (20, 1, 1, 12), _a(stride=(2, 2))),
    Layer("stem_3x3_stride_2", (1, 17, 19, 3), (32, 3, 3, 3), _a(stride=(2, 2), pad=(0, 0, 1, 1))),
    Layer("same_3x3", (1, 9, 9, 5), (6, 3, 3, 5), _a(pad=(1, 1, 1, 1))),
    Layer("same_5x5", (1, 8, 11, 4), (18, 5, 5, 4), _a(pad=(2, 2, 2, 2))),
    Layer("pad_larger_than_kernel", (1, 3, 3, 2), (4, 2, 2, 2), _a(pad=(3, 4, 2, 3))),
    Layer("rectangle_1x7", (1, 4, 12, 6), (8, 1, 7, 6), _a(pad=(0, 3, 0, 3))),
    Layer("rectangle_10x4", (1, 49, 10, 1), (9, 10, 4, 1), _a(stride=(2, 2), pad=(4, 1, 5, 1))),
    Layer("dilation_2x3", (1, 12, 13, 4), (5, 3, 3, 4), _a(dilation=(2, 3), pad=(2, 3, 2, 3))),
    Layer("stride_3x2_uneven_pad", (1, 11, 10, 7), (3, 4, 3, 7),
          _a(stride=(3, 2), pad=(2, 0, 1, 2))),
    Layer("groups_2", (1, 6, 6, 8), (6, 3, 3, 4), _a(groups=2, pad=(1, 1, 1, 1))),
    Layer("groups_4_of_20", (1, 3, 4, 12), (80, 1, 1, 3), _a(groups=4)),
    Layer("channel_multiplier_2", (1, 5, 5, 3), (6, 3, 3, 1), _a(groups=3, pad=(1, 1, 1, 1))),
    Layer("no_bias", (1, 4, 4, 8), (8, 3, 3, 8), bias=False),
    Layer("one_weight_scale", (1, 4, 4, 8), (8, 1, 1, 8), per_channel=False),
    Layer("relu_clamp", (1, 4, 4, 8), (24, 1, 1, 8), _a(clamp=(0.0, math.inf)), zero_out=-128),
    Layer("relu6_clamp", (1, 4, 4, 8), (24, 1, 1, 8), _a(clamp=(0.0, 6.0)), zero_out=-128),
    Layer("clamp_both_sides", (1, 4, 4, 8), (8, 1, 1, 8), _a(clamp=(-0.5, 0.5))),
    Layer("all_lowest", (1, 4, 5, 40), (33, 3, 3, 40), _a(pad=(1, 1, 1, 1)), "lowest", 127),
    Layer("all_highest", (1, 4, 5, 40), (33, 3, 3, 40), _a(pad=(1, 1, 1, 1)), "highest", -128),
    Layer("extremes_saturate", (1, 4, 5, 19), (17, 3, 3, 19), {}, "extremes", -128, 127,
          spread=0.02),
    Layer("zero_points_lowest", (1, 4, 4, 5), (5, 3, 3, 5), _a(pad=(1, 1, 1, 1)), "random", -128,
          -128),
    Layer("zero_points_highest", (1, 4, 4, 5), (5, 3, 3, 5), _a(pad=(1, 1, 1, 1)), "random", 127,
          127),
    Layer("sparse_pointwise", (1, 5, 7, 96), (40, 1, 1, 96), fill="blocks"),
    Layer("sparse_3x3", (2, 9, 8, 20), (33, 3, 3, 20), _a(pad=(1, 1, 1, 1)), fill="blocks"),
    Layer("sparse_dilation", (1, 9, 8, 7), (17, 3, 2, 7), _a(dilation=(1, 2)), fill="blocks"),
    Layer("weights_of_2_bits", (1, 5, 7, 33), (18, 3, 3, 33), fill="s2", spread=0.01),
    Layer("weights_of_3_bits_in_groups", (1, 6, 6, 8), (6, 3, 3, 4), _a(groups=2), fill="s3",
          spread=0.03),
    Layer("weights_of_4_bits", (1, 5, 7, 24), (40, 1, 1, 24), fill="s4", spread=0.06),
    Layer("deep_accumulator", (1, 1, 2, 4000), (3, 1, 1, 4000), {}, "lowest", 127),
)

DEPTHWISE = (
    Layer("one_channel", (1, 4, 4, 1), (3, 3, 1)),
    Layer("3x3_of_16", (1, 6, 5, 16), (3, 3, 16), _a(pad=(1, 1, 1, 1))),
    Layer("3x3_of_35_stride_2", (1, 9, 8, 35), (3, 3, 35), _a(stride=(2, 2), pad=(0, 0, 1, 1))),
    Layer("5x5_of_24", (2, 7, 9, 24), (5, 5, 24), _a(pad=(2, 2, 2, 2))),
    Layer("5x5_of_17_stride_2", (1, 10, 11, 17), (5, 5, 17), _a(stride=(2, 2), pad=(1, 2, 2, 2))),
    Layer("pad_larger_than_kernel_dw", (1, 3, 2, 9), (2, 2, 9), _a(pad=(3, 2, 4, 3))),
    Layer("1x9_dw", (1, 2, 20, 8), (1, 9, 8), _a(pad=(0, 4, 0, 4))),
    Layer("7x7_dw", (1, 8, 8, 20), (7, 7, 20), _a(pad=(3, 3, 3, 3))),
    Layer("dilation_2_dw", (1, 9, 9, 12), (3, 3, 12), _a(dilation=(2, 2), pad=(2, 2, 2, 2))),
    Layer("no_bias_dw", (1, 5, 5, 18), (3, 3, 18), bias=False),
    Layer("relu6_dw", (1, 5, 5, 18), (3, 3, 18), _a(clamp=(0.0, 6.0)), zero_out=-128),
    Layer("one_weight_scale_dw", (1, 5, 5, 18), (3, 3, 18), per_channel=False),
    Layer("weights_of_4_bits_dw", (1, 7, 8, 19), (3, 3, 19), fill="s4", spread=0.06),
    Layer("weights_of_6_bits_dw", (1, 7, 8, 19), (5, 5, 19), fill="s6", spread=0.25),
    Layer("all_lowest_dw", (1, 5, 6, 33), (3, 3, 33), _a(pad=(1, 1, 1, 1)), "lowest", 127),
    Layer("all_highest_dw", (1, 5, 6, 33), (3, 3, 33), _a(pad=(1, 1, 1, 1)), "highest", -128),
    Layer("extremes_saturate_dw", (1, 5, 6, 33), (3, 3, 33), {}, "extremes", -128, 127,
          spread=0.02),
)

DENSE = (
    Layer("one_by_one", (1, 1), (1, 1)),
    Layer("vector_4_to_16", (4,), (16, 4)),
    Layer("rows_1_k_7_n_17", (1, 7), (17, 7)),
    Layer("rows_5_k_33_n_40", (5, 33), (40, 33)),
    Layer("rows_2x9_k_64_n_15", (2, 9, 64), (15, 64)),
    Layer("rows_13_k_130_n_3", (13, 130), (3, 130)),
    Layer("no_bias_fc", (3, 20), (20, 20), bias=False),
    Layer("one_weight_scale_fc", (3, 20), (20, 20), per_channel=False),
    Layer("relu_fc", (3, 20), (20, 20), _a(clamp=(0.0, math.inf)), zero_out=-20),
    Layer("all_lowest_fc", (4, 100), (19, 100), {}, "lowest", 127),
    Layer("all_highest_fc", (4, 100), (19, 100), {}, "highest", -128),
    Layer("extremes_saturate_fc", (4, 100), (19, 100), {}, "extremes", 0, 0, spread=0.01),
    Layer("sparse_fc", (7, 256), (70, 256), fill="blocks"),
    Layer("sparse_fc_gaps", (3, 9000), (18, 9000), fill="gaps"),
    Layer("weights_of_2_bits_fc", (5, 70), (33, 70), fill="s2", spread=0.01),
    Layer("deep_fc", (1, 6000), (2, 6000), {}, "lowest", 127),
)


def conv2d() -> Iterator[Case]:
    """Both types of every layer."""
    for layer in CONV:
        yield int8_case(layer, Conv2d(**layer.attributes), 0)
        yield float_case(layer, Conv2d(**layer.attributes), 0)


def depthwise_conv2d() -> Iterator[Case]:
    """Both types of every layer."""
    for layer in DEPTHWISE:
        yield int8_case(layer, DepthwiseConv2d(**layer.attributes), 2)
        yield float_case(layer, DepthwiseConv2d(**layer.attributes), 2)


def fully_connected() -> Iterator[Case]:
    """Both types of every layer."""
    for layer in DENSE:
        yield int8_case(layer, FullyConnected(**layer.attributes), 0)
        yield float_case(layer, FullyConnected(**layer.attributes), 0)


def residual_case(layer: Layer, fused: type, inner: Any, clamp: tuple[float, float]) -> Case:
    """The int8 case of a layer (weights [o, ...]) that adds a residual of other scales."""
    plain = int8_case(layer, inner, 0)
    y = plain.graph.tensors["y"]
    rng, scale = rng_for(layer.name), float(scale_of(y))
    operands: list[Operand | None] = [
        Operand(plain.graph.tensors[n], plain.inputs.get(n)) if n else None
        for n in plain.graph.nodes[0].inputs]
    residual = _filled(rng, y.shape, layer.fill, -128)
    operands.append(given("residual", residual, per_tensor(scale * 0.7, layer.zero_in)))
    attributes = fused(inner, scale, zero_of(y), clamp)
    return case(layer.name, attributes, operands, "s8", per_tensor(scale * 1.3, 7))


def conv2d_add() -> Iterator[Case]:
    """Every layer, clamped after the sum or not."""
    for i, layer in enumerate(CONV):
        clamp = (0.0, math.inf) if i % 2 else (-math.inf, math.inf)
        yield residual_case(layer, Conv2dAdd, Conv2d(**layer.attributes), clamp)


def fully_connected_add() -> Iterator[Case]:
    """Every layer, clamped after the sum or not."""
    for i, layer in enumerate(DENSE):
        clamp = (0.0, math.inf) if i % 2 else (-math.inf, math.inf)
        yield residual_case(layer, FullyConnectedAdd, FullyConnected(**layer.attributes), clamp)


def batch_matmul() -> Iterator[Case]:
    """Sizes around the blocks, both orders of b, extremes."""
    sizes = (((), 1, 1, 1), ((), 5, 7, 3), ((3,), 4, 16, 16), ((2, 3), 6, 33, 17),
             ((1, 2), 9, 8, 40))
    for batch, m, k, n in sizes:
        for transpose_b in (False, True):
            for fill in ("random", "lowest", "extremes"):
                name = f"{(*batch, m, k, n)}_transposed_{transpose_b}_{fill}"
                rng = rng_for(name)
                a_shape, b_shape = (*batch, m, k), (*batch, *((n, k) if transpose_b else (k, n)))
                a, b = (_filled(rng, s, fill, -128) for s in (a_shape, b_shape))
                yield case(name, BatchMatmul(transpose_b),
                           [given("a", a, per_tensor(0.02, 100)),
                            given("b", b, per_tensor(0.03, -7))],
                           "s8", per_tensor(0.06 * math.sqrt(k), -9))
            a, b = (rng.normal(size=s).astype(np.float32) for s in (a_shape, b_shape))
            yield case(f"{name}_f32", BatchMatmul(transpose_b), [given("a", a), given("b", b)],
                       tolerance=3e-5)


PLUGIN = MappingProxyType({"conv2d": conv2d, "depthwise_conv2d": depthwise_conv2d,
                           "fully_connected": fully_connected, "batch_matmul": batch_matmul,
                           "conv2d_add": conv2d_add, "fully_connected_add": fully_connected_add})
