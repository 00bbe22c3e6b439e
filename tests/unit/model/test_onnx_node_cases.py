"""The torch executor passes ONNX's own operator tests, but for those listed with a reason."""

from __future__ import annotations

import pytest

from edgec.model.handler import handlers
from tests.unit.model.node_cases import EXPANDED, cases_by_op, failure, listed

# What ONNX has no case for; each has tests of its own elsewhere.
WITHOUT_CASES = {"com.microsoft::DequantizeLinear", "com.microsoft::QuantizeLinear",
                 "edgec::QuantizeWeight"}

OPS = sorted({*handlers(), "Constant"} - WITHOUT_CASES)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # the cases themselves divide by zero
@pytest.mark.parametrize("op", [*OPS, EXPANDED])
def test_node_cases_pass_or_are_listed(op):
    cases = cases_by_op()[op]
    assert cases
    failed = {case.name: text for case in cases if (text := failure(case))}
    unlisted = [f"{name}: {text}" for name, text in failed.items() if name not in listed()]
    assert not unlisted, "\n".join(unlisted)
    passed_but_listed = [c.name for c in cases if c.name in listed() and c.name not in failed]
    assert not passed_but_listed, "take these out of onnx_node_cases.toml"


def test_every_listed_case_exists():
    existing = {case.name for cases in cases_by_op().values() for case in cases}
    assert set(listed()) <= existing
