"""Random int8 graphs of many nodes: what whole models must compute like the references.

A module here holds a family of steps. Its PLUGIN maps a name, "<op>" or "<op>.<kind>", to a
function that tries to add such a node to a graph; it may give up where nothing fits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from hypothesis import strategies as st

from edgec import registry
from edgec.lower.backend import load_backend
from edgec.lower.graph import Array, Graph
from edgec.lower.verify import verify
from edgec.target.target import Target
from tests.contract.random_graphs._writer import Writer

Step = Callable[[Writer], None]
MOST_STEPS = 12


@cache
def steps() -> Mapping[str, Step]:
    """The steps by name."""
    found: dict[str, Step] = {}
    for family in registry.load_all(__name__, "family of steps").values():
        found.update(family)
    return MappingProxyType(found)


@dataclass(frozen=True)
class Model:
    """A graph as the native backend gets it, and values for its inputs."""

    graph: Graph
    inputs: Mapping[str, Array]

    def _repr_pretty_(self, printer: Any, _: bool) -> None:
        """One line for each node: what hypothesis shows of a failing example."""
        def shown(name: str) -> str:
            tensor = self.graph.tensors[name]
            kind = "=" if tensor.data is not None else ""
            return f"{name}{kind}{list(tensor.shape)}{tensor.dtype}"
        for n in self.graph.nodes:
            operands = ", ".join(shown(i) for i in n.inputs if i)
            printer.text(f"{shown(n.outputs[0])} = {n.op}({operands}) {n.attributes}")
            printer.break_()


@st.composite
def models(draw: st.DrawFn, target: Target) -> Model:
    """Any model that the native backend can lower for `target`."""
    writer = Writer(draw, target)
    for name in draw(st.lists(st.sampled_from(sorted(steps())), min_size=1, max_size=MOST_STEPS)):
        steps()[name](writer)
    graph = verify(writer.graph())
    for step in load_backend("native").passes(target):
        graph = verify(step(graph))
    return Model(graph, writer.inputs())
