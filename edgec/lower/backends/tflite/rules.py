"""What LiteRT asks of a node. A rule's docstring is what the user reads when it fails."""

from __future__ import annotations

from edgec.lower.backend import Site
from edgec.lower.backends.tflite import pooling
from edgec.lower.graph import Tensor
from edgec.lower.ops._rules import present, scale_of, zero_of
from edgec.lower.ops.lut import REQUANTIZE
from edgec.lower.site_rules import NUMBERS, Rule, rank_at_most_six

PROBABILITY, SIGNED_UNIT = (1 / 256, -128), (1 / 128, 0)  # scale and zero point of [0, 1], [-1, 1]


def no_empty_tensor(site: Site) -> bool:
    """Tensors have 1 to 2^31 - 1 elements."""
    return all(0 < t.size < 2**31 for t in (*present(site.inputs), *site.outputs))


def no_uint32(site: Site) -> bool:
    """LiteRT has no kernels for uint32."""
    return all(t.dtype != "u32" for t in (*present(site.inputs), *site.outputs))


BASICS: tuple[Rule, ...] = (rank_at_most_six, no_empty_tensor, no_uint32)


def float_only(site: Site) -> bool:
    """LiteRT has this operator in float32 only."""
    return all(t.dtype == "f32" for t in (*present(site.inputs), *site.outputs))


def average_as_same_or_valid(site: Site) -> bool:
    """In int8, LiteRT leaves padding out of an average only where it pads like SAME."""
    return site.x.dtype != "s8" or not pooling.counts_border(site)


def average_keeps_scale(site: Site) -> bool:
    """In int8, LiteRT's average has the scale and zero point of its input."""
    return site.x.dtype != "s8" or _same_quantization(site)


def softmax_scale(site: Site) -> bool:
    """In int8, the output of LiteRT's softmax has scale 1/256 and zero point -128."""
    return site.y.dtype != "s8" or _is_quantized(site.y, *PROBABILITY)


def int8_function(site: Site) -> bool:
    """In int8, LiteRT has no other functions than sigmoid, tanh and a change of scale."""
    return site.attributes.kind in (REQUANTIZE, "sigmoid", "tanh")


def output_scale_of_function(site: Site) -> bool:
    """In int8, sigmoid gives scale 1/256 and zero point -128, tanh scale 1/128 and 0."""
    wanted = {"sigmoid": PROBABILITY, "tanh": SIGNED_UNIT}.get(site.attributes.kind)
    return wanted is None or _is_quantized(site.y, *wanted)


def no_erf(site: Site) -> bool:
    """LiteRT has no operator for the error function."""
    return bool(site.attributes.kind != "erf")


def _same_quantization(site: Site) -> bool:
    return site.x.quantization is not None and site.x.quantization.same_as(site.y.quantization)


def _is_quantized(tensor: Tensor, scale: float, zero_point: int) -> bool:
    return scale_of(tensor) == scale and zero_of(tensor) == zero_point


def from_float(site: Site) -> bool:
    """It goes from float32 to int8."""
    return (site.x.dtype, site.y.dtype) == ("f32", "s8")


def from_int8(site: Site) -> bool:
    """It goes from int8 to float32."""
    return (site.x.dtype, site.y.dtype) == ("s8", "f32")


def no_scalar(site: Site) -> bool:
    """The input must have an axis: LiteRT's kernel refuses a scalar."""
    return len(site.x.shape) > 0


def rank_at_most_five(site: Site) -> bool:
    """LiteRT does this to tensors of at most five axes."""
    return all(len(t.shape) <= 5 for t in (site.x, site.y))


def known_cast(site: Site) -> bool:
    """Casts go to float32, int32 or int64."""
    return site.y.dtype in ("f32", "s32", "s64")


def bilinear_of_litert(site: Site) -> bool:
    """LiteRT resizes float32 and int8 bilinearly, and not by pytorch_half_pixel to one pixel."""
    a = site.attributes
    return a.mode == "nearest" or (site.x.dtype in NUMBERS and (
        a.coordinates != "pytorch_half_pixel" or min(a.size) > 1))
