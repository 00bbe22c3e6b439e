"""What a demonstration needs: a float model, calibration data, test data. One module per case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import onnx_ir as ir

from edgec import registry
from edgec.lower.graph import Array

CASES = "edgec.demo.cases"


@dataclass(frozen=True)
class Case:
    """calibration, test: model inputs stacked, [n, ...]; labels: int64 [n], or None without.

    data: what the test data is, in words. task: "package.module:callable" that returns the labelled
    samples for a recipe, where there are any.
    """

    name: str
    model: ir.Model
    calibration: Array
    test: Array
    labels: Array | None
    data: str
    task: str = ""


Maker = Callable[[Callable[[str], None]], Case]


def make(name: str, progress: Callable[[str], None]) -> Case:
    """The case called `name` (dashes or underscores); UnknownName lists the cases."""
    maker: Maker = registry.load(CASES, name.replace("-", "_"), "demo model")
    return maker(progress)
