from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from edgec.lower.editor import Editor
from edgec.lower.graph import Graph, Tensor
from edgec.lower.ops.add import Add
from edgec.lower.ops.conv2d import Conv2d
from edgec.lower.ops.fully_connected import FullyConnected
from edgec.lower.ops.sub import Sub
from edgec.lower.passes import fuse_residual
from edgec.lower.verify import verify
from tests.unit.lower.passes.small_graphs import ops, quantization, same_results

SHAPE = (1, 5, 4, 6)
Q = quantization(0.05, 3)


def graph_of(make: Callable[[Editor], list[str]], shape: tuple[int, ...] = SHAPE) -> Graph:
    """int8 inputs x and r."""
    tensors = {n: Tensor(n, shape, "s8", Q) for n in "xr"}
    editor = Editor(Graph("test", tensors, (), ("x", "r"), ()))
    editor.outputs.extend(make(editor))
    return verify(editor.finish())


def weights(editor: Editor, shape: tuple[int, ...]) -> str:
    data = np.random.default_rng(1).integers(-127, 128, shape).astype(np.int8)
    return editor.add_constant("w", data, quantization(0.01))


def conv(editor: Editor, x: str, name: str = "conv") -> str:
    return editor.emit(Conv2d(pad=(1, 1, 1, 1)), [x, weights(editor, (6, 3, 3, 6))], name,
                       quantization=quantization(0.3, -5))


def add(editor: Editor, a: str, b: str, name: str = "add") -> str:
    return editor.emit(Add((0.0, 9.0)), [a, b], name, quantization=quantization(0.2, -20))


@pytest.mark.parametrize("conv_is_first", [True, False])
def test_sum_goes_into_the_convolution(conv_is_first: bool) -> None:
    def make(editor: Editor) -> list[str]:
        y = conv(editor, "x")
        return [add(editor, y, "r") if conv_is_first else add(editor, "r", y)]
    before = graph_of(make)
    after = fuse_residual.run(before)
    same_results(before, after)
    assert ops(after) == ["conv2d_add"]
    assert after.nodes[0].name == "conv"
    assert after.outputs == before.outputs


def test_sum_goes_into_the_fully_connected_layer() -> None:
    def make(editor: Editor) -> list[str]:
        y = editor.emit(FullyConnected(), ["x", weights(editor, (6, 6))], "fc",
                        quantization=quantization(0.3, -5))
        return [add(editor, "r", y)]
    before = graph_of(make)
    after = fuse_residual.run(before)
    same_results(before, after)
    assert ops(after) == ["fully_connected_add"]


def test_of_two_convolutions_the_later_adds() -> None:
    def make(editor: Editor) -> list[str]:
        first, second = conv(editor, "x", "first"), conv(editor, "r", "second")
        return [add(editor, second, first)]
    before = graph_of(make)
    after = fuse_residual.run(before)
    same_results(before, after)
    assert [(n.name, n.op) for n in after.nodes] == [("first", "conv2d"), ("second", "conv2d_add")]


def test_residual_that_is_made_after_the_convolution_comes_before_it() -> None:
    def make(editor: Editor) -> list[str]:
        y = conv(editor, "x")
        return [add(editor, y, add(editor, "x", "r", "between"))]
    before = graph_of(make)
    after = fuse_residual.run(before)
    same_results(before, after)
    assert [n.name for n in after.nodes] == ["between", "conv"]


def test_chain_of_residuals_is_fused_one_by_one() -> None:
    def make(editor: Editor) -> list[str]:
        y = add(editor, conv(editor, "x"), "x", "first")
        return [add(editor, y, conv(editor, y, "conv2"), "second")]
    before = graph_of(make)
    after = fuse_residual.run(before)
    same_results(before, after)
    assert ops(after) == ["conv2d_add", "conv2d_add"]


@pytest.mark.parametrize("what", ["read twice", "graph output", "with itself", "sub", "broadcast"])
def test_sum_stays(what: str) -> None:
    def make(editor: Editor) -> list[str]:
        y = conv(editor, "x")
        if what == "read twice":
            return [add(editor, y, "r"), conv(editor, y, "again")]
        if what == "graph output":
            return [add(editor, y, "r"), y]
        if what == "with itself":
            return [add(editor, y, y)]
        if what == "sub":
            return [editor.emit(Sub(), [y, "r"], "sub", quantization=quantization(0.2))]
        one = editor.add_constant("c", np.ones((6,), np.int8), Q)
        return [add(editor, y, one)]
    before = graph_of(make)
    assert ops(fuse_residual.run(before)) == ops(before)
