"""What `edgec compress` prints: the model before and after, and what each step did."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from edgec.cli import show
from edgec.measure.costs import CostTable
from edgec.measure.for_people import duration, size

Document = dict[str, Any]


def result(out: Console, document: Document) -> None:
    """Before, after every step of the best candidate, and the test scores."""
    before, after, best = document["before"], document["after"], document["best"]
    numbers = ("validation", "BitOps", "MACs", "bytes", "latency", "energy")
    table = show.table("", *numbers, right=numbers, title=f"{document['metric']} and cost, the "
                       f"best of {len(document['candidates'])} tried")
    table.add_row("float", f"{before['validation']:.4f}", *_costs(before["cost"]))
    for tried in best["steps"]:
        table.add_row(tried["stage"]["name"], f"{tried['stage']['score']:.4f}",
                      *_costs(tried["cost"]))
    out.print(table)
    for line in _notes(after["cost"]):
        out.print(line, markup=False)
    for refused in best["refused"]:
        out.print(f"{refused['step']} was left out: {refused['reason']}", markup=False)
    if after["test"] is not None:
        out.print(f"test {document['metric']}: {after['test']:.4f}, float {before['test']:.4f}")


def _costs(cost: Document) -> list[str]:
    latency = cost["latency"]
    time = "no target" if latency is None else duration(latency["us"])
    rough = latency is not None and latency["estimated"] > 0.005
    energy = cost["energy_uj"]
    return [show.amount(cost["bit_ops"]), show.amount(cost["macs"]), size(cost["bytes"]),
            ("~" if rough else "") + time, "–" if energy is None else f"{energy:.1f} µJ"]


def _notes(cost: Document) -> list[str]:
    """What is not a measurement."""
    latency = cost["latency"]
    found = [] if cost["energy_uj"] is not None else ["energy: not measured"]
    if latency is not None and latency["measured"] < 0.995:
        found.append(f"latency: {latency['measured']:.0%} of it from measured layers, "
                     f"{latency['interpolated']:.0%} between measured ones, "
                     f"{latency['estimated']:.0%} estimated (~). `edgec profile` measures them.")
    return found


def table(out: Console, costs: CostTable) -> None:
    """What a table of costs holds."""
    machine = costs.machine
    if machine is not None:
        out.print(f"{len(costs.entries)} layers, measured on {machine.board} ({machine.target}, "
                  f"{machine.isa}, {machine.threads} thread)", markup=False)
