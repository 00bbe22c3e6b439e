"""How far LiteRT's int8 results are from the reference, per op, as a Markdown table.

The cases are those of the contract tests and some of operators that those do not reach. A case that
LiteRT has only in float32 runs there, between dequantize and quantize, and is compared with the
reference in int8 all the same. NaN, which LiteRT converts to no number in particular, is left out.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from edgec.lower import catalog
from edgec.lower.backend import Site, load_backend
from tests.unit.lower.backends.litert_session import Session
from edgec.lower.graph import Array, Graph
from edgec.lower.interpret import interpret
from edgec.lower.ops._rules import zero_of
from edgec.lower.ops.average_pool2d import AveragePool2d
from edgec.lower.ops.batch_matmul import BatchMatmul
from edgec.lower.ops.lut import REQUANTIZE, Lut, table
from edgec.lower.plan import plan
from edgec.target.target import load_target
from tests.contract.op_cases import Case, case, cases_of, constant, given, per_tensor, rng_for

BACKEND, TARGET = load_backend("tflite"), load_target("generic_x86_64")
EVERY_INT8 = np.arange(-128, 128).astype(np.int8)


@dataclass
class Row:
    """The cases of an op that run in the same way; largest: in steps of the output's scale."""

    cases: int = 0
    values: int = 0
    differ: int = 0
    largest: int = 0

    def add(self, apart: Array) -> None:
        """One case's distances."""
        self.cases += 1
        self.values += apart.size
        self.differ += int(np.count_nonzero(apart))
        self.largest = max(self.largest, int(apart.max(initial=0)))


def without_nan(one: Case) -> Case:
    """The case with 0 for NaN, and with positive numbers for a function of these."""
    inputs = {name: np.where(np.isnan(v), np.float32(0), v) if v.dtype == np.float32 else v
              for name, v in one.inputs.items()}
    node, = one.graph.nodes
    if node.op == "lut" and node.attributes.kind in ("log", "sqrt", "rsqrt"):
        zero = zero_of(one.graph.tensors["x"])
        inputs["x"] = np.maximum(inputs["x"], np.int8(zero + 1))
    return replace(one, inputs=inputs)


def litert_cases() -> Iterator[Case]:
    """int8 operators at the scales that LiteRT has them for."""
    q = per_tensor(0.1, 3)
    for pool in (AveragePool2d((2, 2), (2, 2)), AveragePool2d((3, 3), (1, 1), (1, 1, 1, 1)),
                 AveragePool2d((3, 3), (2, 2), (1, 1, 1, 1), True), AveragePool2d((7, 7), (1, 1))):
        x = rng_for(f"{pool}").integers(-128, 128, (2, 9, 9, 20)).astype(np.int8)
        yield case(f"{pool}", pool, [given("x", x, q)], "s8", q)
    for kind, y_scale, y_zero in (("sigmoid", 1 / 256, -128), ("tanh", 1 / 128, 0)):
        for scale in (0.003, 0.05, 0.7):
            yield _table_case(kind, (scale, -5), (y_scale, y_zero))
    for ratio in (0.02, 0.13, 0.5, 0.613, 1.0, 1.7, 9.3):
        yield _table_case(REQUANTIZE, (0.1 * ratio, 17), (0.1, -60))
    for transpose_b in (False, True):
        shape = (2, 40, 33) if transpose_b else (2, 33, 40)
        rng = rng_for(f"symmetric{transpose_b}")
        a, b = (rng.integers(-128, 128, s).astype(np.int8) for s in ((2, 21, 33), shape))
        yield case(f"b_symmetric_{transpose_b}", BatchMatmul(transpose_b),
                   [given("a", a, q), given("b", b, per_tensor(0.02, 0))], "s8",
                   per_tensor(0.37, -9))


def _table_case(kind: str, x: tuple[float, int], y: tuple[float, int]) -> Case:
    q_x, q_y, attributes = per_tensor(*x), per_tensor(*y), Lut(kind)
    return case(f"{kind}_{x}_{y}", attributes,
                [given("x", EVERY_INT8, q_x), constant("table", table(attributes, q_x, q_y))],
                "s8", q_y)


def lowered(graph: Graph) -> Graph:
    """As the pipeline hands it to the backend."""
    for step in BACKEND.passes(TARGET):
        graph = step(graph)
    return graph


def run_litert(graph: Graph, inputs: dict[str, Array], folder: Path) -> list[Array]:
    """The outputs of the emitted file."""
    path = folder / BACKEND.artifact
    path.write_bytes(BACKEND.emit(graph, plan(graph), TARGET))
    session = Session(path, threads=1)
    session.fill([inputs[name] for name in graph.inputs])
    session.run()
    return session.results()


def measure(folder: Path) -> dict[tuple[str, str], Row]:
    """Rows by op and place: the op itself, or float32."""
    rows: dict[tuple[str, str], Row] = {}
    every = [c for op in sorted(catalog.ops()) for c in cases_of(op)]
    for one in map(without_nan, [*every, *litert_cases()]):
        if one.graph.tensors["y"].dtype == "s8":
            graph = lowered(one.graph)
            if any(list(BACKEND.supports(Site.of(n, graph.tensors), TARGET)) for n in graph.nodes):
                rows.setdefault((_name(one), "refused"), Row()).cases += 1
                continue
            place = "int8" if len(graph.nodes) == len(one.graph.nodes) else "float32"
            got, = run_litert(graph, dict(one.inputs), folder)
            expected = interpret(one.graph, one.inputs)["y"]
            apart = np.abs(got.astype(np.int64) - expected.astype(np.int64))
            rows.setdefault((_name(one), place), Row()).add(apart)
    return rows


def _name(one: Case) -> str:
    node, = one.graph.nodes
    if one.op == "layer_norm" and not np.ptp(one.inputs["x"], axis=-1).any():
        return "layer_norm of equal values"  # 0 / sqrt(0 + epsilon): only rounding errors count
    return f"{one.op} {node.attributes.kind}" if one.op == "lut" else one.op


def main() -> None:
    """Prints the table."""
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(Path(folder))
    lines = ["| op | runs in | cases | values | differ | largest, in steps |",
             "|---|---|---:|---:|---:|---:|"]
    lines += [f"| {op} | {place} | {row.cases} | {row.values} | {row.differ} | {row.largest} |"
              for (op, place), row in sorted(rows.items())]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
