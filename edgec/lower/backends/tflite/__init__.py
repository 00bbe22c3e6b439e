"""LiteRT (TensorFlow Lite) with XNNPACK: graphs to .tflite files."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from edgec import registry
from edgec.lower.backend import Backend, HostPrograms, Pass, Site
from edgec.lower.backends.tflite import flatbuffer, segments, weights
from edgec.lower.backends.tflite.builder import Builder
from edgec.lower.backends.tflite.emitter import Emitter
from edgec.lower.backends.tflite.islands import float_islands
from edgec.lower.backends.tflite.library import litert_library
from edgec.lower.backends.tflite.records import ModelRecord, SubgraphRecord
from edgec.lower.backends.tflite.rules import BASICS
from edgec.lower.catalog import ops
from edgec.lower.graph import Graph
from edgec.lower.plan import Plan
from edgec.target.target import Target
from edgec.target.toolchain import build_engine

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

    def supports(self, site: Site, target: Target) -> Iterator[str]:
        """The rules of every op, of this op's int8 form, and of its emitter."""
        emitter = emitters().get(site.node.op)
        if emitter is None:
            yield f"the tflite backend has no op {site.node.op!r}."
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

    def weights(self, site: Site, target: Target) -> str:
        """Weights of few bits; empty for 8."""
        return "4 bit, packed" if weights.in_four_bits(site) else ""

    def passes(self, target: Target) -> tuple[Pass, ...]:
        """int8 nodes that LiteRT lacks become float32 ones between dequantize and quantize."""
        return (float_islands(lambda site: list(self.supports(site, target))),)

    def emit(self, graph: Graph, plan: Plan, target: Target) -> bytes:
        """The file; LiteRT plans memory itself. MissingExtra without ai-edge-litert."""
        cut = segments.split(graph)
        return flatbuffer.pack(ModelRecord(graph.name, tuple(map(_subgraph, cut)),
                                           segments.metadata(graph, cut)))

    def host_programs(self) -> HostPrograms:
        """edgec-run and edgec-bench with the installed LiteRT."""
        build = build_engine(loads=True)
        loaded = ("--runtime-library", str(litert_library(build.triple)))
        return HostPrograms((str(build.run), *loaded), (str(build.bench), *loaded))

    def device_files(self, triple: str) -> tuple[Path, ...]:
        """The same for a board, with LiteRT's library out of its wheel."""
        library = litert_library(triple)
        build = build_engine(triple, loads=True)
        return (build.run, build.bench, library)


def _subgraph(graph: Graph) -> SubgraphRecord:
    builder = Builder(graph)
    for node in graph.nodes:
        emitters()[node.op].emit(Site.of(node, graph.tensors), builder)
    return builder.finish()


PLUGIN = TfLite()
