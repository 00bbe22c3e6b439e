"""Arm Ethos-U NPUs: graphs to .tflite files compiled by Vela, and to C arrays for firmware."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from edgec.errors import UsageError
from edgec.lower.backend import (
    COMPILE_TIMEOUT,
    COMPILE_TIMEOUT_S,
    Backend,
    Compiled,
    HostPrograms,
    Pass,
    Site,
    load_backend,
)
from edgec.lower.backends.ethos_u import c_array, report, vela
from edgec.lower.backends.ethos_u.rules import RULES
from edgec.lower.graph import Graph
from edgec.lower.plan import Plan
from edgec.target.target import Target

_UNCOMPILED = "tflite"  # the backend whose file Vela compiles
_FIRMWARE = ("its model is linked into a firmware (model.c, model.h, TensorFlow Lite Micro and the "
             "Ethos-U driver), which edgec does not build, flash or run. Check the same graph, "
             "before Vela, with `edgec parity MODEL --backend tflite`.")


class EthosU(Backend):
    """Arm Ethos-U: Vela's .tflite file, and the same as a C array for firmware."""

    artifact = "model.tflite"
    exact = False  # nothing runs here: the golden outputs are those of the references
    plans_memory = False  # Vela does
    options = (COMPILE_TIMEOUT,)

    def __init__(self, timeout_s: float = COMPILE_TIMEOUT_S) -> None:
        self._timeout_s = timeout_s

    def configured(self, options: Mapping[str, str]) -> Backend:
        """With another time that Vela may take."""
        super().configured(options)
        return EthosU(float(options.get(COMPILE_TIMEOUT, self._timeout_s)))

    def supports(self, site: Site, target: Target) -> Iterator[str]:
        """A target with an NPU, and the rules of the tflite backend; Vela places what is left."""
        if site.node.op == "exit":
            yield ("TensorFlow Lite Micro runs one subgraph to its end: lower the model as it was "
                   "before early_exit.")
            return
        if target.npu is None:
            yield (f"the target {target.name} has no [npu] table. Choose one with an Ethos-U, such "
                   "as ethos_u55_128.")
        yield from load_backend(_UNCOMPILED).supports(site, target)
        yield from (str(rule.__doc__) for rule in RULES.get(site.node.op, ()) if not rule(site))

    def conditions(self, op: str) -> tuple[str, ...] | None:
        """Those of the tflite backend, and Vela's own; None for exits, too."""
        asked = load_backend(_UNCOMPILED).conditions(op)
        own = tuple(str(rule.__doc__) for rule in RULES.get(op, ()))
        return None if asked is None or op == "exit" else (*asked, *own)

    def passes(self, target: Target) -> tuple[Pass, ...]:
        """Those of the tflite backend."""
        return load_backend(_UNCOMPILED).passes(target)

    def emit(self, graph: Graph, plan: Plan, target: Target) -> bytes:
        """The file that Vela writes; MissingExtra without it, LoweringError when it fails."""
        return self.compile(graph, plan, target).artifact

    def compile(self, graph: Graph, plan: Plan, target: Target) -> Compiled:
        """The same, with the C array, Vela's estimates, and where it put each node."""
        assert target.npu is not None
        tflite = load_backend(_UNCOMPILED).emit(graph, plan, target)
        found = vela.run(tflite, target.npu, timeout_s=self._timeout_s)
        return Compiled(found.model, c_array.sources(found.model),
                        {"npu": report.estimate(found, target.npu)},
                        report.placed(found, graph))

    def host_programs(self) -> HostPrograms:
        """UsageError: there is none."""
        raise UsageError(f"an ethos_u bundle does not run on this machine: {_FIRMWARE}")

    def device_files(self, triple: str) -> tuple[Path, ...]:
        """UsageError: a microcontroller has no files."""
        raise UsageError(f"an ethos_u bundle is not deployed to a board: {_FIRMWARE}")


PLUGIN = EthosU()
