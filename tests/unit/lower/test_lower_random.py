"""Random small models: the import and the passes never change what a model computes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import onnx
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from edgec.lower.from_onnx import import_onnx
from edgec.lower.graph import Array
from edgec.lower.interpret import interpret
from edgec.lower.lower import PASSES, lower
from edgec.lower.passes import dequantize_weights, fuse_qdq
from edgec.lower.verify import verify
from tests.unit.lower.lower_models import as_ir
from tests.unit.lower.onnxruntime_judge import run_onnx

STEP = 0.05


@dataclass
class Writer:
    """Writes a random ONNX model node by node; keeps every tensor that a later node may read."""

    draw: st.DrawFn
    quantize: bool
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: dict[str, Array] = field(default_factory=dict)
    shapes: dict[str, tuple[int, ...]] = field(default_factory=lambda: {"x": (1, 4, 6, 5)})

    def add(self, op: str, inputs: list[str], shape: tuple[int, ...], **attributes: object) -> str:
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], name=f"n{name}", **attributes))
        self.shapes[name] = shape
        return name

    def constant(self, values: Array) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = values
        return name

    def numbers(self, shape: tuple[int, ...]) -> str:
        seed = self.draw(st.integers(0, 99))
        return self.constant(np.random.default_rng(seed).standard_normal(shape).astype(np.float32))

    def pick(self, rank: int | None = None) -> str:
        names = [n for n, s in self.shapes.items() if rank is None or len(s) == rank]
        return self.draw(st.sampled_from(names[-4:] if names else ["x"]))

    def step(self) -> None:
        kinds = [self.conv, self.pool, self.unary, self.binary, self.transpose, self.reshape,
                 self.concat, self.pad, self.slice, self.reduce, self.scale]
        if self.quantize:
            kinds += [self.fake_quantize] * 4
        self.draw(st.sampled_from(kinds))()

    def conv(self) -> None:
        x = self.pick(4)
        n, c, h, w = self.shapes[x]
        depthwise = self.draw(st.booleans())
        weight = self.numbers((c, 1, 1, 1) if depthwise else (3, c, 1, 1))
        out = c if depthwise else 3
        self.add("Conv", [x, weight], (n, out, h, w), group=c if depthwise else 1)

    def pool(self) -> None:
        x = self.pick(4)
        n, c, h, w = self.shapes[x]
        op = self.draw(st.sampled_from(["MaxPool", "AveragePool"]))
        self.add(op, [x], (n, c, h, w), kernel_shape=[3, 3], pads=[1, 1, 1, 1])

    def unary(self) -> None:
        x = self.pick()
        self.add(self.draw(st.sampled_from(["Relu", "Sigmoid", "Neg"])), [x], self.shapes[x])

    def binary(self) -> None:
        x = self.pick()
        same = [n for n, s in self.shapes.items() if s == self.shapes[x]]
        y = self.draw(st.sampled_from(same))
        self.add(self.draw(st.sampled_from(["Add", "Sub", "Mul"])), [x, y], self.shapes[x])

    def scale(self) -> None:
        x = self.pick()
        shape = self.shapes[x]
        if not shape:
            return
        axis = self.draw(st.integers(0, len(shape) - 1))
        by = tuple(n if i == axis else 1 for i, n in enumerate(shape))[axis:]
        self.add(self.draw(st.sampled_from(["Mul", "Add"])), [x, self.numbers(by)], shape)

    def transpose(self) -> None:
        x = self.pick()
        shape = self.shapes[x]
        perm = self.draw(st.permutations(range(len(shape))))
        self.add("Transpose", [x], tuple(shape[i] for i in perm), perm=list(perm))

    def reshape(self) -> None:
        x = self.pick()
        shape = list(self.shapes[x])
        if len(shape) > 1 and self.draw(st.booleans()):
            axis = self.draw(st.integers(0, len(shape) - 2))
            shape[axis:axis + 2] = [shape[axis] * shape[axis + 1]]
        elif len(shape) < 5:
            axis = self.draw(st.integers(0, len(shape)))
            shape.insert(axis, 1)
        self.add("Reshape", [x, self.constant(np.array(shape, np.int64))], tuple(shape))

    def concat(self) -> None:
        x = self.pick()
        shape = self.shapes[x]
        if not shape or max(shape) > 40:
            return
        axis = self.draw(st.integers(0, len(shape) - 1))
        y = self.draw(st.sampled_from([n for n, s in self.shapes.items() if s == shape]))
        joined = tuple(2 * n if i == axis else n for i, n in enumerate(shape))
        self.add("Concat", [x, y], joined, axis=axis)

    def pad(self) -> None:
        x = self.pick()
        shape = self.shapes[x]
        pads = [self.draw(st.integers(0, 1)) for _ in range(2 * len(shape))]
        grown = tuple(n + pads[i] + pads[len(shape) + i] for i, n in enumerate(shape))
        self.add("Pad", [x, self.constant(np.array(pads, np.int64))], grown)

    def slice(self) -> None:
        x = self.pick()
        shape = self.shapes[x]
        axis = self.draw(st.integers(0, len(shape) - 1)) if shape else -1
        if axis < 0 or shape[axis] < 2:
            return
        step = self.draw(st.integers(1, 2))
        limits = [self.constant(np.array([v], np.int64)) for v in (1, shape[axis], axis, step)]
        left = tuple(len(range(1, n, step)) if i == axis else n for i, n in enumerate(shape))
        self.add("Slice", [x, *limits], left)

    def reduce(self) -> None:
        x = self.pick()
        shape = self.shapes[x]
        if len(shape) < 2:
            return
        axis, keep = self.draw(st.integers(0, len(shape) - 1)), self.draw(st.booleans())
        left = tuple(1 if i == axis else n for i, n in enumerate(shape) if keep or i != axis)
        self.add("ReduceMean", [x, self.constant(np.array([axis], np.int64))], left,
                 keepdims=int(keep))

    def fake_quantize(self) -> None:
        x = self.pick()
        zero = self.draw(st.sampled_from([0, -20]))
        parameters = [self.constant(np.float32(self.draw(st.sampled_from([STEP, 0.08])))),
                      self.constant(np.int8(zero))]
        stored = self.add("QuantizeLinear", [x, *parameters], self.shapes[x])
        shape = self.shapes.pop(stored)  # only read through DequantizeLinear
        self.add("DequantizeLinear", [stored, *parameters], shape)

    def model(self) -> onnx.ModelProto:
        unread = [n for n in self.shapes if all(n not in node.input for node in self.nodes)]
        outputs = [n for n in unread if n != "x"] or [self.add("Relu", ["x"], self.shapes["x"])]
        graph = helper.make_graph(
            self.nodes, "random",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, self.shapes["x"])],
            [helper.make_tensor_value_info(n, TensorProto.FLOAT, self.shapes[n]) for n in outputs],
            [numpy_helper.from_array(np.asarray(v), n) for n, v in self.constants.items()])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
        model.ir_version = 10
        onnx.checker.check_model(model)
        return model


@st.composite
def models(draw: st.DrawFn, quantize: bool) -> onnx.ModelProto:
    writer = Writer(draw, quantize)
    for _ in range(draw(st.integers(1, 9))):
        writer.step()
    return writer.model()


def _input() -> dict[str, Array]:
    return {"x": np.random.default_rng(7).standard_normal((1, 4, 6, 5)).astype(np.float32)}


@settings(max_examples=60, deadline=None)
@given(models(quantize=False))
def test_lowered_float_model_equals_onnxruntime(model: onnx.ModelProto) -> None:
    expected, found = run_onnx(model, _input()), interpret(lower(as_ir(model)), _input())
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-4, atol=1e-4)


@settings(max_examples=60, deadline=None)
@given(models(quantize=True))
def test_passes_that_only_move_do_not_change_a_quantized_model(model: onnx.ModelProto) -> None:
    graph = import_onnx(as_ir(model))
    expected = interpret(graph, _input())
    for step in PASSES:
        if step in (fuse_qdq.run, dequantize_weights.run):
            continue
        graph = verify(step(graph))
    found = interpret(graph, _input())
    for name, value in expected.items():
        close = np.isclose(found[name], value, rtol=1e-4, atol=1e-4)
        assert close.mean() > 0.9  # a sum in another order may round to the next step


@settings(max_examples=60, deadline=None)
@given(models(quantize=True))
def test_lowered_quantized_model_is_well_formed_and_explains_each_float_op(
        model: onnx.ModelProto) -> None:
    graph = verify(lower(as_ir(model)))
    quantized = any(n.op in ("quantize", "dequantize") for n in import_onnx(as_ir(model)).nodes)
    computing = {"conv2d", "depthwise_conv2d", "unary", "add", "sub", "mul", "average_pool2d",
                 "mean"}
    for node in graph.nodes:
        if quantized and node.op in computing and graph.tensors[node.outputs[0]].dtype == "f32":
            assert node.reason
