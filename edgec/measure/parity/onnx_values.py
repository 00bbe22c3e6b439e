"""Every value of an ONNX model in ONNX Runtime with its optimizations off, and as what of ours."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx
import onnx_ir as ir

from edgec.errors import EngineError
from edgec.lower.graph import DTYPES, Array, Quantization, Tensor

UINT8_SHIFT = 128  # the integer graph holds uint8 as int8, values and zero point shifted


class OnnxValues:
    """A model as ONNX Runtime computes it, node by node; EngineError when it refuses the model."""

    def __init__(self, model: ir.Model, where: str) -> None:
        import onnxruntime

        self._where = where
        self._quantizations = _quantizations(model)
        self._runtime_errors = (onnxruntime.capi.onnxruntime_pybind11_state.Fail,
                                onnxruntime.capi.onnxruntime_pybind11_state.InvalidGraph,
                                onnxruntime.capi.onnxruntime_pybind11_state.NotImplemented,
                                onnxruntime.capi.onnxruntime_pybind11_state.InvalidArgument,
                                onnxruntime.capi.onnxruntime_pybind11_state.RuntimeException)
        proto = _all_outputs(model)
        self._names = [value.name for value in proto.graph.output]
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.intra_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(
                proto.SerializeToString(), options, providers=["CPUExecutionProvider"])
        except self._runtime_errors as error:
            raise self._refusal(error) from None

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Every value that a node writes, by name."""
        try:
            values = self._session.run(self._names, dict(inputs))
        except self._runtime_errors as error:
            raise self._refusal(error) from None
        return {name: np.asarray(value) for name, value in zip(self._names, values, strict=True)
                if isinstance(value, np.ndarray | np.generic)}

    def as_tensor(self, tensor: Tensor, values: Mapping[str, Array], expected: Array
                  ) -> Array | None:
        """The value that `tensor` of the integer graph stands for, laid out and shifted as it is.

        None where the model has none of that name, or one of another scale. Where an image could
        lie both ways, the one nearer to `expected`.
        """
        value = values.get(tensor.name)
        if value is None or not self._same_scale(tensor):
            return None
        value = shifted(tensor, value)
        if value.dtype != DTYPES[tensor.dtype]:
            return None
        ways = [value, np.moveaxis(value, 1, -1)] if value.ndim > 2 else [value]
        fitting = [way for way in ways if way.shape == tensor.shape]
        return min(fitting, default=None, key=lambda way: float(np.abs(
            way.astype(np.float64) - expected).sum()))

    def _same_scale(self, tensor: Tensor) -> bool:
        known = self._quantizations.get(tensor.name)
        shift = UINT8_SHIFT if tensor.dtype == "u8" else 0
        return known is None or known.moved(shift).same_as(tensor.quantization)

    def _refusal(self, error: Exception) -> EngineError:
        return EngineError(f"ONNX Runtime refuses {self._where}: {' '.join(str(error).split())}")


def shifted(tensor: Tensor, value: Array) -> Array:
    """A value of the ONNX model in the integers of `tensor`, which may stand for uint8 in int8."""
    if value.dtype == np.uint8 and tensor.dtype == "s8":
        return (value.astype(np.int16) - UINT8_SHIFT).astype(np.int8)
    return value


def is_quantized(model: ir.Model) -> bool:
    """Whether a model has QuantizeLinear nodes."""
    return any(node.op_type == "QuantizeLinear" for node in model.graph)


def node_of_value(model: ir.Model) -> dict[str, tuple[str, str]]:
    """Name and op of the node that writes each value."""
    return {str(v.name): (node.name or str(v.name), node.op_type)
            for node in model.graph for v in node.outputs}


def _all_outputs(model: ir.Model) -> onnx.ModelProto:
    proto = ir.to_proto(model)
    assert isinstance(proto, onnx.ModelProto)
    known = {value.name for value in proto.graph.output}
    names = (name for node in proto.graph.node for name in node.output)
    proto.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names
                              if name and name not in known)
    return proto


def _quantizations(model: ir.Model) -> dict[str, Quantization]:
    """What each QuantizeLinear of one constant scale writes, as the integer graph has it."""
    found = {}
    for node in model.graph:
        if node.op_type != "QuantizeLinear":
            continue
        scale, zero = (_constant(node, index) for index in (1, 2))
        if scale is None or scale.size != 1:
            continue
        point = np.zeros(1, np.int32) if zero is None else zero.reshape(-1).astype(np.int32)
        if zero is not None and zero.dtype == np.uint8:
            point = point - UINT8_SHIFT
        found[str(node.outputs[0].name)] = Quantization(scale.reshape(-1), point)
    return found


def _constant(node: ir.Node, index: int) -> Array | None:
    value = node.inputs[index] if index < len(node.inputs) else None
    return None if value is None or value.const_value is None else value.const_value.numpy()
