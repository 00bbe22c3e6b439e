from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from edgec.lower.editor import Editor
from edgec.lower.graph import Graph
from edgec.lower.ops.add import Add
from edgec.lower.ops.mul import Mul
from edgec.lower.ops.unary import Unary
from edgec.lower.passes import fuse_activations
from tests.unit.lower.passes.small_graphs import build, same_results


def _number(editor: Editor, value: float) -> str:
    return editor.add_constant("number", np.array(value, np.float32))


def _silu(editor: Editor) -> str:
    return editor.emit(Mul(), ["x", editor.emit(Unary("sigmoid"), ["x"], "gate")], "mul")


def _hard_swish(editor: Editor) -> str:
    gate = editor.emit(Unary("hard_sigmoid", 1 / 6, 0.5), ["x"], "gate")
    return editor.emit(Mul(), [gate, "x"], "mul")


def _spelled_out(editor: Editor, shift: float = 3.0) -> str:
    moved = editor.emit(Add(), ["x", _number(editor, shift)], "add")
    gate = editor.emit(Unary("clip", 0.0, 6.0), [moved], "clip")
    return editor.emit(Mul(), [editor.emit(Mul(), ["x", gate], "mul"), _number(editor, 1 / 6)],
                       "sixth")


def _kinds(graph: Graph) -> list[str]:
    return [getattr(n.attributes, "kind", n.op) for n in graph.nodes]


@pytest.mark.parametrize(("make", "kind"), [(_silu, "silu"), (_hard_swish, "hard_swish"),
                                            (_spelled_out, "hard_swish")])
def test_spelled_out_activation_becomes_one_node(make: Callable[[Editor], str], kind: str) -> None:
    before = build({"x": (4, 50)}, lambda e: [make(e)])
    after = fuse_activations.run(before)
    same_results(before, after, atol=1e-6)
    assert _kinds(after) == [kind]


def test_almost_hard_swish_is_left_alone() -> None:
    before = build({"x": (4, 50)}, lambda e: [_spelled_out(e, shift=2.9)])
    assert fuse_activations.run(before) == before


def test_gate_of_another_tensor_is_left_alone() -> None:
    before = build({"x": (4, 5), "y": (4, 5)}, lambda e: [e.emit(
        Mul(), ["x", e.emit(Unary("sigmoid"), ["y"], "gate")], "mul")])
    assert fuse_activations.run(before) == before
