"""What the emitters of pools share."""

from __future__ import annotations

from edgec.lower.backend import Site
from edgec.lower.backends.tflite import windows
from edgec.lower.backends.tflite.builder import Builder
from edgec.lower.backends.tflite.records import Padding
from edgec.lower.backends.tflite.windows import Placement


def average_placement(site: Site) -> Placement:
    """How an average lies over the image; padding that counts is never the operator's own."""
    return windows.place(site.attributes.window(), site.x.shape,
                         allow_same=not site.attributes.count_include_pad)


def counts_border(site: Site) -> bool:
    """Whether the operator would count padding that the node leaves out."""
    return average_placement(site).needs_pad and not site.attributes.count_include_pad


def operator(site: Site, builder: Builder, code: str, x: int, y: int, padding: Padding) -> None:
    """A pool of the node's kernel and strides."""
    height, width = site.attributes.kernel
    builder.operator(code, [x], y, "Pool2DOptions", padding=padding, filterHeight=height,
                     filterWidth=width, **windows.steps(site.attributes))
