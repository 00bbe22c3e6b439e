from __future__ import annotations

import onnx_ir as ir

from edgec.compress.quantization.sensitivity import sensitive
from edgec.compress.quantization.units import Unit

VALUES = {n: ir.Value(name=n) for n in "xabcd"}


def unit(name: str, source: str, kind: str = "linear") -> Unit:
    return Unit(name, kind, (), (VALUES[source],), (VALUES[name],))


ALL_FROM_INPUT = [unit(n, "x") for n in "abcd"]
SQNR = {"a": 5.0, "b": 30.0, "c": 2.0, "d": 7.0}


def test_units_below_the_threshold_are_named_with_their_ratio() -> None:
    reasons = sensitive(ALL_FROM_INPUT, SQNR, 8.0, 1.0)
    assert sorted(reasons) == ["a", "c", "d"]
    assert reasons["c"] == "its output keeps 2.0 dB in int8; at least 8 dB are asked for"


def test_worst_units_come_first_when_the_share_is_limited() -> None:
    assert sorted(sensitive(ALL_FROM_INPUT, SQNR, 8.0, 0.5)) == ["a", "c"]


def test_nothing_is_named_when_no_float_is_allowed() -> None:
    assert sensitive(ALL_FROM_INPUT, SQNR, 8.0, 0.0) == {}


def test_makers_of_the_input_stay_float_too_seen_through_moves() -> None:
    chain = [unit("a", "x"), unit("b", "a", "share"), unit("c", "b"), unit("d", "c")]
    reasons = sensitive(chain, {"a": 30.0, "b": 30.0, "c": 2.0, "d": 30.0}, 8.0, 1.0)
    assert reasons["a"] == reasons["b"] == "c needs its output in float"
    assert sorted(reasons) == ["a", "b", "c"]
