"""TVM with our kernels, or alone: graphs to shared libraries for TVM's runtime."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from edgec.errors import UsageError
from edgec.format.writer import write
from edgec.lower.backend import (
    COMPILE_TIMEOUT,
    COMPILE_TIMEOUT_S,
    Backend,
    HostPrograms,
    Pass,
    Site,
)
from edgec.lower.backends.native import Native
from edgec.lower.backends.tvm.request import Request
from edgec.lower.backends.tvm.runtime import runtime
from edgec.lower.backends.tvm.steps import Layers, Step, can, has_int8, sites, steps
from edgec.lower.backends.tvm.tuned import read_tuning
from edgec.lower.backends.tvm.worker import Worker
from edgec.lower.graph import DTYPES, Graph, Tensor
from edgec.lower.plan import Plan, plan
from edgec.target.target import Target
from edgec.target.toolchain import build_engine, shared_linker

# What LLVM may use beyond the architecture's least, where the target has it.
FEATURES: Mapping[str, list[str]] = {"avx2": ["+avx2", "+fma"], "neondot": ["+dotprod"]}
_ENGINE = Native()
_worker = cache(Worker)


KERNELS = ("edgec", "tvm")


class Tvm(Backend):
    """TVM: a shared library for its runtime, that calls our kernels."""

    artifact = "model.so"
    machine_code = True
    options = ("kernels", "tuning", COMPILE_TIMEOUT)

    def __init__(self, timeout_s: float = COMPILE_TIMEOUT_S) -> None:
        self._timeout_s = timeout_s

    def configured(self, options: Mapping[str, str]) -> Backend:
        """kernels: edgec, or tvm for TVM alone. tuning: a folder of `edgec tune`, for TVM alone.
        compile-timeout: seconds.
        """
        super().configured(options)
        seconds = float(options.get(COMPILE_TIMEOUT, self._timeout_s))
        kernels = options.get("kernels", "edgec")
        if kernels not in KERNELS:
            raise UsageError(f"--tvm-kernels is {kernels!r}; allowed are {', '.join(KERNELS)}.")
        if kernels == "tvm":
            return TvmAlone(read_tuning(options.get("tuning")), seconds)
        if "tuning" in options:
            raise UsageError("--tuning is for kernels of TVM's own, and --tvm-kernels is edgec. "
                             "Add --tvm-kernels tvm, or leave it out.")
        return Tvm(seconds)

    def supports(self, site: Site, target: Target) -> Iterator[str]:
        """What our engine supports, but exits."""
        if target.triple not in ("x86_64", "aarch64"):
            yield "TVM's runtime is there for x86_64 and aarch64 only: use the native backend."
        if site.node.op == "exit":
            yield ("A TVM program cannot end early: use the native backend, or the model without "
                   "its exits.")
        yield from _ENGINE.supports(site, target)

    def conditions(self, op: str) -> tuple[str, ...] | None:
        """The engine's; a program has no end in the middle."""
        return None if op == "exit" else _ENGINE.conditions(op)

    def passes(self, target: Target) -> tuple[Pass, ...]:
        """The engine's."""
        return _ENGINE.passes(target)

    def weights(self, site: Site, target: Target) -> str:
        """Sparse or dense, and why, of an int8 layer whose weights may be either."""
        return _ENGINE.weights(site, target)

    def emit(self, graph: Graph, plan: Plan, target: Target) -> bytes:
        """The library. MissingExtra without TVM, BuildError without a linker."""
        file = _ENGINE.records(graph, plan, target)
        made = tuple(steps(graph, file))
        return _worker().compile(Request(
            write(file), made, _tensors(graph, made), graph.inputs, graph.outputs,
            llvm(target), shared_linker(target.triple)), self._timeout_s)

    def host_programs(self) -> HostPrograms:
        """edgec-run and edgec-bench with TVM's runtime, built for this machine on first use."""
        build = build_engine(loads=True)
        loaded = ("--runtime-library", str(runtime(build.triple).ours))
        return HostPrograms((str(build.run), *loaded), (str(build.bench), *loaded))

    def device_files(self, triple: str) -> tuple[Path, ...]:
        """The same for a board, with TVM's libraries out of their wheels."""
        libraries = runtime(triple)
        build = build_engine(triple, loads=True)
        return (build.run, build.bench, libraries.ours, *libraries.tvm)


class TvmAlone(Tvm):
    """TVM with kernels of its own, for float32 models."""

    exact = False

    def __init__(self, tuning: tuple[str, str] | None = None,
                 timeout_s: float = COMPILE_TIMEOUT_S) -> None:
        super().__init__(timeout_s)
        self._tuning = tuning

    def supports(self, site: Site, target: Target) -> Iterator[str]:
        """What TVM computes itself; no int8."""
        if has_int8(site):
            yield ("TVM's own kernels are for float32: lower with --tvm-kernels edgec, whose int8 "
                   "kernels are ours, or lower the float model.")
        elif not can(site):
            yield "TVM alone does not have it: lower with --tvm-kernels edgec."
        yield from super().supports(site, target)

    def emit(self, graph: Graph, plan: Plan, target: Target) -> bytes:
        """The library."""
        return _worker().compile(self.request(graph, target), self._timeout_s)

    def request(self, graph: Graph, target: Target) -> Request:
        """What the compiler process, or the tuner, is asked for a graph."""
        made = sites(graph)
        return Request(_ports(graph, target), made, _tensors(graph, made), graph.inputs,
                       graph.outputs, llvm(target), shared_linker(target.triple), alone=True,
                       tuning=self._tuning)


def _ports(graph: Graph, target: Target) -> bytes:
    """A file that says what goes in and out, and computes nothing: our engine has no layers."""
    named = {name: graph.tensors[name] for name in (*graph.inputs, *graph.outputs)}
    tensors = {name: tensor if name in graph.inputs or tensor.data is not None else
               replace(tensor, data=np.zeros(tensor.shape, DTYPES[tensor.dtype]))
               for name, tensor in named.items()}
    empty = replace(graph, tensors=tensors, nodes=())
    return _ENGINE.emit(empty, plan(empty), target)


def llvm(target: Target) -> dict[str, str | list[str]]:
    """TVM's description of the target."""
    described: dict[str, str | list[str]] = {
        "kind": "llvm", "mtriple": f"{target.triple}-linux-gnu"}
    features = [f for isa in target.cpu.isa for f in FEATURES.get(isa, [])]
    return {**described, "mattr": features} if features else described


def _tensors(graph: Graph, made: tuple[Step, ...]) -> dict[str, Tensor]:
    """Those that the program names: constants of our layers are in the file already."""
    named = {*graph.inputs, *graph.outputs}
    for step in made:
        if isinstance(step, Layers):
            named.update(step.inputs, step.outputs)
        else:
            named.update(name for name in (*step.node.inputs, *step.node.outputs) if name)
    return {name: graph.tensors[name] for name in graph.tensors if name in named}


PLUGIN = Tvm()
