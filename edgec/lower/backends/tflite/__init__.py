"""LiteRT (TensorFlow Lite) with XNNPACK: graphs to .tflite files."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache

from edgec import registry
from edgec.lower.backend import Backend, HostPrograms, Pass, Site
from edgec.lower.backends.tflite import flatbuffer
from edgec.lower.backends.tflite.builder import Builder
from edgec.lower.backends.tflite.emitter import Emitter
from edgec.lower.backends.tflite.islands import float_islands
from edgec.lower.backends.tflite.rules import BASICS
from edgec.lower.catalog import ops
from edgec.lower.graph import Graph
from edgec.lower.plan import Plan
from edgec.target.target import Target

PREFIX = "emit_"


@cache
def emitters() -> dict[str, Emitter]:
    """The PLUGIN of every module `emit_<op>`, by op."""
    return {name.removeprefix(PREFIX): registry.load(__name__, name, "tflite emitter")
            for name in registry.names(__name__) if name.startswith(PREFIX)}


class TfLite(Backend):
    """LiteRT with XNNPACK: one .tflite file, also for NPU compilers."""

    artifact = "model.tflite"
    exact = False  # mean, pools, resize, batch_matmul, requantize: up to one step off
    plans_memory = False  # LiteRT does
    runs_on_boards = False  # that takes a LiteRT on the board, which we do not install

    def supports(self, site: Site, target: Target) -> Iterator[str]:
        """The rules of every op, of this op's int8 form, and of its emitter."""
        emitter = emitters().get(site.node.op)
        if emitter is None:
            yield (f"the tflite backend has no op {site.node.op!r}." if site.node.op != "exit" else
                   "LiteRT cannot end a run early: use the native backend, or the model without "
                   "its exits.")
            return
        broken = list(ops()[site.node.op].broken_rules(site.attributes, site.inputs, site.outputs))
        yield from broken
        for rule in (*BASICS, *(() if broken else emitter.rules)):
            if not rule(site):
                assert rule.__doc__ is not None
                yield rule.__doc__

    def conditions(self, op: str) -> tuple[str, ...] | None:
        """The docstrings of the emitter's rules."""
        emitter = emitters().get(op)
        return None if emitter is None else tuple(str(rule.__doc__) for rule in emitter.rules)

    def passes(self, target: Target) -> tuple[Pass, ...]:
        """int8 nodes that LiteRT lacks become float32 ones between dequantize and quantize."""
        return (float_islands(lambda site: list(self.supports(site, target))),)

    def emit(self, graph: Graph, plan: Plan, target: Target) -> bytes:
        """The file; LiteRT plans memory itself. MissingExtra without ai-edge-litert."""
        builder = Builder(graph)
        for node in graph.nodes:
            emitters()[node.op].emit(Site.of(node, graph.tensors), builder)
        return flatbuffer.pack(builder.finish())

    def host_programs(self) -> HostPrograms:
        """LiteRT's interpreter behind the command lines of edgec-run and edgec-bench."""
        run, bench = ((sys.executable, "-m", f"{__name__}.{program}") for program in
                      ("run", "bench"))
        return HostPrograms(run, bench)


PLUGIN = TfLite()
