"""What the engine asks of a node. A rule's docstring is what the user reads when it fails."""

from __future__ import annotations

from math import prod

from edgec.lower.backend import Site
from edgec.lower.ops._reduction import split
from edgec.lower.ops._rules import SUM_LIMIT, present
from edgec.lower.site_rules import NUMBERS, Rule, rank_at_most_six

INPUT_LIMIT = 255


def no_empty_tensor(site: Site) -> bool:
    """Tensors have 1 to 2^31 - 1 elements and at most 2^32 bytes."""
    return all(0 < t.size < 2**31 and t.nbytes <= 2**32
               for t in (*present(site.inputs), *site.outputs))


def at_most_255_inputs(site: Site) -> bool:
    """A node has at most 255 inputs."""
    return len(site.inputs) <= INPUT_LIMIT


BASICS: tuple[Rule, ...] = (rank_at_most_six, no_empty_tensor, at_most_255_inputs)


def float_only(site: Site) -> bool:
    """All tensors must be float32."""
    return all(t.dtype == "f32" for t in (*present(site.inputs), *site.outputs))


def equal_batch_axes(site: Site) -> bool:
    """The batch axes of both matrices must be equal; broadcasting is not supported."""
    return site.x.shape[:-2] == site.input(1).shape[:-2]


def neighbouring_axes(site: Site) -> bool:
    """The reduced axes must be next to each other; put a transpose before."""
    return split(site.x.shape, site.attributes.axes) is not None


def steps_forward(site: Site) -> bool:
    """The steps of a slice must be 1 or more."""
    return min(site.attributes.step, default=1) >= 1


def known_cast(site: Site) -> bool:
    """Casts go from float32, int8, uint8, int32 or int64 to float32, int32 or int64."""
    return site.x.dtype != "u32" and site.y.dtype in ("f32", "s32", "s64")


def small_window(site: Site) -> bool:
    """A window's kernel, stride and dilation must be 1 to 32767, and its padding 0 to 32767."""
    attributes = site.attributes
    sizes = (*_kernel(site), *attributes.stride, *getattr(attributes, "dilation", ()))
    return all(1 <= s <= 32767 for s in sizes) and all(0 <= p <= 32767 for p in attributes.pad)


def small_sum(site: Site) -> bool:
    """A pool, a reduction or layer_norm takes at most 4194304 elements into one result."""
    axes = getattr(site.attributes, "axes", (-1,))
    return prod(_kernel(site) or [site.x.shape[a] for a in axes]) <= SUM_LIMIT


def positive_epsilon(site: Site) -> bool:
    """The epsilon of layer_norm must be 0 or more."""
    return bool(site.attributes.epsilon >= 0)


def _kernel(site: Site) -> tuple[int, ...]:
    """(height, width) of a window; () for ops without one."""
    if site.node.op == "conv2d":
        return site.input(1).shape[1:3]
    if site.node.op == "depthwise_conv2d":
        return site.input(1).shape[:2]
    return getattr(site.attributes, "kernel", ())


def linear_resize_of_numbers(site: Site) -> bool:
    """Bilinear resizing is for float32 and int8."""
    return site.attributes.mode == "nearest" or site.x.dtype in NUMBERS


def pads_with_32_bits(site: Site) -> bool:
    """An int64 tensor can be padded with 0 only."""
    return site.x.dtype != "s64" or site.attributes.value == 0
