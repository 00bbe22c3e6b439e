"""The HTML report: one file that opens offline, with plots drawn as SVG. No script, no network."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from edgec.measure.for_people import duration, size
from edgec.measure.page import page, table
from edgec.measure.plots import histogram, layer_bars, timeline

Document = dict[str, Any]


def render(results: Sequence[Document]) -> str:
    """The report on one or more checked result documents (see edgec.measure.results)."""
    title = "edgec report: " + ", ".join(dict.fromkeys(r["bundle"]["name"] for r in results))
    sections = "\n".join(_section(r, i) for i, r in enumerate(results))
    return page(title, f"{_overview(results)}\n{sections}")


def _us(value: float | None) -> str:
    if value is None:
        return '<span class="missing">too few samples</span>'
    return duration(value)


def _energy(result: Document) -> str:
    energy = result["energy"]
    if not energy["measured"]:
        return f'<span class="missing">not measured: {escape(energy["reason"])}</span>'
    return (f'{energy["net_j_per_inference"] * 1000:.3f} mJ net, '
            f'{energy["gross_j_per_inference"] * 1000:.3f} mJ gross')


def _accuracy(result: Document) -> str:
    found = result["accuracy"]
    if found is None:
        return '<span class="missing">not measured</span>'
    parts = []
    if found.get("accuracy") is not None:
        parts.append(f'{found["accuracy"]:.1%} (float {found["reference_accuracy"]:.1%})')
    parts.append(f'agrees with float on {found["agreement"]:.1%} of {found["count"]}')
    return ", ".join(parts)


def _verdict(result: Document) -> str:
    if result["valid"]:
        return '<span class="valid">valid</span>'
    reasons = "; ".join(escape(r) for r in result["invalid_reasons"])
    return f'<span class="invalid">invalid: {reasons}</span>'


def _overview(results: Sequence[Document]) -> str:
    head = ("Bundle", "Board", "ISA, threads", "p50", "p90", "p99", "Size", "Accuracy", "Energy",
            "Verdict")
    rows = []
    for r in results:
        cells = (escape(f'{r["bundle"]["name"]} ({r["bundle"]["backend"]})'),
                 escape(r["board"]["name"]),
                 escape(f'{r["engine"]["isa"]}, {r["engine"]["threads"]}'),
                 *_latency_cells(r),
                 size(r["bundle"]["artifact_bytes"]), _accuracy(r), _energy(r), _verdict(r))
        rows.append("<tr>" + "".join(f"<td>{c}</td>" for c in cells) + "</tr>")
    header = "".join(f"<th>{h}</th>" for h in head)
    return (f'<div class="wide"><table><thead><tr>{header}</tr></thead>'
            f'<tbody>{"".join(rows)}</tbody></table></div>')


def _latency_cells(result: Document) -> list[str]:
    """Percentiles; of a model with early exits the mean by the shares, and the worst."""
    if exits := result.get("exits"):
        return [f'{_known(exits["expected_us"])} in the mean',
                f'{_known(exits["worst_us"])} at worst', "see early exits"]
    percentiles = result["latency"]["percentiles_us"]
    return [_us(percentiles.get(p)) for p in ("p50", "p90", "p99")]


def _known(us: float | None) -> str:
    return '<span class="missing">not known</span>' if us is None else duration(us)


def _exits(exits: Document) -> str:
    """Who leaves where, how long it takes, how often rightly; the network's end last."""
    names = sorted(exits["exits"], key=lambda n: exits["exits"][n]["median_us"] or float("inf"))
    rows = [[escape(name),
             "unknown" if (row := exits["exits"][name])["share"] is None else f"{row['share']:.1%}",
             _known(row["median_us"]),
             "unknown" if row["score"] is None else f"{row['score']:.1%}"] for name in names]
    of = {"validation": "the validation samples on which the thresholds were chosen",
          "data": "the data given", "runs": "the runs measured"}[exits["shares_of"]]
    return ("<h3>Early exits</h3>"
            + table(["answered by", "share", "latency, median", "score"], rows)
            + f'<p class="caption">{_known(exits["expected_us"])} in the mean, '
              f'{_known(exits["worst_us"])} at worst. Shares and scores are of {of}.</p>')


def _facts(pairs: Sequence[tuple[str, str]]) -> str:
    """A table of label and value; the values are HTML already."""
    rows = "".join(f"<tr><th>{escape(k)}</th><td>{v}</td></tr>" for k, v in pairs)
    return f'<table class="facts">{rows}</table>'


def _section(result: Document, index: int) -> str:
    bundle, board = result["bundle"], result["board"]
    notes = "".join(f"<li>{escape(note)}</li>" for note in result["remarks"])
    return (f'<section id="run-{index}"><h2>{escape(bundle["name"])} on {escape(board["name"])}'
            f"</h2>\n<p>{_verdict(result)}</p>\n"
            + (f"<ul>{notes}</ul>\n" if notes else "")
            + '<div class="columns">' + _facts(_measured(result)) + _facts(_where(result))
            + "</div>\n"
            + (_exits(result["exits"]) if result.get("exits") else "")
            + f'<h3>Latency</h3>{histogram(result["samples_ns"])}'
            + f'{timeline(result["samples_ns"])}\n'
            + (f'<h3>Time by layer</h3>{layer_bars(result["layers"])}\n'
               if result["layers"] else "")
            + f"<details><summary>State before and after</summary>{_state(result)}</details>"
            + f'<details><summary>Command</summary><pre>{escape(" ".join(result["command"]))}</pre>'
            + "</details></section>")


def _measured(result: Document) -> list[tuple[str, str]]:
    latency, memory, energy = result["latency"], result["memory"], result["energy"]
    pairs = [(f"latency {name}", _us(v)) for name, v in latency["percentiles_us"].items()]
    pairs += [("latency mean ± deviation", f'{_us(latency["mean_us"])} ± '
               f'{_us(latency["stddev_us"])} of {latency["count"]} samples'),
              ("load", _us(result["load_ns"] / 1000)),
              ("first inference", _us(result["first_ns"] / 1000)),
              ("arena + scratch", f'{size(memory["arena_bytes"])} + '
               f'{size(memory["scratch_bytes"])}'),
              ("peak memory of the process", size(memory["peak_rss_bytes"])),
              ("accuracy", _accuracy(result)), ("energy per inference", _energy(result))]
    if data := result.get("data"):
        score = "no labels" if data["score"] is None else f'{data["score"]:.2%} right'
        pairs.append(("own samples", f'{data["runs"]} of {escape(data["name"])}: {score}'))
    if result.get("roofline"):
        pairs.append(("peak of one core", _roofline(result["roofline"])))
    if energy["measured"]:
        pairs.append(("power", f'{energy["active_w"]:.2f} W, idle {energy["idle_w"]:.2f} W; '
                      f'{escape(energy["source"])}, {escape(energy["scope"])}, '
                      f'{energy["sample_hz"]:.0f} Hz, {energy["samples"]} samples'))
    return pairs


def _roofline(roofline: Document) -> str:
    """What a share of the peak is a share of."""
    read = ", ".join(f'{point["gb_per_s"]:.0f} GB/s from {size(point["buffer_bytes"])}'
                     for point in roofline["read"])
    return (f'{roofline["s8_gmac_per_s"]:.0f} GMAC/s int8, {roofline["f32_gmac_per_s"]:.0f} '
            f"GMAC/s float32; reads {read}")


def _where(result: Document) -> list[tuple[str, str]]:
    bundle, board, engine = result["bundle"], result["board"], result["engine"]
    return [("bundle", f'<code>{escape(bundle["id"])}</code> for {escape(bundle["target"])}'),
            ("artifact", f'{size(bundle["artifact_bytes"])}, sha256 '
             f'<code>{escape(bundle["artifact_sha256"][:16])}…</code>'),
            ("board", escape(board["where"])),
            ("CPU", escape(board.get("cpu") or "unknown")),
            ("system", escape(f'{board.get("os", "")} {board.get("kernel", "")}'.strip())),
            ("engine", escape(f'edgec {engine["version"]}, {engine["isa"]}, '
                              f'{engine["threads"]} thread(s)')),
            ("measured", escape(result["created"]))]


def _state(result: Document) -> str:
    before, after = result["state"]["before"], result["state"]["after"]
    rows = "".join(
        f"<tr><th>{escape(key.replace('_', ' '))}</th><td>{escape(_plain(before[key]))}</td>"
        f"<td>{escape(_plain(after.get(key)))}</td></tr>" for key in before)
    return (f"<table><thead><tr><th></th><th>before</th><th>after</th></tr></thead>"
            f"<tbody>{rows}</tbody></table>")


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k}: {v}" for k, v in value.items()) or "unknown"
    return "unknown" if value is None else str(value)
