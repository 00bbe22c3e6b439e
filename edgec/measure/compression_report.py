"""The report of a compression: first what became of the model, then every step that proves it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from edgec.measure.for_people import duration, size
from edgec.measure.page import page, table
from edgec.measure.plots import tradeoff

Document = dict[str, Any]
_LIMITS: Mapping[str, Callable[[float], str]] = {
    "drop": lambda v: f"at most {100 * v:g} points lost on validation",
    "bytes": lambda v: f"{size(int(v))}", "latency_us": lambda v: f"{duration(v)} on the target",
    "worst_latency_us": lambda v: f"{duration(v)} at worst", "energy_uj": lambda v: f"{v:g} µJ",
    "bit_ops_ratio": lambda v: f"{v:g}x fewer BitOps"}
STYLE = """.axes td:nth-child(n+2) { font-variant-numeric: tabular-nums; white-space: nowrap; }
.point { fill: var(--soft); } .point.best { fill: var(--good); } .point.float { fill: var(--ink); }
.point.broken { fill: none; stroke: var(--bad); }"""


def render(document: Document) -> str:
    """The page for the result.json of `edgec compress`."""
    title = f"edgec compress: {document['model']}"
    if document["target"]:
        title += f" for {document['target']}"
    return page(title, "\n".join((
        _verdict(document), "<h2>What became of the model</h2>", _axes(document),
        tradeoff(_points(document), "bytes of the artifact", document["metric"]),
        "<h2>What every step did</h2>", _steps(document),
        "<h2>What it gets right, and where it got worse</h2>", _robustness(document),
        _classes(document), "<h2>All candidates</h2>", _candidates(document),
        "<h2>How it was made</h2>", _made(document))), STYLE)


def _verdict(document: Document) -> str:
    before, after = document["before"], document["after"]
    drop = before["validation"] - after["validation"]
    old, new = before["cost"], after["cost"]
    limits = "; ".join(_LIMITS[name](value) for name, value in document["limits"].items()
                       if value is not None) or "none"
    return (f'<p><span class="valid">All limits are met</span> (limits: {escape(limits)}). '
            f"{old['bytes'] / new['bytes']:.1f}x fewer bytes and "
            f"{old['bit_ops'] / max(1, new['bit_ops']):.0f}x fewer BitOps for {_points_of(drop)} "
            f"of {escape(document['metric'])} on validation.</p>" + _unjudged(document)
            + _forgotten(document))


def _unjudged(document: Document) -> str:
    names = ", ".join(map(escape, document["unjudged"]))
    return names and (f'<p><span class="invalid">Not judged</span>: {names}. Validation has no '
                      "sample of these classes, so no limit guards them. Give some.</p>")


def _forgotten(document: Document) -> str:
    """Classes that the float model knows and the compressed one hardly: no mean shows them."""
    before, after = document["before"]["classes"], document["after"]["classes"]
    lost = [f"{_class(document, c)} ({before[c]:.0%} → {after[c]:.0%})" for c in after
            if after[c] < before[c] / 2]
    return "" if not lost else (
        '<p><span class="invalid">Hardly recognised any more</span>: '
        f"{', '.join(lost)}. More epochs, or weaker strengths, bring classes back.</p>")


def _class(document: Document, number: str) -> str:
    names = document["classes"]
    return escape(names[int(number)]) if int(number) < len(names) else f"class {number}"


def _points_of(drop: float) -> str:
    """A drop in points; a gain is called one."""
    return f"{100 * drop:.2f} points" if drop >= 0 else f"a gain of {-100 * drop:.2f} points"


def _axes(document: Document) -> str:
    """Before and after: accuracy with robustness, latency, memory and bytes, energy."""
    before, after = document["before"], document["after"]
    split = after["split"]
    rows = [["accuracy, validation", f"{before['validation']:.2%}", f"{after['validation']:.2%}",
             f"{100 * (after['validation'] - before['validation']):+.2f} points"]]
    if after["test"] is not None:
        rows.append(["accuracy, test (looked at once)", f"{before['test']:.2%}",
                     f"{after['test']:.2%}",
                     f"{100 * (after['test'] - before['test']):+.2f} points"])
    if len(after["corrupted"]) > 1:
        worst = min((after["corrupted"][n] - before["corrupted"][n], n)
                    for n in after["corrupted"] if n != "none")
        rows.append([f"robustness, {split}: {escape(worst[1])}",
                     f"{before['corrupted'][worst[1]]:.2%}", f"{after['corrupted'][worst[1]]:.2%}",
                     f"{100 * worst[0]:+.2f} points, the worst of {len(after['corrupted']) - 1}"])
    old, new = before["cost"], after["cost"]
    rows += [["latency", _latency(old), _latency(new), _ratio(_us(old), _us(new))],
             ["bytes of the artifact", size(old["bytes"]), size(new["bytes"]),
              _ratio(old["bytes"], new["bytes"])],
             ["memory for activations", _memory(old), _memory(new),
              _ratio(old["arena_bytes"], new["arena_bytes"])],
             ["energy", _energy(old), _energy(new), _ratio(old["energy_uj"], new["energy_uj"])]]
    score = document["composite"]
    terms = ", ".join(f"{axis} {value:+.2f}" for axis, value in score["terms"].items())
    note = ("" if score["total"] is None else
            f'<p class="caption">Score {score["total"]:.2f} = sum of log2(before / after): '
            f"{escape(terms)}. Accuracy is no part of it: limits are gates.</p>")
    return table(["", "before", "after", "change"], rows, "axes") + note


def _steps(document: Document) -> str:
    """One row per step; BitOps, MACs, bytes and latency stay four numbers."""
    score, cost = document["before"]["validation"], document["before"]["cost"]
    rows = [["float model", f"{score:.2%}", "", *_four(cost, cost), ""]]
    for tried in document["best"]["steps"]:
        stage = tried["stage"]
        options = ", ".join(f"{k}={v}" for k, v in
                            document["best"]["strengths"].get(stage["name"], {}).items())
        rows.append([escape(stage["name"]) + (f"<br><code>{escape(options)}</code>" if options
                                              else ""),
                     f"{stage['score']:.2%}", f"{100 * (stage['score'] - score):+.2f}",
                     *_four(tried["cost"], cost), f"{stage['seconds']:.0f} s"])
        score, cost = stage["score"], tried["cost"]
    refused = "".join(f"<li>{escape(r['step'])} was left out: {escape(r['reason'])}</li>"
                      for r in document["best"]["refused"])
    return (table(["after", "validation", "points", "BitOps", "MACs", "bytes", "latency",
                   "time taken"], rows, "axes") + (f"<ul>{refused}</ul>" if refused else "")
            + '<p class="caption">The factor is against the row above. BitOps: products with a '
              "weight that is not zero × bits of weight × bits of activation; float is 32 × 32. "
              "With early exits BitOps, MACs and latency are means by the share of validation "
              "that leaves at each; worst: through all of them.</p>")


def _four(cost: Document, before: Document) -> list[str]:
    pairs = [(f"{cost['bit_ops']:.3g}" + _worst(cost["worst_bit_ops"], ".3g"), before["bit_ops"],
              cost["bit_ops"]),
             (f"{cost['macs']:,}" + _worst(cost["worst_macs"], ","), before["macs"], cost["macs"]),
             (size(cost["bytes"]), before["bytes"], cost["bytes"]),
             (_latency(cost), _us(before), _us(cost))]
    return [text if old == new else f"{text}<br>{_ratio(old, new)}" for text, old, new in pairs]


def _robustness(document: Document) -> str:
    before, after = document["before"]["corrupted"], document["after"]["corrupted"]
    rows = [[escape(name), f"{before[name]:.2%}", f"{after[name]:.2%}",
             f"{100 * (after[name] - before[name]):+.2f}"] for name in after]
    return table([f"inputs ({document['after']['split']})", "float", "compressed", "points"], rows,
                 "axes")


def _classes(document: Document) -> str:
    """The classes that lost most: a mean hides what compression forgets."""
    before, after = document["before"]["classes"], document["after"]["classes"]
    if not after:
        return ""
    worst = sorted(after, key=lambda c: after[c] - before[c])[:8]
    rows = [[_class(document, c), f"{before[c]:.2%}", f"{after[c]:.2%}",
             f"{100 * (after[c] - before[c]):+.2f}"] for c in worst]
    return table([f"classes that lost most, of {len(after)}", "float", "compressed", "points"],
                 rows, "axes")


def _candidates(document: Document) -> str:
    rows = []
    for c in document["candidates"]:
        strengths = ", ".join(f"{m}.{k}={v:.3g}" if isinstance(v, float) else f"{m}.{k}={v}"
                              for m, o in c["strengths"].items() for k, v in o.items())
        cost, broken = c["cost"], "; ".join(b["limit"] for b in c["breaks"])
        verdict = (escape(c["stopped"]) or (f"breaks {broken}" if broken else
                   '<span class="valid">best</span>' if c["number"] == document["best"]["number"]
                   else "meets the limits"))
        rows.append([str(c["number"] + 1), escape(strengths) or "as the recipe says",
                     "" if c["score"] is None else f"{c['score']:.2%}",
                     *(["", "", ""] if cost is None else
                       [f"{cost['bit_ops']:.3g}", size(cost["bytes"]), _latency(cost)]), verdict])
    return table(["trial", "strengths", "validation", "BitOps", "bytes", "latency", ""], rows,
                 "axes")


def _made(document: Document) -> str:
    tools = ", ".join(f"{name} {version}" for name, version in document["tools"].items())
    inputs = ", ".join(f"{name} {digest[:16]}…" for name, digest in document["inputs"].items())
    return (f"<p>Recipe {escape(inputs)}, seed {document['seed']}; result.onnx "
            f"<code>{escape(document['result_sha256'][:16])}…</code>. {escape(tools)}. Strengths "
            "were chosen on validation samples; `edgec verify lock.json` makes the result "
            "again.</p>")


def _points(document: Document) -> list[tuple[float, float, str, str]]:
    """bytes, score, kind and title of the float model and of every whole candidate."""
    before = document["before"]
    found = [(float(before["cost"]["bytes"]), before["validation"], "float", "float model")]
    for c in document["candidates"]:
        if c["cost"] is not None and c["score"] is not None:
            kind = ("best" if c["number"] == document["best"]["number"]
                    else "broken" if c["breaks"] else "")
            found.append((float(c["cost"]["bytes"]), c["score"], kind, f"trial {c['number'] + 1}"))
    return found


def _us(cost: Document) -> float | None:
    return None if cost["latency"] is None else float(cost["latency"]["us"])


def _latency(cost: Document) -> str:
    latency = cost["latency"]
    if latency is None:
        return '<span class="missing">no target</span>'
    worst = latency["worst_us"]
    time = duration(latency["us"]) + ("" if worst is None else f", worst {duration(worst)}")
    if latency["measured"] > 0.995:
        return time
    kinds = ", ".join(f"{latency[k]:.0%} {k}" for k in ("interpolated", "estimated")
                      if latency[k] > 0.005)
    return f'{time} <span class="missing">({kinds})</span>'


def _worst(value: float | None, style: str) -> str:
    """Of a model with early exits, whose own number is a mean."""
    return "" if value is None else f", worst {value:{style}}"


def _memory(cost: Document) -> str:
    return ('<span class="missing">no target</span>' if cost["arena_bytes"] is None
            else size(cost["arena_bytes"]))


def _energy(cost: Document) -> str:
    return ('<span class="missing">not measured</span>' if cost["energy_uj"] is None
            else f"{cost['energy_uj']:.1f} µJ")


def _ratio(old: float | None, new: float | None) -> str:
    return "" if not old or not new else f"÷ {old / new:.2f}"
