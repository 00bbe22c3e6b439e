"""LiteRT (TensorFlow Lite) with XNNPACK: graphs to .tflite files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from edgec import registry
from edgec.errors import UsageError
from edgec.lower.backend import Backend, Compiled, HostPrograms, Pass, Site
from edgec.lower.backends.tflite import flatbuffer, segments, sparse, weights
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
SPARSE = ("dense", "densify")


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

    def __init__(self, densify: bool = False) -> None:
        self._densify = densify

    def configured(self, options: Mapping[str, str]) -> Backend:
        """sparse: dense, or densify, which stores blocks of zeros in no bytes of the file."""
        if unknown := set(options) - {"sparse"}:
            raise UsageError(f"the backend tflite has no option {sorted(unknown)[0]!r}; it has: "
                             "sparse.")
        way = options.get("sparse", "dense")
        if way not in SPARSE:
            raise UsageError(f"--tflite-sparse is {way!r}; allowed are {', '.join(SPARSE)}.")
        return TfLite(way == "densify")

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
        """Weights of few bits, and whether they are sparse if that is asked for; else empty."""
        if weights.in_four_bits(site):
            return "4 bit, packed"
        return sparse.said(site) if self._densify else ""

    def passes(self, target: Target) -> tuple[Pass, ...]:
        """int8 nodes that LiteRT lacks become float32 ones between dequantize and quantize."""
        return (float_islands(lambda site: list(self.supports(site, target))),)

    def emit(self, graph: Graph, plan: Plan, target: Target) -> bytes:
        """The file; LiteRT plans memory itself. MissingExtra without ai-edge-litert."""
        cut = segments.split(graph)
        made = tuple(_subgraph(part, self._densify) for part in cut)
        return flatbuffer.pack(ModelRecord(graph.name, made, segments.metadata(graph, cut)))

    def compile(self, graph: Graph, plan: Plan, target: Target) -> Compiled:
        """The file; with sparse weights also what they save, against the dense file."""
        artifact = self.emit(graph, plan, target)
        if not self._densify:
            return Compiled(artifact)
        dense = len(TfLite().emit(graph, plan, target))
        return Compiled(artifact, report={"sparse": sparse.report(graph, len(artifact), dense)})

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


def _subgraph(graph: Graph, densify: bool) -> SubgraphRecord:
    builder = Builder(graph, densify)
    for node in graph.nodes:
        emitters()[node.op].emit(Site.of(node, graph.tensors), builder)
    return builder.finish()


PLUGIN = TfLite()
