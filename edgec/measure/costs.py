"""The table of measured layer costs of one board, and what it says about a whole model.

A layer that is in the table costs what was measured. One that is not, but whose family (the same
op, attributes, types and image) was measured with less and with more work, at most four times
apart, lies on the line between the two. Any other is a roofline guess, and called estimated.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from edgec.atomic import write_file
from edgec.compress.cost import Latency
from edgec.errors import FormatError, UsageError
from edgec.lower.backend import Backend, Site
from edgec.lower.graph import Graph
from edgec.measure.layer_key import LayerKey, roofline_us, timed_nodes
from edgec.target.target import Target

SCHEMA = "edgec-costs/1"
APART = 4.0  # the most that two measurements may differ in work to be joined by a line


@dataclass(frozen=True)
class Machine:
    """What the times of a table belong to. engine: hash of the engine's build."""

    target: str
    board: str
    engine: str
    isa: str
    threads: int


@dataclass(frozen=True)
class Entry:
    """One measured layer: the median time of one run."""

    us: float
    family: str
    work: float


@dataclass(frozen=True)
class CostTable:
    """machine: None for a table in which nothing was measured."""

    machine: Machine | None = None
    entries: Mapping[str, Entry] = field(default_factory=dict)

    def with_entries(self, new: Mapping[str, Entry]) -> CostTable:
        """The table with more."""
        return replace(self, entries={**self.entries, **new})

    def missing(self, keys: Mapping[str, object]) -> list[str]:
        """Those that were not measured, in order."""
        return [key for key in keys if key not in self.entries]

    def cost(self, key: LayerKey, target: Target) -> tuple[float, str]:
        """Microseconds, and how they are known: measured, interpolated, estimated."""
        if key.text in self.entries:
            return self.entries[key.text].us, "measured"
        same = [(e.work, e.us) for e in self.entries.values() if e.family == key.family]
        below = max((p for p in same if p[0] <= key.work), default=None)
        above = min((p for p in same if p[0] >= key.work), default=None)
        if below and above and above[0] <= APART * below[0]:
            share = 0.0 if above[0] == below[0] else (key.work - below[0]) / (above[0] - below[0])
            return below[1] + share * (above[1] - below[1]), "interpolated"
        return roofline_us(key, target), "estimated"

    def latency(self, graph: Graph, backend: Backend, target: Target,
                shares: Sequence[float] = (1.0,)) -> Latency:
        """The sum over the nodes of a graph that was lowered for `target`.

        shares: of the runs that end at each early exit in the order of the graph, its end last.
        """
        parts = {"measured": 0.0, "interpolated": 0.0, "estimated": 0.0}
        reaching, worst, left = 1.0, 0.0, list(shares)
        for node in timed_nodes(graph):
            us, kind = self.cost(LayerKey.of(Site.of(node, graph.tensors), backend, target), target)
            parts[kind] += reaching * us
            worst += us
            if node.op == "exit":
                reaching -= left.pop(0)
        total = sum(parts.values())
        return Latency(total, **{kind: us / total if total else float(kind == "measured")
                                 for kind, us in parts.items()},
                       worst_us=worst if len(shares) > 1 else None)


def write_table(table: CostTable, path: Path) -> None:
    """Writes the table; the file appears whole or not at all."""
    document = {"schema": SCHEMA, "machine": table.machine and asdict(table.machine),
                "entries": {k: asdict(e) for k, e in table.entries.items()}}
    write_file(path, (json.dumps(document, indent=1) + "\n").encode())


def read_table(path: Path, target: str) -> CostTable:
    """The table in the file; FormatError when it is none, UsageError for another target's."""
    try:
        document = json.loads(path.read_text())
        if document["schema"] != SCHEMA:
            raise ValueError(f"its schema is {document['schema']!r}, expected {SCHEMA!r}")
        table = CostTable(Machine(**document["machine"]),
                          {k: Entry(**e) for k, e in document["entries"].items()})
    except OSError as error:
        raise FormatError(f"cannot read the table of costs {path}: {error.strerror}.") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise FormatError(f"{path} is not a table of layer costs ({error}). Such tables are "
                          "written by `edgec profile`.") from None
    assert table.machine is not None
    if table.machine.target != target:
        raise UsageError(f"the table {path} was measured on {table.machine.target} and the recipe "
                         f"is for {target}. Measure one with `edgec profile`.")
    return table
