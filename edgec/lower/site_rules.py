"""What more than one backend asks of a node; each lists in its `rules.py` what it alone asks.

A rule's docstring is what the user reads when it fails.
"""

from __future__ import annotations

from collections.abc import Callable

from edgec.format.plan_file import RANK_LIMIT
from edgec.lower.backend import Site
from edgec.lower.ops._rules import present

Rule = Callable[[Site], bool]

NUMBERS = ("f32", "s8")


def rank_at_most_six(site: Site) -> bool:
    """Tensors have at most six axes."""
    return all(len(t.shape) <= RANK_LIMIT for t in (*present(site.inputs), *site.outputs))


def float_or_int8(site: Site) -> bool:
    """Input and output must both be float32 or both int8."""
    return site.x.dtype == site.y.dtype and site.x.dtype in NUMBERS


def bytes_only(site: Site) -> bool:
    """Input and output must be int8 or uint8."""
    return {site.x.dtype, site.y.dtype} <= {"s8", "u8"}


def operands_float_or_int8(site: Site) -> bool:
    """Both inputs and the output must be float32, or all three int8."""
    return {site.x.dtype, site.input(1).dtype} == {site.y.dtype} and site.x.dtype in NUMBERS


def one_type(site: Site) -> bool:
    """Input and output must have the same element type."""
    return site.x.dtype == site.y.dtype


def inputs_of_one_type(site: Site) -> bool:
    """All inputs and the output must have the same element type."""
    return all(t.dtype == site.y.dtype for t in present(site.inputs))


def constant_weights(site: Site) -> bool:
    """Weights and bias must be constant."""
    return all(t.data is not None for t in present(site.inputs[1:]))


def integer_indices(site: Site) -> bool:
    """Indices must be int32 or int64."""
    return site.input(1).dtype in ("s32", "s64")
