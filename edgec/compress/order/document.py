"""order.json: the order and all the evidence for it, as plain values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from itertools import combinations
from typing import Any

from edgec.compress.order.judge import DEARER, TIE, Verdict
from edgec.compress.order.order import Found
from edgec.compress.order.perform import JUDGED, THREADS
from edgec.compress.order.plan import Planner
from edgec.compress.order.precedence import FIXED, IMPOSSIBLE, Edge
from edgec.compress.recipe import PRIOR, Recipe
from edgec.provenance import tool_versions

VERSION = 1
HOLDS, REVERSED = "holds", "the other way round"


def document(recipe: Recipe, recipe_sha256: str, found: Found) -> dict[str, Any]:
    """What `found` says about the recipe."""
    planner = Planner(recipe)
    return {
        "version": VERSION, "order": list(found.order), "prior": list(found.prior),
        "recipe_sha256": recipe_sha256, "bench_sha256": found.bench_sha256,
        "compare": asdict(planner.options), "recovery_epochs": planner.recovery,
        "seeds": list(planner.seeds), "judged_share_of_validation": JUDGED,
        "metric": recipe.task.get("metric", "top1"),
        "edges": [_edge(edge) for edge in found.edges],
        "dropped": [_edge(edge) for edge in found.sorted.dropped],
        "pairs": [verdict.to_json() for verdict in found.pairs],
        "checks": [{"kind": c.kind, "first": list(c.names), "second": list(c.other),
                    "verdict": None if c.verdict is None else c.verdict.to_json()}
                   for c in found.checks],
        "published": published(found), "cost": asdict(found.cost),
        "tools": tool_versions(), "threads": THREADS}


def published(found: Found) -> list[Mapping[str, str]]:
    """For every two methods that the published order knows: whether it holds here."""
    edges = {frozenset((e.first, e.second)): e for e in found.edges}
    verdicts = {frozenset(v.first): v for v in found.pairs}
    rows: list[Mapping[str, str]] = []
    for a, b in combinations([name for name in found.prior if name in PRIOR], 2):
        both = frozenset((a, b))
        rows.append({"first": a, "second": b, "here": _here(a, edges.get(both),
                                                            verdicts.get(both))})
    return rows


def _here(a: str, edge: Edge | None, verdict: Verdict | None) -> str:
    if edge is not None:
        if edge.kind == FIXED:
            return f"fixed, not measured: {edge.reason}"
        if edge.kind == IMPOSSIBLE:
            return edge.reason
        return HOLDS if edge.first == a else REVERSED
    return DEARER if verdict is not None and verdict.winner == DEARER else TIE


def _edge(edge: Edge) -> dict[str, Any]:
    """An edge; its certainty is None where it was not measured, or where nothing varied."""
    made = asdict(edge)
    return made | {"certainty": edge.certainty if math.isfinite(edge.certainty) else None}
