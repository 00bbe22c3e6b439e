"""A model whose tensors share memory in every way gives the reference's bytes on every ISA."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgec.lower.backend import load_backend
from edgec.lower.editor import Editor
from edgec.lower.graph import Graph, Tensor
from edgec.lower.interpret import interpret
from edgec.lower.ops.add import Add
from edgec.lower.ops.concat import Concat
from edgec.lower.ops.fully_connected import FullyConnected
from edgec.lower.ops.lut import REQUANTIZE, Lut, table
from edgec.lower.ops.slice import Slice
from edgec.lower.ops.softmax import Softmax
from edgec.lower.passes import fuse_residual
from edgec.lower.plan import plan
from edgec.target.target import load_target
from tests.contract.op_cases import per_tensor
from tests.contract.runners.native import PLUGIN as NATIVE

TOKENS, WIDTH = 5, 64


def model() -> Graph:
    """Tokens with one in front, two residual layers, softmax; the first token and its rest."""
    q, other = per_tensor(0.05, 3), per_tensor(0.07, -9)
    tensors = {name: Tensor(name, (1, rows, WIDTH), "s8", q)
               for name, rows in (("x", TOKENS), ("first", 1))}
    editor = Editor(Graph("shared", tensors, (), ("x", "first"), ()))
    lut = editor.add_constant("table", table(Lut(REQUANTIZE), q, other))
    head, tail = (editor.emit(Lut(REQUANTIZE), [name, lut], f"{name}.lut", quantization=other)
                  for name in ("first", "x"))
    y = editor.emit(Concat(1), [head, tail], "tokens")
    for layer in ("one", "two"):
        values = np.random.default_rng(len(layer)).integers(-127, 128, (WIDTH, WIDTH))
        w = editor.add_constant(f"{layer}.w", values.astype(np.int8), per_tensor(0.004))
        made = editor.emit(FullyConnected(), [y, w], layer, quantization=per_tensor(0.09, 5))
        y = editor.emit(Add(), [made, y], f"{layer}.add", quantization=other)
        y = editor.emit(Add(), [y, y], f"{layer}.twice", quantization=per_tensor(0.1, 1))
        y = editor.emit(Lut(REQUANTIZE), [y, editor.add_constant(
            f"{layer}.table", table(Lut(REQUANTIZE), per_tensor(0.1, 1), other))], f"{layer}.lut",
            quantization=other)
    y = editor.emit(Softmax(), [y], "softmax", quantization=per_tensor(1 / 256, -128))
    for start, length in ((0, 1), (1, TOKENS)):
        editor.outputs.append(editor.emit(
            Slice((0, start, 0), (1, 1, 1), (1, length, WIDTH)), [y], f"slice{start}"))
    return fuse_residual.run(editor.finish())


def test_plan_of_the_model_shares_memory_in_every_way() -> None:
    graph = model()
    offsets = plan(graph).offsets
    of = {node.name: [offsets.get(name) for name in (*node.inputs, *node.outputs)]
          for node in graph.nodes}
    assert of["tokens"] == [of["tokens"][2], of["tokens"][2] + WIDTH, of["tokens"][2]]
    assert of["softmax"][0] == of["softmax"][1]
    assert of["one.twice"][0] == of["one.twice"][1] == of["one.twice"][2]
    assert of["slice1"] == [of["slice1"][0], of["slice1"][0] + WIDTH]
    assert [n.op for n in graph.nodes if n.name in ("one", "two")] == ["fully_connected_add"] * 2


@pytest.mark.parametrize("variant", NATIVE.variants)
def test_model_gives_the_references_bytes(variant: str, tmp_path: Path) -> None:
    graph = model()
    rng = np.random.default_rng(3)
    inputs = {n: rng.integers(-128, 128, graph.tensors[n].shape).astype(np.int8)
              for n in graph.inputs}
    artifact = tmp_path / "model.edgec"
    artifact.write_bytes(load_backend("native").emit(graph, plan(graph),
                                                     load_target("generic_x86_64")))
    expected = interpret(graph, inputs)
    found = NATIVE.run(artifact, list(inputs.values()), variant)
    for name, got in zip(graph.outputs, found, strict=True):
        np.testing.assert_array_equal(got, expected[name])
