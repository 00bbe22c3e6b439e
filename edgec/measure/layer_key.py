"""What the time of a layer depends on: its name in a table of costs, and models of a few layers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from edgec.lower.backend import Backend, Site
from edgec.lower.catalog import ops
from edgec.lower.graph import Graph, Node, Tensor
from edgec.lower.ops.exit import Exit
from edgec.lower.ops.reshape import Reshape
from edgec.lower.views import placed_parts, view_of_input
from edgec.target.target import Target


@dataclass(frozen=True)
class LayerKey:
    """text: op, attributes, types, shapes and layout of the weights. Layers of one text take as
    long. family: the same without numbers of channels; within one the time follows `work`.

    work: multiply-accumulates with weights that are kept, or elements where there are none.
    nbytes: read and written.
    """

    text: str
    family: str
    macs: int
    work: float
    nbytes: int
    float_math: bool

    @classmethod
    def of(cls, site: Site, backend: Backend, target: Target) -> LayerKey:
        """The key of a node of a graph that was lowered for `target`."""
        tensors = [t for t in (*site.inputs, *site.outputs) if t is not None]
        layout, kept = _layout(backend.weights(site, target))
        head = f"{site.node.op} {_plain(site.attributes)}"
        count = len(site.inputs)
        text = f"{head}: {_shapes(tensors[:count], full=True)} -> " \
               f"{_shapes(tensors[count:], full=True)} {layout}".strip()
        family = f"{head}: {_shapes(tensors, full=False)} {layout.split(' ')[0]}".strip()
        macs = ops()[site.node.op].macs(site.attributes, site.inputs, site.outputs)
        work = macs * kept if macs else float(max(t.size for t in tensors))
        return cls(text, family, macs, work, sum(t.nbytes for t in tensors),
                   site.y.dtype == "f32")


def timed_nodes(graph: Graph) -> list[Node]:
    """The nodes that do something: those that move nothing take no time."""
    parts = placed_parts(graph)
    return [node for node in graph.nodes
            if view_of_input(node, graph.tensors) is None
            and not (node.op == "concat" and all(name in parts for name in node.inputs))]


def model_of(sites: Sequence[Site], name: str) -> Graph:
    """A graph of these nodes side by side, none reading another: each a layer to be timed.

    They are called by their numbers; the one called clock does nothing.
    """
    tensors = {name: Tensor(name, (4,), "f32") for name in ("clock/x", "clock/y")}
    nodes = [Node("clock", "reshape", ("clock/x",), ("clock/y",), Reshape((4,)))]
    inputs, outputs = ["clock/x"], ["clock/y"]
    for number, site in enumerate(sites):
        prefix = f"layer{number}/"
        given = tuple("" if t is None else prefix + t.name for t in site.inputs)
        made = tuple(prefix + t.name for t in site.outputs)
        for t in (*site.inputs, *site.outputs):
            if t is not None:
                tensors[prefix + t.name] = replace(t, name=prefix + t.name)
        inputs += [prefix + t.name for t in site.inputs
                   if t is not None and t.data is None and prefix + t.name not in inputs]
        attributes = Exit(limit=0) if site.node.op == "exit" else site.node.attributes  # never left
        nodes.append(replace(site.node, name=str(number), inputs=given, outputs=made,
                             attributes=attributes))
        outputs += made
    return Graph(name, tensors, tuple(nodes), tuple(inputs), tuple(outputs))


def _layout(reason: str) -> tuple[str, float]:
    """The layout of the weights, zero blocks in steps of 5 %, and the share that is computed."""
    if not reason.startswith("sparse"):
        return "", 1.0
    zero, columns = reason.split(": ")[1].split("% of ")
    share = 5 * round(float(zero) / 5)
    return f"sparse {columns.split(' ')[0]} {share}%", 1 - share / 100


def _shapes(tensors: Sequence[Tensor], *, full: bool) -> str:
    return ", ".join(f"{'const ' if t.data is not None else ''}{t.dtype}"
                     f"{_dims(t.shape, t.data is not None, full)}" for t in tensors)


def _dims(shape: Sequence[int], constant: bool, full: bool) -> str:
    """All of a shape, or what is not channels.

    Those are the last; of weights [o, ..., i] the first too, but not of depthwise ones [h, w, c].
    """
    dims = [str(dim) for dim in shape]
    if not full and dims:
        dims[-1] = "c"
        if constant and len(shape) != 3:
            dims[0] = "c"
    return f"[{','.join(dims)}]"


def _plain(value: Any) -> str:
    """Attributes without the numbers that computing takes as long with."""
    if is_dataclass(value):
        parts = [f"{f.name}={_plain(getattr(value, f.name))}" for f in fields(value)
                 if f.name not in ("clamp", "zero_point", "limit")
                 and not isinstance(getattr(value, f.name), float)]
        return " ".join(parts)
    if isinstance(value, tuple):
        return "x".join(map(_plain, value))
    return str(value)


def roofline_us(key: LayerKey, target: Target) -> float:
    """A guess where nothing was measured: half of the core's peak, and 4 bytes a cycle.

    float32 sums run at a quarter of the int8 peak.
    """
    peak = target.cpu.int8_macs_per_cycle / (4 if key.float_math else 1)
    cycles = max(key.work / (peak / 2) if key.macs else 0.0, key.nbytes / 4)
    return math.ceil(cycles) / target.cpu.clock_mhz


