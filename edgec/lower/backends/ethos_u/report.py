"""What Vela says of a compiled model, in our words: estimates, and where each node runs and why."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from edgec.lower.backends.ethos_u.vela import Found
from edgec.lower.graph import Graph, Node
from edgec.target.target import Npu

KIB = 1024
SOURCE = "compiler estimate"  # not a measurement, and Vela does not call it one
_CPU_REASON = re.compile(
    r"^Warning \(supported operators\) operator: (\S+), ofm: '(.*)'\nReason: (.+)$", re.MULTILINE)


def estimate(found: Found, npu: Npu) -> dict[str, Any]:
    """Cycles, inferences/s and memory of the NPU's part, as Vela estimates them; layer by layer.

    What runs on the CPU has no cycles in it.
    """
    s = found.summary
    return {"source": f"{SOURCE} of {found.version}", "accelerator": npu.accelerator,
            "system_config": npu.system_config, "memory_mode": npu.memory_mode,
            "clock_hz": int(s["core_clock"]), "cycles": int(s["cycles_total"]),
            "inferences_per_second": s["inferences_per_second"], "macs": int(s["nn_macs"]),
            "sram_bytes": round(s["sram_memory_used"] * KIB),
            "dram_bytes": round(s["dram_memory_used"] * KIB),
            "flash_bytes": round(KIB * (s["on_chip_flash_memory_used"]
                                        + s["off_chip_flash_memory_used"])),
            "layers": [{"tensor": row["Name"], "op": row["Original Operator"],
                        "as": row["NNG Operator"], "runs": row["Target"],
                        "cycles": int(row["Op Cycles"]), "macs": int(row["MAC Count"])}
                       for row in found.layers]}


def placed(found: Found, graph: Graph) -> dict[str, tuple[str, str]]:
    """For each node: "NPU", "CPU", "NPU and CPU", or "data movement" when nothing is left of it.

    With Vela's own reason for what is on the CPU.
    """
    reasons = {ofm: f"Vela: {op}: {why.strip()}"
               for op, ofm, why in _CPU_REASON.findall(found.console.replace("\r", ""))}
    sides = {row["Name"]: row["Target"] for row in found.layers}
    return {node.name: _place(node, sides, reasons) for node in graph.nodes}


def _place(node: Node, sides: Mapping[str, str], reasons: Mapping[str, str]) -> tuple[str, str]:
    mine = {sides[name] for name in _made_of(node, sides)}
    why = next((reasons[name] for name in _made_of(node, reasons)), "")
    if not mine:
        return ("CPU", why) if why else ("data movement", "")
    return " and ".join(sorted(mine, reverse=True)), why if "CPU" in mine else ""


def _made_of(node: Node, names: Mapping[str, str]) -> Iterator[str]:
    """The tensors that a node's operators write: its output, and those that are named after it."""
    own = (*node.outputs, f"{node.outputs[0]}_intermediate")
    return (name for name in names if name in own or name.startswith(f"{node.name}:"))
