"""Golden vectors of a graph with exits: what leaves where, and what is said where nothing does."""

import numpy as np
import pytest

from edgec.lower.golden_exits import golden_exits
from edgec.lower.graph import Graph, Node, Tensor
from edgec.lower.interpret import interpret
from edgec.lower.ops.exit import Exit
from edgec.lower.ops.minimum import Minimum
from edgec.model.confidence import ONE, softmax_sums

HALF = 2 * ONE  # the sum at a largest softmax of 1 / 2


def graph(limit: int) -> Graph:
    """Logits x of three classes leave where they are sure; else x again is the answer."""
    tensors = {name: Tensor(name, (1, 3), "f32") for name in ("x", "e", "y")}
    nodes = (Node("exit", "exit", ("x",), ("e",), Exit(limit)),
             Node("pass", "minimum", ("x", "e"), ("y",), Minimum()))
    return Graph("g", tensors, nodes, ("x",), ("y", "e"))


SURE, UNSURE = np.array([[9, 0, 0]], np.float32), np.array([[1, 1, 1]], np.float32)


def test_samples_are_found_that_leave_at_each_exit_and_at_the_end() -> None:
    found = golden_exits(graph(HALF), samples={"x": np.stack([UNSURE[0], UNSURE[0], SURE[0]])})
    np.testing.assert_array_equal(found.inputs[0], np.concatenate([SURE, UNSURE]))
    assert found.answers.tolist() == [1, 0]
    assert found.missing == ()


def test_outputs_are_the_references_of_every_sample() -> None:
    made = graph(HALF)
    found = golden_exits(made, samples={"x": np.stack([UNSURE[0], SURE[0]])})
    runs = [interpret(made, {"x": x[None]}) for x in found.inputs[0]]
    for name, output in zip(made.outputs, found.outputs, strict=True):
        np.testing.assert_array_equal(output, np.concatenate([r[name] for r in runs]))


def test_an_exit_at_which_nothing_leaves_is_named() -> None:
    found = golden_exits(graph(0), samples={"x": SURE[None, 0]})
    assert found.missing == ("e",)
    assert found.answers.tolist() == [0]


def test_without_typical_inputs_noise_is_tried() -> None:
    found = golden_exits(graph(round(2.5 * ONE)))
    assert sorted(found.answers.tolist()) == [0, 1]


@pytest.mark.parametrize(("exact", "chosen"), [(True, [1.0, 0, 0]), (False, [9.0, 0, 0])])
def test_a_close_decision_is_taken_only_where_every_board_computes_it_alike(
        exact: bool, chosen: list[float]) -> None:
    close = np.array([[1, 0, 0]], np.float32)
    limit = int(1.01 * softmax_sums(close)[0])
    rows = np.concatenate([close, SURE, UNSURE])
    found = golden_exits(graph(limit), exact, {"x": rows})
    assert found.answers.tolist() == [1, 0]
    assert found.inputs[0][0].tolist() == chosen
