"""ONNX Runtime as the judge of a lowered model: plain QDQ semantics, every int8 tensor compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_static

from edgec.lower import catalog
from edgec.lower.graph import Array, Graph


def run_onnx(model: onnx.ModelProto, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """The outputs of ONNX Runtime with its graph optimizations off."""
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(model.SerializeToString(), options)
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, dict(inputs)), strict=True))


class _Batches(CalibrationDataReader):
    def __init__(self, batches: Iterator[Mapping[str, Array]]) -> None:
        self._batches = batches

    def get_next(self) -> Any:
        return next(self._batches, None)


def quantize_by_onnxruntime(model: onnx.ModelProto, batches: Iterator[Mapping[str, Array]],
                            folder: Path, **options: Any) -> onnx.ModelProto:
    """A QDQ model made by `quantize_static`."""
    quantize_static(model, folder / "qdq.onnx", _Batches(batches), quant_format=QuantFormat.QDQ,
                    **options)
    return onnx.load(folder / "qdq.onnx")


@dataclass(frozen=True)
class Difference:
    """Over all int8 tensors that both sides name: values, values that differ, the largest step."""

    tensors: int
    values: int
    differing: int
    largest: int


def compare_int8(model: onnx.ModelProto, graph: Graph, inputs: Mapping[str, Array]) -> Difference:
    """Each s8 tensor of `graph` against the QuantizeLinear output of that name in `model`.

    Node by node: each computes from ONNX Runtime's values, so that differences do not add up. The
    tensors of `graph` may be in another layout; the permutation that fits best is compared.
    """
    judge = onnx.ModelProto()
    judge.CopyFrom(model)
    quantized = {n.output[0] for n in judge.graph.node if n.op_type == "QuantizeLinear"}
    names = [t for n in graph.nodes for t in n.outputs
             if graph.tensors[t].dtype == "s8" and t in quantized]
    del judge.graph.output[:]
    judge.graph.output.extend(onnx.helper.make_empty_tensor_value_info(name) for name in names)
    expected = run_onnx(judge, inputs)
    values = {n: t.data for n, t in graph.tensors.items() if t.data is not None} | dict(inputs)
    steps = []
    for node in graph.nodes:
        tensors = [graph.tensors[name] if name else None for name in node.inputs]
        arrays = [values[name] if name else None for name in node.inputs]
        output = graph.tensors[node.outputs[0]]
        found = catalog.ops()[node.op].reference(node.attributes, arrays, tensors, [output])[0]
        if output.name in expected:
            found, step = _replaced(expected[output.name], found)
            steps.append(step)
        values[output.name] = found
    return Difference(len(names), sum(s.size for s in steps),
                      sum(int((s > 0).sum()) for s in steps),
                      max((int(s.max()) for s in steps), default=0))


def _replaced(expected: Array, found: Array) -> tuple[Array, Array]:
    """`expected` in the layout and type of `found`, and how far the two are apart."""
    shift = 128 if (expected.dtype, found.dtype) == (np.uint8, np.int8) else 0
    signed = expected.astype(np.int32) - shift
    orders = [signed.transpose(p).reshape(found.shape) for p in permutations(range(signed.ndim))]
    best = min(orders, key=lambda order: int(np.abs(order - found).sum()))
    return best.astype(found.dtype), np.abs(best - found)
