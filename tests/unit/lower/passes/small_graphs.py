"""Graphs of a few nodes for the tests of passes, and the check that a pass keeps their meaning."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from edgec.lower.editor import Editor
from edgec.lower.graph import DTYPES, Array, Graph, Quantization, Tensor
from edgec.lower.interpret import interpret
from edgec.lower.ops.dequantize import Dequantize
from edgec.lower.ops.quantize import Quantize
from edgec.lower.verify import verify

Shape = tuple[int, ...]


def quantization(scale: float, zero_point: int = 0) -> Quantization:
    """Per tensor."""
    return Quantization(np.array([scale]), np.array([zero_point]))


def build(inputs: Mapping[str, Shape], make: Callable[[Editor], list[str]]) -> Graph:
    """A graph with float32 inputs; `make` emits its nodes and gives its outputs."""
    tensors = {name: Tensor(name, shape, "f32") for name, shape in inputs.items()}
    editor = Editor(Graph("test", tensors, (), tuple(inputs), ()))
    editor.outputs.extend(make(editor))
    return verify(editor.finish())


def constant(editor: Editor, shape: Shape, seed: int = 3) -> str:
    """A float32 constant of seeded normal numbers."""
    values = np.random.default_rng(seed).standard_normal(shape)
    return editor.add_constant(f"constant{seed}", values.astype(np.float32))


def stored_weights(editor: Editor, shape: Shape, axis: int = 0, seed: int = 4) -> str:
    """Seeded s8 weights with a scale per index of `axis`, behind a dequantize."""
    random = np.random.default_rng(seed)
    scale = random.uniform(0.005, 0.02, shape[axis]).astype(np.float32)
    parameters = Quantization(scale, np.zeros(shape[axis], np.int32), axis)
    data = random.integers(-127, 128, shape).astype(np.int8)
    name = editor.add_constant(f"stored{seed}", data, parameters)
    return editor.emit(Dequantize(), [name], f"dequantize{seed}")


def fake_quantized(editor: Editor, tensor: str, scale: float, zero_point: int = 0) -> str:
    """`tensor` through quantize and dequantize."""
    stored = editor.emit(Quantize(), [tensor], f"{tensor}.q",
                         quantization=quantization(scale, zero_point))
    return editor.emit(Dequantize(), [stored], f"{tensor}.dq")


def ops(graph: Graph) -> list[str]:
    """The ops in execution order."""
    return [node.op for node in graph.nodes]


def inputs_of(graph: Graph, seed: int = 0) -> dict[str, Array]:
    """Seeded normal inputs."""
    random = np.random.default_rng(seed)
    return {name: random.standard_normal(graph.tensors[name].shape)
            .astype(DTYPES[graph.tensors[name].dtype]) for name in graph.inputs}


def same_results(before: Graph, after: Graph, atol: float = 0.0) -> None:
    """Assert that both graphs are well formed and give the same outputs, under the same names."""
    verify(after)
    assert after.inputs == before.inputs
    assert after.outputs == before.outputs
    values = inputs_of(before)
    expected, found = interpret(before, values), interpret(after, values)
    for name in before.outputs:
        np.testing.assert_allclose(found[name], expected[name], rtol=0, atol=atol)
