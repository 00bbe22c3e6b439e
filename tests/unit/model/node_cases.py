"""ONNX's own test cases of single operators, run by the torch executor."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import torch

from edgec.errors import ModelError
from edgec.model.execute import TorchGraph
from edgec.model.handler import handlers, op_key
from edgec.model.tensors import to_torch

LISTED = Path(__file__).parents[2] / "cases" / "onnx_node_cases.toml"
EXPANDED = "functions spelled out"


@cache
def cases_by_op() -> dict[str, tuple[Any, ...]]:
    """Every case all of whose ops have a handler, by op; graphs of several nodes are EXPANDED."""
    from onnx.backend.test.loader import load_node_model_tests

    known = {*handlers(), "Constant"}
    found: dict[str, list[Any]] = defaultdict(list)
    for case in load_node_model_tests():
        ops = [op_key(node) for node in ir.serde.deserialize_model(case.model).graph]
        if ops and known.issuperset(ops):
            found[ops[0] if len(ops) == 1 else EXPANDED].append(case)
    return {op: tuple(cases) for op, cases in found.items()}


@cache
def listed() -> dict[str, str]:
    """The cases that are known not to pass, and why."""
    groups = tomllib.loads(LISTED.read_text())["unsupported"]
    return {case: group["reason"] for group in groups for case in group["cases"]}


def failure(case: Any) -> str:
    """Why the executor does not pass a case; "" when it does."""
    try:
        graph = TorchGraph(ir.serde.deserialize_model(case.model)).eval()
        for inputs, outputs in case.data_sets:
            for own, expected in zip(graph(*map(as_torch, inputs)), outputs, strict=True):
                compare(own.detach(), as_torch(expected), case)
    except (AssertionError, ModelError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def as_torch(value: Any) -> torch.Tensor:
    if isinstance(value, onnx.TensorProto):
        return to_torch(ir.serde.deserialize_tensor(value))
    return to_torch(ir.tensor(np.asarray(value)))


def compare(own: torch.Tensor, expected: torch.Tensor, case: Any) -> None:
    assert own.dtype == expected.dtype
    assert own.shape == expected.shape
    rtol, atol = case.rtol, max(case.atol, 1e-6)
    if own.is_floating_point() and own.dtype.itemsize == 2:
        rtol, atol = (max(t, 2 * torch.finfo(own.dtype).eps) for t in (rtol, atol))
    torch.testing.assert_close(own.to(torch.float64), expected.to(torch.float64), rtol=rtol,
                               atol=atol, equal_nan=True)


def table() -> str:
    """Passed and all cases of each op, as Markdown."""
    lines, passed, total = ["| op | passed | cases |", "|---|---:|---:|"], 0, 0
    for op, cases in sorted(cases_by_op().items()):
        count = sum(not failure(case) for case in cases)
        lines.append(f"| {op} | {count} | {len(cases)} |")
        passed, total = passed + count, total + len(cases)
    return "\n".join([*lines, f"| **all {len(cases_by_op())}** | **{passed}** | **{total}** |"])


if __name__ == "__main__":
    import sys

    sys.stdout.write(table() + "\n")
