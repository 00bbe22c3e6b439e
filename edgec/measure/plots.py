"""Small SVG plots for the report, drawn from plain numbers."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

WIDTH, HEIGHT, LEFT, BOTTOM = 640, 180, 56, 28


def _frame(body: str, height: int, label: str) -> str:
    return (f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(label)}">'
            f"{body}</svg>")


def _text(x: float, y: float, text: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _short(value: float) -> str:
    """A number for an axis: four digits, thousands with commas."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _axis(low: float, high: float, unit: str) -> str:
    """A horizontal axis with five marks; low and high in `unit`."""
    y = HEIGHT - BOTTOM
    parts = [f'<line class="axis" x1="{LEFT}" y1="{y}" x2="{WIDTH - 8}" y2="{y}"/>']
    for i in range(5):
        x = LEFT + (WIDTH - 8 - LEFT) * i / 4
        parts.append(_text(x, y + 18, _short(low + (high - low) * i / 4)
                           + (f" {unit}" if i == 4 else ""), "end" if i == 4 else "middle"))
    return "".join(parts)


def histogram(samples_ns: Sequence[int]) -> str:
    """How often which latency was seen; the slowest 1 % are counted in the last bar."""
    us = np.asarray(samples_ns, np.float64) / 1000
    low, high = float(us.min()), float(np.percentile(us, 99))
    high = high if high > low else low + max(low * 0.01, 0.001)
    counts, _ = np.histogram(np.minimum(us, high), bins=48, range=(low, high))
    step = (WIDTH - 8 - LEFT) / len(counts)
    top = HEIGHT - BOTTOM - 12
    bars = "".join(
        f'<rect class="bar" x="{LEFT + i * step:.1f}" y="{HEIGHT - BOTTOM - h:.1f}" '
        f'width="{step - 1:.1f}" height="{h:.1f}"/>'
        for i, n in enumerate(counts) if (h := top * float(n) / float(counts.max())) > 0)
    label = f"Histogram of {len(us)} latencies"
    most = _short(float(counts.max()))
    return (_frame(bars + _axis(low, high, "µs") + _text(LEFT - 6, 14, most, "end")
                   + _text(LEFT - 6, HEIGHT - BOTTOM, "0", "end"), HEIGHT, label)
            + f'<p class="caption">{label}; everything above the 99th percentile is in the last '
              "bar.</p>")


def timeline(samples_ns: Sequence[int], points: int = 600) -> str:
    """Latency in the order of the run: drift and throttling show here."""
    us = np.asarray(samples_ns, np.float64) / 1000
    groups = np.array_split(us, min(points, len(us)))
    middle = np.array([np.median(g) for g in groups])
    low, high = 0.0, float(np.percentile(us, 99)) * 1.15
    x = LEFT + np.linspace(0, WIDTH - 8 - LEFT, len(middle))
    y = (HEIGHT - BOTTOM) - (HEIGHT - BOTTOM - 12) * np.clip((middle - low) / (high - low), 0, 1)
    line = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    body = (f'<polyline class="line" points="{line}"/>' + _axis(0, len(us), "runs")
            + _text(LEFT - 6, 14, _short(high), "end") + _text(LEFT - 6, 28, "µs", "end")
            + _text(LEFT - 6, HEIGHT - BOTTOM, "0", "end"))
    return (_frame(body, HEIGHT, "Latency over the run")
            + '<p class="caption">Latency in the order it was measured (medians of groups).</p>')


def layer_bars(layers: Sequence[dict[str, Any]], most: int = 24) -> str:
    """The slowest layers, longest first, with kernel, GMAC/s and share of the roofline."""
    ordered = sorted(layers, key=lambda layer: -int(layer["median_ns"]))
    total = max(1, sum(int(layer["median_ns"]) for layer in layers))
    shown, rest = ordered[:most], ordered[most:]
    longest = max(1, int(shown[0]["median_ns"]))
    rows = []
    for i, layer in enumerate(shown):
        ns, y = int(layer["median_ns"]), 4 + i * 20
        rate = f", {layer['macs'] / ns:.1f} GMAC/s" if layer["macs"] and ns else ""
        if ns and "roofline_ns" in layer:
            rate += f", {layer['roofline_ns'] / ns:.0%} of peak"
        width = 230 * ns / longest
        name = layer["name"] if len(layer["name"]) <= 34 else "…" + layer["name"][-33:]
        rows.append(f'<g><title>{escape(layer["name"])}</title>'
                    + _text(228, y + 12, name, "end")
                    + f'<rect class="bar" x="234" y="{y}" width="{width:.1f}" height="15"/>'
                    + _text(238 + width, y + 12,
                            f"{ns / 1000:.1f} µs {ns / total:.0%}{rate} {layer['kernel']}",
                            "start") + "</g>")
    caption = f"{len(layers)} layers, {total / 1000:.1f} µs together"
    if rest:
        caption += f"; {len(rest)} more take {sum(int(r['median_ns']) for r in rest) / total:.0%}"
    return (_frame("".join(rows), 8 + 20 * len(shown), "Time by layer")
            + f'<p class="caption">{caption}.</p>')


def tradeoff(points: Sequence[tuple[float, float, str, str]], across: str, up: str) -> str:
    """Points (x, y, kind, title): x on a scale of factors; kinds float and best are named."""
    logs = np.log10([x for x, _, _, _ in points])
    ys = np.array([y for _, y, _, _ in points])
    low, high = logs.min() - 0.1, logs.max() + 0.1
    margin = max(0.002, 0.05 * float(np.ptp(ys)))
    bottom, top = ys.min() - margin, ys.max() + margin
    marks = []
    for i, (x, y, kind, title) in enumerate(points):
        px = LEFT + (WIDTH - 8 - LEFT) * (logs[i] - low) / (high - low)
        py = 12 + (HEIGHT - BOTTOM - 24) * (top - y) / (top - bottom)
        marks.append(f'<g><title>{escape(title)}: {_short(x)}, {y:.4f}</title><circle '
                     f'class="point {kind}" cx="{px:.1f}" cy="{py:.1f}" r="5"/>'
                     + (_text(px, py - 9, kind) if kind in ("float", "best") else "") + "</g>")
    axis = [f'<line class="axis" x1="{LEFT}" y1="{HEIGHT - BOTTOM}" x2="{WIDTH - 8}" '
            f'y2="{HEIGHT - BOTTOM}"/>']
    for i in range(5):
        x = LEFT + (WIDTH - 8 - LEFT) * i / 4
        axis.append(_text(x, HEIGHT - BOTTOM + 18, _short(10 ** (low + (high - low) * i / 4)),
                          "end" if i == 4 else "middle"))
    axis += [_text(LEFT - 6, 18, f"{top:.3f}", "end"),
             _text(LEFT - 6, HEIGHT - BOTTOM, f"{bottom:.3f}", "end")]
    return (_frame("".join(axis + marks), HEIGHT, f"{up} against {across}")
            + f'<p class="caption">{escape(up)} on validation against {escape(across)}, on a scale '
              "of factors: every candidate that went to its end; hollow ones break a limit.</p>")
