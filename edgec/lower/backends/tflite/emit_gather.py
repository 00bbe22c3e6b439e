"""GATHER."""

from __future__ import annotations

import numpy as np

from edgec.lower import site_rules
from edgec.lower.backend import Site
from edgec.lower.backends.tflite.builder import Builder
from edgec.lower.backends.tflite.emitter import Emitter
from edgec.lower.graph import DTYPES


def emit(site: Site, builder: Builder) -> None:
    """LiteRT knows no negative indices; they are turned around before. It refuses those beyond."""
    axis = site.attributes.axis % len(site.x.shape)
    builder.operator("GATHER", [builder.tensor(site.x.name), _from_zero(site, builder, axis)],
                     builder.tensor(site.y.name), "GatherOptions", axis=axis)


def _from_zero(site: Site, builder: Builder, axis: int) -> int:
    """Indices counted from 0."""
    indices, name = site.input(1), site.node.name
    given, size = builder.tensor(indices.name), site.x.shape[axis]
    integer = DTYPES[indices.dtype].type
    if indices.data is not None:
        if indices.data.min() >= 0:
            return given
        return builder.constant(f"{name}:indices", np.where(
            indices.data < 0, indices.data + integer(size), indices.data))
    zero, length = (builder.constant(f"{name}:{what}", integer(value))
                    for what, value in (("zero", 0), ("size", size)))
    negative = builder.between(f"{name}:negative", indices, dtype="bool")
    builder.operator("LESS", [given, zero], negative, "LessOptions")
    moved = builder.operator("ADD", [given, length],
                             builder.between(f"{name}:moved", indices), "AddOptions")
    return builder.operator("SELECT_V2", [negative, moved, given],
                            builder.between(f"{name}:indices", indices), "SelectV2Options")


PLUGIN = Emitter(emit, (site_rules.one_type, site_rules.integer_indices))
