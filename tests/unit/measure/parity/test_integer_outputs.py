"""Models that take or give integers: outputs are compared as what they stand for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgec.parity import ParityOptions, parity

WEIGHTS = np.arange(-16, 16, dtype=np.int8).reshape(8, 4) * np.int8(7)
NATIVE = ("native",)


def constants(kind: type[np.int8] | type[np.uint8]) -> list[onnx.TensorProto]:
    low = np.iinfo(kind).min
    values = {"xs": np.float32(0.02), "xz": kind(low + 138), "ys": np.float32(0.05),
              "yz": kind(low + 108), "wq": WEIGHTS, "ws": np.float32(0.01), "wz": np.int8(0)}
    return [numpy_helper.from_array(np.asarray(v), name) for name, v in values.items()]


def save(path: Path, nodes: list[tuple[str, str, str]], types: tuple[int, int],
         initializers: list[onnx.TensorProto]) -> str:
    """Each node: its op, its inputs, its output; types of x and y."""
    graph = helper.make_graph(
        [helper.make_node(op, given.split(), [made], made) for op, given, made in nodes], "g",
        [helper.make_tensor_value_info("x", types[0], [1, 8])],
        [helper.make_tensor_value_info("y", types[1], [1, 4])], initializers)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10),
              path)
    return str(path)


LAYER = [("DequantizeLinear", "wq ws wz", "w"), ("MatMul", "xf w", "yf"),
         ("QuantizeLinear", "yf ys yz", "y")]


@pytest.mark.parametrize("kind", [np.int8, np.uint8])
def test_integer_inputs_and_outputs_agree(kind, tmp_path: Path) -> None:
    name = helper.np_dtype_to_tensor_dtype(np.dtype(kind))
    model = save(tmp_path / "q.onnx", [("DequantizeLinear", "x xs xz", "xf"), *LAYER],
                 (name, name), constants(kind))
    found = parity(model, ParityOptions(backends=NATIVE))
    assert found.violations == ()
    assert [(o.difference.integer, o.difference.largest) for o in found.outputs] == [(True, 0)] * 2


def test_integers_are_held_against_a_float_model_as_reals(tmp_path: Path) -> None:
    quantized = [("QuantizeLinear", "x xs xz", "xq"), ("DequantizeLinear", "xq xs xz", "xf")]
    model = save(tmp_path / "q.onnx", [*quantized, *LAYER],
                 (TensorProto.FLOAT, TensorProto.INT8), constants(np.int8))
    weights = numpy_helper.from_array(WEIGHTS.astype(np.float32) * np.float32(0.01), "w")
    original = save(tmp_path / "float.onnx", [("MatMul", "x w", "y")],
                    (TensorProto.FLOAT, TensorProto.FLOAT), [weights])
    found = parity(model, ParityOptions(float_model=original, backends=NATIVE))
    assert len(found.outputs) == 3
    assert min(o.difference.sqnr_db for o in found.outputs) > 25
