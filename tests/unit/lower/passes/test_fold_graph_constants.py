from __future__ import annotations

from edgec.lower.ops.add import Add
from edgec.lower.ops.fully_connected import FullyConnected
from edgec.lower.ops.transpose import Transpose
from edgec.lower.ops.unary import Unary
from edgec.lower.passes import fold_constants
from tests.unit.lower.passes.small_graphs import build, constant, ops, same_results, stored_weights


def test_chain_of_constants_becomes_one_constant() -> None:
    before = build({"x": (3, 5)}, lambda e: [e.emit(Add(), ["x", e.emit(Unary("exp"), [
        e.emit(Transpose((1, 0)), [constant(e, (5, 3))], "t")], "exp")], "add")])
    after = fold_constants.run(before)
    same_results(before, after)
    assert ops(after) == ["add"]


def test_dequantized_weights_stay_stored() -> None:
    before = build({"x": (3, 8)}, lambda e: [e.emit(
        FullyConnected(), ["x", stored_weights(e, (5, 8))], "fc")])
    assert ops(fold_constants.run(before)) == ["dequantize", "fully_connected"]


def test_constant_output_of_the_graph_is_still_written_by_a_node() -> None:
    before = build({"x": (3,)}, lambda e: [e.emit(Unary("neg"), [constant(e, (4,))], "neg")])
    after = fold_constants.run(before)
    same_results(before, after)
    assert ops(after) == ["unary"]
