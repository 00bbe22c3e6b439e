from __future__ import annotations

from edgec.lower.ops.fully_connected import FullyConnected
from edgec.lower.passes import dequantize_weights
from tests.unit.lower.passes.small_graphs import build, ops, same_results, stored_weights


def test_weights_of_a_float_layer_become_float_per_channel() -> None:
    before = build({"x": (3, 8)}, lambda e: [e.emit(
        FullyConnected(), ["x", stored_weights(e, (5, 8))], "fc")])
    after = dequantize_weights.run(before)
    same_results(before, after)
    assert ops(after) == ["fully_connected"]
