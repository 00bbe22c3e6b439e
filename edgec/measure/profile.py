"""Fills a table of layer costs: models of a few layers each, timed by the engine on a board."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from edgec.deploy.boards import Board
from edgec.deploy.transport import Transport
from edgec.errors import DeployError, MeasureError, UsageError
from edgec.lower.backend import Backend, Site, load_backend
from edgec.lower.graph import Graph
from edgec.lower.plan import plan
from edgec.measure.bench import BenchOptions, Program, measure
from edgec.measure.costs import CostTable, Entry, Machine, read_table, write_table
from edgec.measure.layer_key import LayerKey, model_of, timed_nodes
from edgec.target.target import Target
from edgec.target.toolchain import build_engine

LAYERS, BYTES = 24, 16 << 20  # of one model: few enough that a board holds them
BENCH = BenchOptions(0.05, 0.2, 20, 64, energy=False)
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Layer:
    """A layer to be timed; the site is one of those with its key."""

    key: LayerKey
    site: Site


def layers_of(graph: Graph, backend: Backend, target: Target) -> dict[str, Layer]:
    """The layers of a graph that was lowered for `target`, by their key's text."""
    found: dict[str, Layer] = {}
    for node in timed_nodes(graph):
        site = Site.of(node, graph.tensors)
        key = LayerKey.of(site, backend, target)
        found.setdefault(key.text, Layer(key, site))
    return found


class Profiler:
    """One session on one board. The table's file is written after every model of layers."""

    def __init__(self, transport: Transport, board: Board, target: Target, path: Path) -> None:
        self._transport, self._board, self._target, self._path = transport, board, target, path
        self._engine = build_engine(target.triple)
        self._backend = load_backend("native")
        self._folder = f"{board.root}/profile"
        self.table = read_table(path, target.name) if path.is_file() else CostTable()

    def measure(self, layers: Mapping[str, Layer], progress: Progress) -> CostTable:
        """Measures those that the table lacks. MeasureError when the board throttled; what was
        measured before stays, and the next call goes on from there.
        """
        if self.table.machine is not None:
            self._refuse_other(self.table.machine)
        missing = [layers[text] for text in self.table.missing(layers)]
        progress(f"{len(layers)} layers, {len(missing)} not measured yet")
        if not missing:
            return self.table
        self._install()
        try:
            done = 0
            for part in batches(missing):
                self._measure(part)
                done += len(part)
                progress(f"{done} of {len(missing)} measured")
        finally:
            self._transport.run(["rm", "-rf", self._folder], self._board.command_timeout_s)
        return self.table

    def _engine_id(self) -> str:
        return self._engine.bench.parent.name.rsplit("-", 1)[-1]

    def _refuse_other(self, machine: Machine) -> None:
        for what, old, new in (("engine", machine.engine, self._engine_id()),
                               ("board", machine.board, self._board.name)):
            if old != new:
                raise UsageError(f"the table {self._path} holds times of the {what} {old}; this is "
                                 f"{new}. Times of both do not go together: name another file.")

    def _install(self) -> None:
        self._call(["mkdir", "-p", self._folder])
        self._transport.put(self._engine.bench, f"{self._folder}/edgec-bench",
                            self._board.command_timeout_s)
        self._call(["chmod", "+x", f"{self._folder}/edgec-bench"])

    def _call(self, words: Sequence[str]) -> None:
        done = self._transport.run(words, self._board.command_timeout_s)
        if done.exit_code != 0:
            raise DeployError(f"{self._transport.where}: {' '.join(words)} failed: "
                              f"{done.stderr.decode(errors='replace').strip()[:300]}")

    def _measure(self, layers: Sequence[Layer]) -> None:
        """One model of these layers, and into the table."""
        graph = model_of([layer.site for layer in layers], "layers")
        content = self._backend.emit(graph, plan(graph), self._target)
        remote = f"{self._folder}/layers.edgec"
        with TemporaryDirectory(prefix="edgec-profile-") as folder:
            local = Path(folder) / "layers.edgec"
            local.write_bytes(content)
            self._transport.put(local, remote, self._board.command_timeout_s)
        found = measure(self._transport, Program((f"{self._folder}/edgec-bench",), remote), BENCH)
        if found.invalid_reasons:
            raise MeasureError(f"{self._transport.where}: these times are not the board's: "
                               f"{'; '.join(found.invalid_reasons)}. Mend that and start again; "
                               f"{self._path} keeps what was measured.")
        entries = self._entries(layers, {x["name"]: x["median_ns"] for x in found.raw["layers"]})
        machine = Machine(self._target.name, self._board.name, self._engine_id(),
                          found.raw["isa"], found.raw["threads"])
        self.table = CostTable(machine, {**self.table.entries, **entries})
        write_table(self.table, self._path)

    def _entries(self, layers: Sequence[Layer], ns: Mapping[str, int]) -> dict[str, Entry]:
        """Times without what reading the clock takes, which the layer that does nothing shows."""
        clock = ns["clock"]
        return {layer.key.text: Entry(max(0, ns[str(i)] - clock) / 1000, layer.key.family,
                                      layer.key.work) for i, layer in enumerate(layers)}


def batches(layers: Sequence[Layer]) -> Iterator[list[Layer]]:
    """In parts of at most LAYERS and BYTES, but at least one layer."""
    part: list[Layer] = []
    size = 0
    for layer in layers:
        if part and (len(part) == LAYERS or size + layer.key.nbytes > BYTES):
            yield part
            part, size = [], 0
        part.append(layer)
        size += layer.key.nbytes
    if part:
        yield part
