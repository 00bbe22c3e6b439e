"""Results as tables: everything a verb prints on standard output."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from edgec.comparing import Row
from edgec.compress import method
from edgec.demo import Outcome
from edgec.deploy.release import Deployment, Status
from edgec.format.bundle import Bundle
from edgec.lower.lower import Placement
from edgec.measure.for_people import duration, size
from edgec.pipeline import Inspection
from edgec.target.target import Target

QUANTIZERS = ("QuantizeLinear", "DequantizeLinear")


def table(*columns: str, title: str | None = None, right: Sequence[str] = ()) -> Table:
    """An empty table; the columns in `right` hold numbers."""
    made = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold")
    for name in columns:
        made.add_column(name, justify="right" if name in right else "left",
                        overflow="fold")
    return made


def catalogue(*columns: str) -> Table:
    """A table whose first column holds names to be copied: they are never broken."""
    made = table(*columns)
    made.columns[0].no_wrap = True
    return made


def facts_table(title: str) -> Table:
    """An empty table of labels and values."""
    made = table("", "", title=title)
    made.show_header = False
    return made


def amount(count: int) -> str:
    """A large count for people: 300.8 M."""
    for factor, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if count >= factor:
            return f"{count / factor:.2f} {letter}"
    return str(count)


def time(us: float | None) -> str:
    """Microseconds for people; None says that there were too few samples."""
    if us is None:
        return "too few samples"
    return duration(us)


def targets(known: Sequence[Target]) -> Table:
    """The board kinds."""
    made = catalogue("target", "board", "cores", "instruction sets", "backends", "energy")
    for t in known:
        made.add_row(t.name, t.title, f"{t.cores} x {t.cpu.title}", ", ".join(t.cpu.isa),
                     ", ".join(t.backends), ", ".join(t.energy) or "external meter")
    return made


def inspection(out: Console, found: Inspection) -> None:
    """A model, node by node, and its totals."""
    where = {p.name: p for p in found.placements or ()}
    columns = ["node", "op", "output", "MACs", "parameters", "weights"]
    made = table(*columns, *(["runs as", "why"] if found.placements is not None else []),
                 right=("MACs", "parameters", "weights"))
    for node in found.summary.nodes:
        if node.op in QUANTIZERS:
            continue
        row = [node.name, node.op, "x".join(map(str, node.shape)),
               amount(node.macs) if node.macs else "", amount(node.parameters)
               if node.parameters else "", size(node.weight_bytes) if node.weight_bytes else ""]
        if found.placements is not None:
            placed = where.get(node.name)
            row += [placed.runs, placed.reason or placed.weights] if placed else ["(merged)", ""]
        made.add_row(*row)
    out.print(made)
    summary = found.summary
    for label, values in (("inputs", summary.inputs), ("outputs", summary.outputs)):
        listing = ", ".join(f"{v.name} {v.dtype}[{', '.join(map(str, v.shape))}]" for v in values)
        out.print(f"{label}: {listing}", markup=False)
    hidden = sum(node.op in QUANTIZERS for node in summary.nodes)
    out.print(f"{len(summary.nodes)} nodes ({hidden} of them quantize and dequantize, not shown), "
              if hidden else f"{len(summary.nodes)} nodes, ", end="")
    out.print(f"{amount(summary.macs)} MACs, "
              f"{amount(summary.parameters)} parameters, {size(summary.weight_bytes)} of weights")
    if found.placements is not None:
        _count(out, found.placements)
    if found.problem:
        out.print(f"cannot be lowered for {found.target}: {found.problem}", markup=False)
    if found.arena_bytes is not None:
        _arena(out, found.arena_bytes, found.arena_bound_bytes or 0)
    if "npu" in found.report:
        _npu(out, found.report["npu"])


def _arena(out: Console, arena_bytes: int, bound_bytes: int) -> None:
    least = "the least possible" if arena_bytes == bound_bytes else f"at least {bound_bytes:,} B"
    out.print(f"activations: arena of {arena_bytes:,} B ({least})", markup=False)


def _npu(out: Console, said: Mapping[str, Any]) -> None:
    """What the NPU's compiler estimates; no measurement."""
    out.print(f"{said['source']}, {said['accelerator']} ({said['system_config']}, "
              f"{said['memory_mode']}): {said['cycles']:,} cycles at "
              f"{said['clock_hz'] / 1e6:g} MHz, {said['inferences_per_second']:.1f} inferences/s, "
              f"SRAM {size(said['sram_bytes'])}; without what runs on the CPU", markup=False)


def _sparse(out: Console, told: Mapping[str, Any]) -> None:
    """What leaving blocks of zeros out of a .tflite file brought."""
    out.print(f"sparse in the file: weights of {told['layers']} of {told['of_layers']} layers; "
              f"{size(told['file_bytes'])}, dense {size(told['dense_file_bytes'])}", markup=False)
    for why, count in told["refused"].items():
        out.print(f"dense: {count} layers, because {why}", markup=False)
    if told["layers"]:
        out.print(f"it {told['note']} ({size(told['ram_bytes'])})", markup=False)


def _count(out: Console, placed: Sequence[Placement]) -> None:
    counts = Counter(p.runs for p in placed)
    out.print("runs as: " + ", ".join(f"{runs} {n}" for runs, n in counts.most_common()))


def placements(out: Console, placed: Sequence[Placement]) -> None:
    """What runs where; float nodes with the reason."""
    floats = [p for p in placed if p.reason]
    if floats:
        npu = any("NPU" in p.runs for p in placed)
        made = table("node", "op", "runs as", "why",
                     title="not on the NPU" if npu else "not in int8")
        for p in floats:
            made.add_row(p.name, p.op, p.runs, p.reason)
        out.print(made)
    _count(out, placed)


def bundle(out: Console, made: Bundle) -> None:
    """What lies in a bundle."""
    out.print(f"bundle {made.id}: {made.path} ({made.backend} for {made.target}), "
              f"{made.artifact} {size(made.files[made.artifact].bytes)}", markup=False)
    for what, ports in (("input", made.inputs), ("output", made.outputs)):
        for port in ports:
            if port.scale is not None:
                out.print(f"{what} {port.name}: {port.dtype}{list(port.shape)}, real = "
                          f"{port.scale:.9g} * (q - {port.zero_point})", markup=False)
    said = made.lowering()
    if "arena_bytes" in said:
        _arena(out, said["arena_bytes"], said["arena_bound_bytes"])
    if "npu" in said:
        _npu(out, said["npu"])
    if "sparse" in said:
        _sparse(out, said["sparse"])
    if missing := said.get("exits_without_golden"):
        out.print(f"the self-test tries no sample that leaves at {', '.join(missing)}: none was "
                  "found. Give typical inputs with --samples.", markup=False)


def quantize_options(wanted: bool) -> None:
    """Prints the options of `edgec quantize --set` and ends."""
    if not wanted:
        return
    Console(highlight=False).print(options("quantize"))
    raise typer.Exit


def options(name: str) -> Table:
    """The options of a method of compression."""
    made = catalogue("option", "default", "meaning")
    for f in fields(method.load(name)):
        made.add_row(f.name, str(f.default), f.metadata["help"])
    return made


def methods() -> Table:
    """The methods of compression: the first line of each module's docstring, what it costs."""
    made = catalogue("method", "what it does", "costs")
    for name in method.names():
        text = " ".join((inspect.getdoc(inspect.getmodule(method.load(name))) or "").split())
        costs = text.partition("Costs: ")[2]
        made.add_row(name, text.partition(". ")[0] + ".", costs)
    return made


def order(out: Console, document: dict[str, Any]) -> None:
    """The order found, the pairs behind it, and whether it holds as a whole."""
    made = table("pair", "difference", "verdict")
    for pair in document["pairs"]:
        a, b = pair["first"]
        made.add_row(f"{a} before {b}", _effect(pair["effect"]),
                     {"first": f"{a} first", "second": f"{b} first"}.get(pair["winner"],
                                                                         pair["winner"]))
    for edge in document["edges"]:
        if edge["kind"] == "fixed":
            made.add_row(f"{edge['first']} before {edge['second']}", "", f"fixed: {edge['reason']}")
    for edge in document["dropped"]:
        made.add_row(f"{edge['first']} before {edge['second']}", "", "dropped: part of a cycle")
    out.print(made)
    for check in document["checks"]:
        if (verdict := check["verdict"]) is not None:
            what = (f"{check['first'][0]} in two gentler passes against one"
                    if check["first"][:1] == check["second"] else
                    f"{' → '.join(check['first'])} against {check['kind']}")
            says = {"first": "better", "second": "worse"}.get(verdict["winner"], verdict["winner"])
            out.print(f"{what}: {says}, {_effect(verdict['effect'])}", markup=False)
    out.print("order: " + " → ".join(document["order"]), style="bold", markup=False)


def _effect(effect: dict[str, float] | None) -> str:
    """In points of the metric, with its interval."""
    if effect is None:
        return "cannot be done"
    low, mean, high = (100 * effect[name] for name in ("low", "mean", "high"))
    return f"{mean:+.2f} ({low:+.2f} to {high:+.2f})"


def quantization(out: Console, report: dict[str, Any]) -> None:
    """The report of a quantization, layer by layer."""
    numbers = {"min": "low", "max": "high", "scale": "scale", "zero": "zero_point",
               "SQNR dB alone": "own_sqnr_db", "in all": "sqnr_db"}
    made = table("layer", "op", "runs as", *numbers, "why not int8", right=tuple(numbers))
    for row in report["layers"]:
        made.add_row(row["name"], row["op"], row["runs"],
                     *(_number(row[key]) for key in numbers.values()), row["reason"])
    out.print(made)
    kept = ", ".join(f"{name} {db:.1f} dB" for name, db in report["outputs_sqnr_db"].items())
    out.print(f"outputs against float, on the calibration data: {kept}", markup=False)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def result(out: Console, document: dict[str, Any]) -> None:
    """One measurement."""
    latency, energy = document["latency"], document["energy"]
    made = facts_table(f"{document['bundle']['name']} on {document['board']['name']} "
                       f"({document['engine']['isa']}, {document['engine']['threads']} thread(s))")
    if document.get("exits"):
        _exits(made, document["exits"])
    else:
        for name, value in latency["percentiles_us"].items():
            made.add_row(f"latency {name}", time(value))
        made.add_row("latency mean", f"{time(latency['mean_us'])} ± {time(latency['stddev_us'])} "
                     f"({latency['count']} samples)")
    if data := document.get("data"):
        score = "" if data["score"] is None else f", {data['score']:.2%} right"
        made.add_row("data", f"{data['runs']} samples of {data['name']}{score}")
    made.add_row("load, first run", f"{time(document['load_ns'] / 1000)}, "
                 f"{time(document['first_ns'] / 1000)}")
    memory = document["memory"]
    arena = f"{size(memory['arena_bytes'])} + {size(memory['scratch_bytes'])}, "
    made.add_row("arena + scratch, peak", (arena if memory["arena_bytes"] else "not told, ")
                 + size(memory["peak_rss_bytes"]))
    made.add_row("energy", energy_text(energy))
    verdict = "valid" if document["valid"] else (
        "[red]INVALID[/red]: " + "; ".join(document["invalid_reasons"]))
    made.add_row("verdict", verdict)
    out.print(made)
    for remark in document["remarks"]:
        out.print(f"note: {remark}", style="dim", markup=False)


def compared(out: Console, rows: Sequence[Row]) -> None:
    """One model by several backends, fastest first."""
    made = table("backend", "artifact", "median", "of the fastest's time",
                 right=("artifact", "median", "of the fastest's time"))
    for row in rows:
        made.add_row(row.backend, size(row.artifact_bytes), time(row.median_us),
                     f"{row.ratio:.2f}")
    out.print(made)


def _exits(made: Table, exits: dict[str, Any]) -> None:
    """Latency of a model with early exits, and who leaves where."""
    def known(us: float | None) -> str:
        return "not known" if us is None else duration(us)

    made.add_row("latency mean, worst", f"{known(exits['expected_us'])}, "
                 f"{known(exits['worst_us'])}")
    for name, row in exits["exits"].items():
        share = "" if row["share"] is None else f", {row['share']:.1%} of {exits['shares_of']}"
        score = "" if row["score"] is None else f", {row['score']:.1%} right"
        made.add_row(f"answered by {name}", known(row["median_us"]) + share + score)


def energy_text(energy: dict[str, Any]) -> str:
    """Energy of one inference, or why there is none."""
    if not energy["measured"]:
        return f"not measured: {energy['reason']}"
    return (f"{energy['net_j_per_inference'] * 1000:.3f} mJ net of {energy['idle_w']:.2f} W idle, "
            f"{energy['gross_j_per_inference'] * 1000:.3f} mJ gross ({energy['source']}, "
            f"{energy['sample_hz']:.0f} Hz)")


def deployment(out: Console, done: Deployment) -> None:
    """What was done on a board, or would be."""
    if done.dry_run:
        for index, step in enumerate(done.steps, 1):
            out.print(f"{index:3} {step}", markup=False, soft_wrap=True)
    for note in done.notes:
        out.print(f"note: {note}", style="dim", markup=False)
    if done.dry_run:
        out.print(f"dry run: nothing was changed on {done.where}", markup=False)
        return
    before = f" (before: {done.replaced})" if done.replaced else ""
    out.print(f"{done.where} serves {done.release}{before}", markup=False)


def status(out: Console, found: Status) -> None:
    """A board and what it serves."""
    facts = found.facts
    made = facts_table(found.where)
    made.add_row("machine", f"{facts.model or facts.machine}, {facts.cores} cores, "
                 f"{facts.memory_kb // 1024} MiB, {', '.join(facts.isa)}")
    made.add_row("system", f"{facts.os}, kernel {facts.kernel}")
    made.add_row("disk free", size(facts.disk_free_kb * 1024))
    made.add_row("serves", f"{facts.current} ({found.name} for {found.target})"
                 if facts.current else "nothing")
    made.add_row("before", facts.previous or "nothing")
    made.add_row("releases", ", ".join(r.name for r in facts.releases) or "none")
    made.add_row("lock", str(facts.lock) if facts.lock else "free")
    if found.fault:
        made.add_row("[red]fault[/red]", found.fault)
    out.print(made)


def demo(out: Console, outcome: Outcome) -> None:
    """The demo's table."""
    labelled = outcome.rows[0].comparison.accuracy is not None
    made = table("model", "accuracy" if labelled else "agrees with float", "bytes", "p50", "p90",
                 "energy", title=f"{outcome.case}: {outcome.data}; board {outcome.where}")
    for row in outcome.rows:
        found, percentiles = row.comparison, row.document["latency"]["percentiles_us"]
        quality = f"{found.accuracy:.1%}" if found.accuracy is not None else (
            f"{found.agreement:.1%} (cosine {found.cosine:.4f})")
        made.add_row(row.name, quality, size(row.document["bundle"]["artifact_bytes"]),
                     time(percentiles["p50"]), time(percentiles["p90"]),
                     energy_text(row.document["energy"]).partition(":")[0])
    out.print(made)
    for reason in dict.fromkeys(row.document["energy"]["reason"] for row in outcome.rows):
        if reason:
            out.print(f"energy not measured: {reason}", markup=False)
    for sentence in outcome.arm:
        out.print(sentence, markup=False)
    out.print(f"report: {outcome.report}", markup=False)
