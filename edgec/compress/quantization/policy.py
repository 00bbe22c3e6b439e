"""Decides which units run in int8, and says why the others do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import onnx_ir as ir

from edgec.compress.patterns import excluded
from edgec.compress.quantization.units import Unit

KEEP_FLOAT = "edgec.keep_float"  # a node's metadata: the reason why it must stay in float
OPS = ("auto", "linear", "all")
FOLLOWERS = ("share", "concat")
_TRANSFORMER = ("softmax", "layer_norm", "matmul")


def float_reasons(units: Sequence[Unit], ops: str, exclude: Sequence[str],
                  decided: Mapping[str, str]) -> dict[str, str]:
    """Why a unit stays float, by unit name; a unit that is not in the result runs in int8.

    ops: "all" is everything that has an int8 form. "linear" is Conv, Gemm and MatMul. "auto" is
    "linear" for a graph with layer normalization, whose residual stream has outlier channels that
    8 bits per tensor cannot hold (Bondarenko et al. 2021, arXiv 2109.12948, section 3), and
    else everything but softmax. exclude: names of nodes, `*` and `?` allowed. decided: reasons
    found elsewhere, by unit name.
    Units that only move values follow their neighbours, so that no value is converted for them.
    """
    reasons: dict[str, str] = {}
    has_layer_norm = any(u.op == "LayerNormalization" for u in units)
    chosen = "linear" if ops == "auto" and has_layer_norm else ops
    for unit in units:
        nodes = [str(node.name) for node in unit.nodes]
        if why := (unit.why or unit.nodes[0].metadata_props.get(KEEP_FLOAT)
                   or decided.get(unit.name) or excluded(exclude, nodes)
                   or _by_policy(unit, chosen, ops)):
            reasons[unit.name] = why
    for name in _lonely(units, reasons):
        reasons[name] = "its neighbours are float"
    return reasons


def _by_policy(unit: Unit, chosen: str, ops: str) -> str:
    if chosen == "all" or unit.kind in ("linear", *FOLLOWERS):
        return ""
    if chosen == "linear":
        cause = " (the graph has layer normalization)" if ops == "auto" else ""
        return f"ops={ops} quantizes linear layers only{cause}"
    return f"ops=auto keeps {unit.op} in float" if unit.kind in _TRANSFORMER else ""


def _lonely(units: Sequence[Unit], reasons: Mapping[str, str]) -> list[str]:
    """Followers that no int8 tensor reaches: neither from their inputs nor from all consumers."""
    made_by = {output: unit for unit in units for output in unit.outputs}
    readers = consumers(units)
    working = {u.name for u in units if u.name not in reasons and u.kind not in FOLLOWERS}
    followers = [u for u in units if u.name not in reasons and u.kind in FOLLOWERS]

    def joins(unit: Unit) -> bool:
        before = [made_by[v].name in working for v in unit.inputs if v in made_by]
        after = [u.name in working for v in unit.outputs for u in readers.get(v, [])]
        return (bool(before) and all(before)) or (bool(after) and all(after))

    while joined := [u for u in followers if u.name not in working and joins(u)]:
        working.update(u.name for u in joined)
    return [u.name for u in followers if u.name not in working]


def consumers(units: Sequence[Unit]) -> dict[ir.Value, list[Unit]]:
    """The units that read each value from outside of themselves."""
    found: dict[ir.Value, list[Unit]] = {}
    for unit in units:
        inner = {output for node in unit.nodes for output in node.outputs}
        for value in {v for node in unit.nodes for v in node.inputs if v is not None} - inner:
            found.setdefault(value, []).append(unit)
    return found
