"""What a backend is: the contract of every module in edgec.lower.backends.

A backend turns the integer graph into one file. It is pure: no files, no clock, no randomness; the
same graph, plan and target give the same bytes, and the graph is left as it was. Its work is
judged by the references of the ops (tests/contract/test_backends.py).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from edgec import registry
from edgec.errors import UnsupportedOps, UsageError
from edgec.lower.graph import Graph, Node, Tensor
from edgec.lower.plan import Plan
from edgec.target.target import Target
from edgec.target.toolchain import host_triple

PACKAGE = "edgec.lower.backends"
Pass = Callable[[Graph], Graph]
# The option of backends that start another compiler: seconds that it may take.
COMPILE_TIMEOUT, COMPILE_TIMEOUT_S = "compile-timeout", 1200.0


@dataclass(frozen=True)
class Site:
    """A node with its tensors; None = absent optional input."""

    node: Node
    inputs: tuple[Tensor | None, ...]
    outputs: tuple[Tensor, ...]

    @property
    def attributes(self) -> Any:
        """The node's attributes."""
        return self.node.attributes

    @property
    def x(self) -> Tensor:
        """The first input."""
        return self.input(0)

    @property
    def y(self) -> Tensor:
        """The first output."""
        return self.outputs[0]

    def input(self, index: int) -> Tensor:
        """An input that must be there."""
        tensor = self.inputs[index]
        assert tensor is not None
        return tensor

    @classmethod
    def of(cls, node: Node, tensors: Mapping[str, Tensor]) -> Site:
        """The site of `node` in a graph with `tensors`."""
        return cls(node, tuple(tensors[n] if n else None for n in node.inputs),
                   tuple(tensors[n] for n in node.outputs))


@dataclass(frozen=True)
class HostPrograms:
    """Words that start a program on this machine; the artifact and options follow.

    run takes the arguments of edgec-run, bench those of edgec-bench, and prints the same JSON.
    """

    run: tuple[str, ...]
    bench: tuple[str, ...]


@dataclass(frozen=True)
class Compiled:
    """What a backend makes of a graph.

    files: what belongs beside the artifact in the bundle, by path. report: what lowering.json is to
    say of it. placed: for a node that a compiler behind the backend placed, where and why.
    """

    artifact: bytes
    files: Mapping[str, bytes] = field(default_factory=dict)
    report: Mapping[str, Any] = field(default_factory=dict)
    placed: Mapping[str, tuple[str, str]] = field(default_factory=dict)


class Backend(ABC):
    """One way to run a graph. The class docstring's first line is shown to the user."""

    artifact: ClassVar[str]  # file name in the bundle: "model.edgec"
    exact: ClassVar[bool] = True  # int8 results have the very bytes of the references
    machine_code: ClassVar[bool] = False  # an artifact runs on its target's architecture only
    plans_memory: ClassVar[bool] = True  # `emit` places activations as the plan says

    options: ClassVar[tuple[str, ...]] = ()  # that `configured` takes

    def configured(self, options: Mapping[str, str]) -> Backend:
        """The backend with options of its own, by name; UsageError for one that it has not."""
        for name in sorted(set(options) - set(self.options)):
            raise UsageError(f"this backend has no option {name!r}; it has "
                             f"{', '.join(self.options) or 'none'}.")
        return self

    @abstractmethod
    def supports(self, site: Site, target: Target) -> Iterator[str]:
        """The broken rules, each a sentence for the user; none means that `emit` can do it."""

    def conditions(self, op: str) -> tuple[str, ...] | None:
        """For the table of supported ops: the rules that `supports` has for an op, whatever the
        node; None when it lacks the op."""
        return ()

    def passes(self, target: Target) -> tuple[Pass, ...]:
        """Graph passes that `emit` wants to have run, in order, one line each why."""
        return ()

    def weights(self, site: Site, target: Target) -> str:
        """How `emit` stores the weights of a node and why, where it has a choice; else empty."""
        return ""

    @abstractmethod
    def emit(self, graph: Graph, plan: Plan, target: Target) -> bytes:
        """The artifact, for a graph whose every node is supported."""

    def compile(self, graph: Graph, plan: Plan, target: Target) -> Compiled:
        """The artifact with what comes with it; the artifact alone, unless a backend has more."""
        return Compiled(self.emit(graph, plan, target))

    @abstractmethod
    def host_programs(self) -> HostPrograms:
        """What runs and measures the artifact on this machine.

        BuildError, MissingExtra; UsageError when it runs on no machine like this one.
        """

    def device_files(self, triple: str) -> tuple[Path, ...]:
        """What `deploy` brings with the artifact to a board: edgec-run, edgec-bench and the
        libraries (named *.so*) that they load. None: nothing runs the artifact there.

        BuildError, MissingExtra; UsageError when it is for no operating system.
        """
        return ()


def require_machine(name: str, triple: str, artifact: str) -> None:
    """UsageError unless an artifact that backend `name` made for `triple` can run here."""
    here = host_triple()
    if load_backend(name).machine_code and triple != here:
        raise UsageError(f"{artifact} is machine code for {triple} and this machine is {here}. "
                         f"Run it on a board, or lower for a target with triple {here}.")


def load_backend(name: str) -> Backend:
    """A backend by the name of its module; UnknownName."""
    backend: Backend = registry.load(PACKAGE, name, "backend")
    return backend


def backend_names() -> tuple[str, ...]:
    """All backends, sorted."""
    return registry.names(PACKAGE)


def require_supported(name: str, backend: Backend, graph: Graph, target: Target) -> None:
    """UnsupportedOps that lists every node with a broken rule."""
    broken = [(node.name, f"{node.op}: {rule}") for node in graph.nodes
              for rule in backend.supports(Site.of(node, graph.tensors), target)]
    if broken:
        others = [other for other in target.backends if other != name]
        raise UnsupportedOps(f"the backend {name!r}", broken, "Write them with other operators" + (
            f", or lower with another backend: {', '.join(others)}." if others else "."))
