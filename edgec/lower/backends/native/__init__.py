"""The engine in cpp/: graphs to .edgec files."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from edgec import registry
from edgec.format.plan_file import PlanFile
from edgec.format.writer import write
from edgec.lower.backend import Backend, HostPrograms, Pass, Site
from edgec.lower.backends.native import few_bits, sparsity
from edgec.lower.backends.native.builder import Builder
from edgec.lower.backends.native.emitter import Emitter
from edgec.lower.backends.native.rules import BASICS
from edgec.lower.catalog import ops
from edgec.lower.graph import Graph
from edgec.lower.passes import fuse_residual
from edgec.lower.plan import Plan
from edgec.target.target import Target
from edgec.target.toolchain import build_engine

PREFIX = "emit_"


@cache
def emitters() -> dict[str, Emitter]:
    """The PLUGIN of every module `emit_<op>`, by op."""
    return {name.removeprefix(PREFIX): registry.load(__name__, name, "native emitter")
            for name in registry.names(__name__) if name.startswith(PREFIX)}


class Native(Backend):
    """Our own engine: one .edgec file, mapped into memory and used in place."""

    artifact = "model.edgec"

    def supports(self, site: Site, target: Target) -> Iterator[str]:
        """The rules of every op, of this op's int8 form, and of its emitter."""
        emitter = emitters().get(site.node.op)
        if emitter is None:
            yield f"the native backend has no op {site.node.op!r}."
            return
        yield from ops()[site.node.op].broken_rules(site.attributes, site.inputs, site.outputs)
        for rule in (*BASICS, *emitter.rules):
            if not rule(site):
                assert rule.__doc__ is not None
                yield rule.__doc__

    def weights(self, site: Site, target: Target) -> str:
        """Sparse or dense, and why, of an int8 layer whose weights may be either; few bits."""
        taps = sparsity.taps_of(site)
        layout = "" if taps is None else sparsity.choose(taps, target.cpu).reason
        return ", ".join(text for text in (layout, few_bits.told(site)) if text)

    def conditions(self, op: str) -> tuple[str, ...] | None:
        """The docstrings of the emitter's rules."""
        emitter = emitters().get(op)
        return None if emitter is None else tuple(str(rule.__doc__) for rule in emitter.rules)

    def passes(self, target: Target) -> tuple[Pass, ...]:
        """Fewer passes over memory."""
        return (
            fuse_residual.run,  # sums where their first operand still is in the cache
        )

    def emit(self, graph: Graph, plan: Plan, target: Target) -> bytes:
        """The file."""
        return write(self.records(graph, plan, target))

    def records(self, graph: Graph, plan: Plan, target: Target) -> PlanFile:
        """What the file says: one node for each of the graph's, in its order."""
        builder = Builder(graph, plan, target)
        for node in graph.nodes:
            emitters()[node.op].emit(Site.of(node, graph.tensors), builder)
        return builder.finish()

    def host_programs(self) -> HostPrograms:
        """edgec-run and edgec-bench, built for this machine on first use."""
        build = build_engine()
        return HostPrograms((str(build.run),), (str(build.bench),))

    def device_files(self, triple: str) -> tuple[Path, ...]:
        """The same for a board: static, each one file."""
        build = build_engine(triple)
        return (build.run, build.bench)


PLUGIN = Native()
