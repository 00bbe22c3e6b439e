"""Functions that Relax has with the reference's results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from edgec.lower.backend import Site
from edgec.lower.backends.tvm.emitter import Emitter

# Ours: Relax's. The others have parameters, or are further from the reference than allowed.
NAMES: Mapping[str, str] = MappingProxyType({
    "exp": "exp", "log": "log", "sqrt": "sqrt", "neg": "negative", "abs": "abs", "tanh": "tanh",
    "sigmoid": "sigmoid", "erf": "erf",
})


def expression(site: Site, operands: Sequence[Any], op: Any) -> Any:
    """The op of that name."""
    return getattr(op, NAMES[site.attributes.kind])(operands[0])


PLUGIN = Emitter(expression, lambda site: site.attributes.kind in NAMES)
