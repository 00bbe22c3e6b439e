"""The graph of precedence as inline SVG: methods from left to right, edges as arcs above them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

GAP, BOX_W, BOX_H, MARGIN = 130, 96, 30, 20
STYLES = {"measured": "", "fixed": ' stroke-dasharray="6 4"',
          "impossible": ' stroke-dasharray="2 3"'}


def graph(order: Sequence[str], edges: Sequence[Mapping[str, Any]],
          dropped: Sequence[Mapping[str, Any]]) -> str:
    """The drawing: solid edges are measured, dashed ones fixed; dropped ones run below, in red."""
    place = {name: MARGIN + BOX_W // 2 + i * GAP for i, name in enumerate(order)}
    out = [edge for edge in edges if edge not in dropped]
    up, down = _height(place, out), _height(place, dropped)
    width, height = MARGIN * 2 + BOX_W + GAP * (len(order) - 1), up + BOX_H + down + 2 * MARGIN
    top = up + MARGIN
    parts = [_arc(place, edge, top, -1) for edge in out]
    parts += [_arc(place, edge, top + BOX_H, 1) for edge in dropped]
    parts += [f'<rect x="{x - BOX_W // 2}" y="{top}" width="{BOX_W}" height="{BOX_H}" rx="5" '
              f'class="box"/><text x="{x}" y="{top + 19}" text-anchor="middle">{escape(name)}'
              "</text>" for name, x in place.items()]
    label = "order of methods: " + ", then ".join(order)
    return (f'<svg class="graph" viewBox="0 0 {width} {height}" width="{width}" role="img" '
            f'aria-label="{escape(label)}"><defs><marker id="tip" viewBox="0 0 8 8" refX="7" '
            'refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" '
            f'class="tip"/></marker></defs>{"".join(parts)}</svg>')


def _height(place: Mapping[str, int], edges: Sequence[Mapping[str, Any]]) -> int:
    return max((_rise(place, edge) for edge in edges), default=0)


def _rise(place: Mapping[str, int], edge: Mapping[str, Any]) -> int:
    """How far an arc goes up: further for methods that stand further apart."""
    return 14 + abs(place[edge["second"]] - place[edge["first"]]) // 5


def _arc(place: Mapping[str, int], edge: Mapping[str, Any], y: int, way: int) -> str:
    a, b = place[edge["first"]], place[edge["second"]]
    a, b = (a + 12, b - 12) if a < b else (a - 12, b + 12)
    rise = y + way * _rise(place, edge) * 4 // 3  # a Bezier curve reaches 3/4 of its handles
    kind = "dropped" if way > 0 else edge["kind"]
    return (f'<path d="M{a} {y}C{a} {rise} {b} {rise} {b} {y + way * 2}" class="edge {kind}" '
            f'fill="none" marker-end="url(#tip)"{STYLES[edge["kind"]]}>'
            f"<title>{escape(edge['reason'])}</title></path>")
