"""`scripts/bench arm`: what a network costs on an ARM core that is not here."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.block_profile import LayerProfile, profile
from benchmarks.command import Command
from benchmarks.core_cycles import CLASSES, CycleModel, count_classes, disassemble, instructions
from benchmarks.lowered import lowered
from benchmarks.networks import VARIANTS, add_models_argument, int8_model
from benchmarks.table import table, write_json
from edgec.errors import UnknownName
from edgec.target.toolchain import build_engine

SCHEMA = "edgec-bench-arm/1"
NOTE = ("Counted in qemu-user; cycles are an estimate by llvm-mca over the executed blocks (no "
        "cache misses, no mispredictions): they rank kernels and are no latency.")


@dataclass(frozen=True)
class Core:
    """An ARM core: its name in qemu and in llvm-mca, a board that has it, its int8 limit."""

    qemu: str
    llvm: str
    target: str
    macs_per_cycle: int


CORES = {
    "a76": Core("cortex-a76", "neoverse-n1", "raspberry_pi_5", 32),
    "a72": Core("cortex-a72", "cortex-a72", "raspberry_pi_4", 8),
    "a53": Core("cortex-a53", "cortex-a53", "raspberry_pi_3", 8),
    "i8mm": Core("max,sve=off,sme=off", "neoverse-n2", "raspberry_pi_5", 64),
}


@dataclass(frozen=True)
class Cost:
    """Executed instructions of one inference or one layer, and the estimated cycles."""

    name: str
    op: str
    kernel: str
    macs: int
    instructions: int
    classes: dict[str, int]
    cycles: float


def measure(bench: Path, model: Path, core: Core) -> list[Cost]:
    """The cost of each layer of an .edgec file."""
    layers = profile(bench, model, core.qemu)
    whole: Counter[str] = Counter()
    for layer in layers:
        whole.update(layer.counts)
    texts = disassemble(sorted({word for block in whole for word in block.split()}))
    cycles = CycleModel(whole, texts, core.llvm)

    def cost(layer: LayerProfile) -> Cost:
        about = layer.layer
        return Cost(about["name"], about["op"], about["kernel"], about["macs"],
                    instructions(layer.counts), count_classes(layer.counts, texts),
                    cycles.estimate(layer.counts))

    return [cost(layer) for layer in layers]


def total(name: str, costs: Sequence[Cost]) -> Cost:
    """The sum over layers."""
    return Cost(name, "", "", sum(c.macs for c in costs), sum(c.instructions for c in costs),
                {k: sum(c.classes[k] for c in costs) for k in CLASSES},
                sum(c.cycles for c in costs))


def recorded_peers(core: str, variant: str) -> list[Cost]:
    """The peers' recorded costs of the same network, fewest cycles first."""
    network = VARIANTS.get(variant)
    if network is None:
        return []
    rows = json.loads(Path(__file__).with_name("arm_peers.json").read_text())["rows"]
    found = [Cost(row["peer"], "", "", network.macs, row["instructions"],
                  {k: row[k] for k in CLASSES}, row["cycles"])
             for row in rows if row["core"] == core and row["network"] == network.name]
    return sorted(found, key=lambda c: c.cycles)


def network_table(edgec: Cost, peers: Sequence[Cost]) -> str:
    """edgec's row and the peers', in thousands of instructions and of estimated cycles."""
    head = ["runtime", "instructions", *CLASSES, "cycles (est.)", "of edgec", "MAC/cycle"]
    rows = [[c.name, *(f"{n / 1e3:.0f}k" for n in (c.instructions, *c.classes.values())),
             f"{c.cycles / 1e3:.0f}k", f"{c.cycles / edgec.cycles:.2f}",
             f"{edgec.macs / c.cycles:.1f}"] for c in (edgec, *peers)]
    return table(head, rows)


def layer_table(costs: Sequence[Cost]) -> str:
    """One row per layer: where the cycles go."""
    cycles = sum(c.cycles for c in costs)
    head = ["op", "kernel", "layer", "instructions", *CLASSES, "cycles (est.)", "share",
            "MAC/cycle"]
    rows = [[c.op, c.kernel, c.name[-32:],
             *(f"{n / 1e3:.1f}k" for n in (c.instructions, *c.classes.values(), c.cycles)),
             f"{c.cycles / cycles:.1%}", f"{c.macs / c.cycles:.1f}"] for c in costs]
    return table(head, rows, left=3)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("networks", nargs="*", default=list(VARIANTS), metavar="NETWORK",
                        help="a reference network, a QDQ .onnx file or an .edgec file")
    parser.add_argument("--core", action="append", choices=CORES,
                        help="repeatable (default: a76 and a72)")
    parser.add_argument("--layers", action="store_true", help="a second table, by layer")
    parser.add_argument("--bench", type=Path, metavar="FILE",
                        help="an edgec-bench for aarch64 instead of this checkout's")
    parser.add_argument("--json", type=Path, metavar="FILE", help="writes everything as JSON")
    add_models_argument(parser)


def _run(arguments: argparse.Namespace) -> None:
    bench = arguments.bench or build_engine("aarch64").bench
    print(NOTE)
    results: list[dict[str, Any]] = []
    for core in arguments.core or ["a76", "a72"]:
        if core not in CORES:
            raise UnknownName("core", core, CORES)
        for variant in arguments.networks:
            model = lowered(int8_model(arguments.models, variant), CORES[core].target)
            costs = measure(bench, model, CORES[core])
            edgec, peers = total("edgec", costs), recorded_peers(core, variant)
            print(f"\n{variant} on {core} (at most {CORES[core].macs_per_cycle} MAC/cycle)")
            print(network_table(edgec, peers))
            if arguments.layers:
                print("\n" + layer_table(costs))
            results.append({"core": core, "network": variant, "edgec": asdict(edgec),
                            "layers": [asdict(c) for c in costs],
                            "peers": [asdict(c) for c in peers]})
    provenance = json.loads(Path(__file__).with_name("arm_peers.json").read_text())["provenance"]
    print(f"\nThe peers' rows are recorded. {provenance}")
    write_json(arguments.json, {"schema": SCHEMA, "note": NOTE, "peers": provenance,
                                "results": results})


COMMAND = Command(
    "arm", "Counts instructions and estimates cycles on ARM cores, in an emulator.",
    "Needs an aarch64 cross compiler, qemu-user (with plugins) and llvm (for llvm-mca).",
    _add_arguments, _run)
