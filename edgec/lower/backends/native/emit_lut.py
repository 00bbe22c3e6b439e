"""lut_s8."""

from __future__ import annotations

import numpy as np

from edgec.lower import site_rules
from edgec.lower.backend import Site
from edgec.lower.backends.native.builder import Builder
from edgec.lower.backends.native.emitter import Emitter


def emit(site: Site, builder: Builder) -> None:
    """The table in the order of the bytes as int8, whatever they stand for."""
    entries = np.asarray(site.input(1).data).view(np.int8)
    if site.x.dtype == "u8":
        entries = np.roll(entries, entries.size // 2)
    table = builder.constant(site.input(1).name, entries)
    builder.node("lut_s8", site, [builder.tensor(site.x.name), table])


PLUGIN = Emitter(emit, (site_rules.bytes_only,))
