"""order.html: the order, the matrix of pairs, the evidence for every edge; one file, no script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from edgec.compress.order.document import HOLDS, REVERSED
from edgec.compress.order.drawing import graph
from edgec.compress.order.judge import DEARER, FIRST, SECOND, TIE

STYLE = """.box { fill: var(--paper); stroke: var(--ink); } .edge { stroke: var(--accent);
stroke-width: 1.6; } .edge.fixed, .edge.impossible { stroke: var(--soft); }
.edge.dropped { stroke: var(--bad); } .tip { fill: var(--soft); } .matrix td { min-width: 130px; }
.before { color: var(--good); } .after { color: var(--bad); } .small { font-size: 12px;
color: var(--soft); } svg.graph { width: auto; max-width: 100%; }"""
Document = Mapping[str, Any]


def render(document: Document, style: str) -> str:
    """The page for an order.json; `style` is the CSS of edgec's reports."""
    title = "Order of compression: " + " → ".join(document["order"])
    return (f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{escape(title)}</title>\n<style>\n{style}{STYLE}</style></head>\n"
            f"<body><main>\n<h1>{escape(title)}</h1>\n{_summary(document)}\n"
            f"<h2>What precedes what</h2>\n"
            f"{graph(document['order'], document['edges'], document['dropped'])}\n"
            f"{_edges(document)}\n<h2>Every pair, both ways</h2>\n{_matrix(document)}\n"
            f"{_levels(document)}\n<h2>Does the order hold as a whole?</h2>\n{_checks(document)}\n"
            f"<h2>The published order</h2>\n{_published(document)}\n"
            f"<h2>How it was measured</h2>\n{_how(document)}\n</main></body></html>\n")


def interval(effect: Mapping[str, float] | None, sign: int = 1) -> str:
    """An effect in points of the metric with its interval: +0.82 (+0.31 to +1.33)."""
    if effect is None:
        return ""
    low, high = sorted((sign * effect["low"], sign * effect["high"]))
    return f"{100 * sign * effect['mean']:+.2f} ({100 * low:+.2f} to {100 * high:+.2f})"


def _summary(document: Document) -> str:
    counts = {kind: sum(edge["kind"] == kind for edge in document["edges"])
              for kind in ("measured", "fixed", "impossible")}
    ties = sum(pair["winner"] == TIE for pair in document["pairs"])
    cost = document["cost"]
    return (f"<p>{_verdict(document)}</p>\n<p>{counts['measured']} edges measured, "
            f"{counts['fixed']} fixed by the methods, "
            f"{counts['impossible']} where the other order cannot be done, ties: {ties}, "
            f"{len(document['dropped'])} dropped because of a cycle. {cost['runs']} runs, "
            f"{cost['hours']:.2f} core hours. Effects are in points of "
            f"{escape(document['metric'])}.</p>")


def _verdict(document: Document) -> str:
    """What it comes to, for those who read one sentence; and what would make it surer."""
    found = [pair for pair in document["pairs"] if pair["effect"] is not None]
    sure = [pair for pair in found if pair["winner"] in (FIRST, SECOND)]
    if sure:
        return f"The order matters for {len(sure)} of {len(found)} pairs that were measured."
    if not found:
        return "No pair could be measured both ways: the methods themselves fix the order."
    half = max(abs(p["effect"]["high"] - p["effect"]["low"]) for p in found) / 2
    return (f"No difference between orders was shown, so the published order is taken. Differences "
            f"below {100 * half:.1f} points could not have been seen: more seeds ([compare] seeds) "
            "narrow that.")


def _edges(document: Document) -> str:
    if not document["edges"]:
        return "<p>No pair is ordered: all are ties, and the published order decides.</p>"
    rows = [[_chain((e["first"], e["second"])), e["kind"], escape(e["reason"]),
             "" if e["certainty"] is None else f"{e['certainty']:.1f}",
             "dropped: the weakest of a cycle" if e in document["dropped"] else ""]
            for e in document["edges"]]
    return _table(["edge", "kind", "evidence", "effect / SE", ""], rows)


def _matrix(document: Document) -> str:
    """Row before column: what it scores more than column before row."""
    names = document["order"]
    cells = {}
    for pair in document["pairs"]:
        for (a, b), sign in ((tuple(pair["first"]), 1), (tuple(pair["second"]), -1)):
            cells[a, b] = _cell(pair, sign)
    for edge in document["edges"]:
        if edge["kind"] != "measured":
            cells[edge["first"], edge["second"]] = (
                f'{edge["kind"]}<br><span class="small">{escape(edge["reason"])}</span>')
    rows = [[f"<b>{escape(a)}</b>", *(cells.get((a, b), "") for b in names)] for a in names]
    return (_table(["row before column", *map(escape, names)], rows, "matrix")
            + '<p class="caption">The score of row before column minus that of column before row, '
            "over all strengths and seeds, with its interval.</p>")


def _cell(pair: Mapping[str, Any], sign: int) -> str:
    if pair["effect"] is None:
        return "" if (pair["winner"] == FIRST) == (sign > 0) else "cannot be done"
    kind = {FIRST: "before" if sign > 0 else "after", SECOND: "after" if sign > 0 else "before"}
    verdict = {TIE: "tie", DEARER: DEARER}.get(pair["winner"], "")
    return (f'<span class="{kind.get(pair["winner"], "")}">{interval(pair["effect"], sign)}</span>'
            f'<br><span class="small">{verdict}</span>')


def _levels(document: Document) -> str:
    rows = []
    for pair in document["pairs"]:
        for level in pair["levels"]:
            chosen = "; ".join(f"{name} " + ", ".join(f"{k} {v}" for k, v in options.items())
                               for name, options in level["strengths"].items() if options)
            rows.append([_chain(pair["first"]), escape(chosen) or "as in the recipe",
                         *(f"{100 * score:.2f}" for score in level["scores"]),
                         interval(level["effect"]),
                         " / ".join(f"{100 * (cost - 1):+.1f} %" for cost in pair["costs"])])
    return _table(["pair", "strengths", "this order", "the other", "difference",
                   "parameters / MACs"], rows)


def _checks(document: Document) -> str:
    rows = []
    for check in document["checks"]:
        verdict = check["verdict"]
        name = f"{_chain(check['first'])} against {check['kind']}"
        if check["kind"] == "in two passes":
            name = f"{escape(check['second'][0])} in two gentler passes against one"
        if verdict is None:
            rows.append([name, "the same order" if check["first"] == check["second"]
                         else "has no second pass", "", "", ""])
        elif verdict["effect"] is None:
            rows.append([name, f"cannot be done: {escape(verdict['error'])}", "", "", ""])
        else:
            says = {FIRST: "better", SECOND: "worse"}.get(verdict["winner"], verdict["winner"])
            rows.append([name, says, interval(verdict["effect"]), interval(verdict["test"]),
                         " / ".join(f"{100 * (cost - 1):+.1f} %" for cost in verdict["costs"])])
    return _table(["", "says", "on validation", "on test", "parameters / MACs"], rows)


def _published(document: Document) -> str:
    rows = [[_chain((row["first"], row["second"])),
             {HOLDS: '<span class="before">holds</span>',
              REVERSED: f'<span class="after">{REVERSED}</span>'}.get(
                  row["here"], escape(row["here"]))] for row in document["published"]]
    return ("<p>arXiv 2403.17447: distill, prune, quantize, exit. Our additions: low rank before "
            "pruning, sparsify before quantize, qat behind it.</p>"
            + _table(["published", "here"], rows))


def _how(document: Document) -> str:
    compare = document["compare"]
    facts = {
        "seeds": ", ".join(map(str, document["seeds"])) + ", the same for both orders",
        "an edge": f"interval ({compare['confidence']:.0%}, Student's t over seeds and samples) "
                   f"without 0, and at least {100 * compare['min_effect']:.2f} points; else a tie",
        "judged by": f"{document['judged_share_of_validation']:.0%} of the validation split, which "
                     "no method sees; test only for whole orders and second passes",
        "training": "both orders train for equally many epochs; behind a method that does not "
                    f"train come {document['recovery_epochs']:g} epochs of fine-tuning, except "
                    "when it quantizes",
        "equal cost": "a better order whose models have over "
                      f"{compare['cost_tolerance']:.0%} more parameters or MACs gives no edge",
        "cost": f"{document['cost']['runs']} runs, {document['cost']['epochs']:g} epochs, "
                f"{document['cost']['hours']:.2f} core hours, {document['threads']} thread each",
        "tools": ", ".join(f"{name} {version}" for name, version in document["tools"].items()),
        "hashes": f"recipe {document['recipe_sha256']}, model and data {document['bench_sha256']}"}
    return _table(["", ""], [[escape(k), escape(v)] for k, v in facts.items()], "facts")


def _chain(names: Sequence[str]) -> str:
    return " → ".join(map(escape, names))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], kind: str = "") -> str:
    top = "".join(f"<th>{name}</th>" for name in head)
    body = "\n".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return (f'<div class="wide"><table class="{kind}"><tr>{top}</tr>\n{body}</table></div>')
