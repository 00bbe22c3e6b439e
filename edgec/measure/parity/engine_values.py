"""Every value that a backend computes: its artifact with all tensors as outputs, run on a machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from edgec.lower.backend import Backend, require_supported
from edgec.lower.expose import expose
from edgec.lower.graph import Array, Graph
from edgec.lower.plan import plan
from edgec.measure.parity.machines import Machine
from edgec.target.target import Target


class EngineValues:
    """A graph emitted by a backend into `folder`, some files for each `OUTPUT_LIMIT` tensors.

    UnsupportedOps when the backend lacks an op of it.
    """

    def __init__(self, name: str, backend: Backend, graph: Graph, target: Target, folder: Path
                 ) -> None:
        require_supported(name, backend, graph, target)
        folder.mkdir(parents=True)
        self._parts = list(_emitted(backend, graph, target, folder))

    def run(self, machine: Machine, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Every value that a node writes, by name; EngineError."""
        values: dict[str, Array] = {}
        for part, artifact in self._parts:
            given = [inputs[name] for name in part.inputs]
            values.update(zip(part.outputs, machine.run(artifact, given, len(part.outputs)),
                              strict=True))
        return values


def _emitted(backend: Backend, graph: Graph, target: Target, folder: Path
             ) -> Iterator[tuple[Graph, Path]]:
    for number, part in enumerate(expose(graph)):
        artifact = folder / f"part_{number}_{backend.artifact}"
        artifact.write_bytes(backend.emit(part, plan(part), target))
        yield part, artifact
