"""resize_nearest, resize_bilinear_s8, resize_bilinear_f32."""

from __future__ import annotations

from edgec.lower import site_rules
from edgec.lower.backend import Site
from edgec.lower.backends.native import rules
from edgec.lower.backends.native.builder import Builder
from edgec.lower.backends.native.emitter import Emitter


def emit(site: Site, builder: Builder) -> None:
    """The tables of taps hold all there is to know."""
    image, name = (site.x.shape[1], site.x.shape[2]), site.node.name
    nearest = site.attributes.mode == "nearest"
    op = "resize_nearest" if nearest else f"resize_bilinear_{site.y.dtype}"
    names = ("iy", "ix") if nearest else ("iy", "wy", "ix", "wx")
    tables = (site.attributes.nearest_taps if nearest else site.attributes.linear_taps)(image)
    constants = [builder.constant(f"{name}:{n}", t) for n, t in zip(names, tables, strict=True)]
    builder.node(op, site, [builder.tensor(site.x.name), *constants])


PLUGIN = Emitter(emit, (site_rules.one_type, rules.linear_resize_of_numbers))
