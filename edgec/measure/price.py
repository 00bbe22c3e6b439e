"""What a model costs on a target: lowered for it, with the time from a table of layer costs."""

from __future__ import annotations

from dataclasses import replace

import onnx_ir as ir

from edgec.compress.cost import Cost, Price, paper_cost
from edgec.lower.backend import load_backend
from edgec.lower.lower import lower_for
from edgec.lower.plan import plan
from edgec.measure.costs import CostTable
from edgec.model.exits import read_exits, run_shares
from edgec.target.target import Target

BACKEND = "native"  # the engine whose layers the tables hold


def price_for(target: Target | None, table: CostTable) -> Price:
    """The price on a target; without one only what needs none."""
    if target is None:
        return paper_cost

    def price(model: ir.Model) -> Cost:
        backend = load_backend(BACKEND)
        graph = lower_for(model, backend, target)
        planned = plan(graph)
        return replace(paper_cost(model), bytes=len(backend.emit(graph, planned, target)),
                       arena_bytes=planned.arena_bytes,
                       latency=table.latency(graph, backend, target,
                                             run_shares(read_exits(model))))
    return price
