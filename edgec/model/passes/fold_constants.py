"""Computes everything that does not depend on an input, once and for all.

`Constant` nodes become initializers; a node whose inputs are all constant is evaluated by ONNX's
reference implementation; `Shape` and `Size` of a static shape and `CastLike` of a constant are
constants too. Folding and shape inference feed each other, so they alternate until nothing changes.
QuantizeLinear and DequantizeLinear stay: they say how a weight is stored. Nodes with an If, Loop or
Scan body, random nodes, and nodes that write a graph output stay as well.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
import onnx_ir as ir
from onnx.reference import ReferenceEvaluator

from edgec.errors import ModelError
from edgec.model.passes._unused import remove_unused
from edgec.model.passes.infer_shapes import is_static, propagate

LARGEST_RESULT_BYTES = 64 * 2**20  # a larger constant is left to be computed when the model runs

_KEPT = frozenset({
    "QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "RandomNormal",
    "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli", "Multinomial"})


def run(model: ir.Model) -> ir.Model:
    """Folds all constants and removes what nothing reads any more."""
    _lift_overridable_initializers(model.graph)
    while True:
        propagate(model)
        folded = [_fold(model, node) for node in list(model.graph)]
        if not any(folded):
            break
    remove_unused(model.graph)
    return model


def _lift_overridable_initializers(graph: ir.Graph) -> None:
    """Old files list initializers among the inputs; here a constant is a constant."""
    for value in list(graph.inputs):
        if value.name in graph.initializers:
            graph.inputs.remove(value)


def _fold(model: ir.Model, node: ir.Node) -> bool:
    if node.domain or node.op_type in _KEPT or any(
            value.is_graph_output() for value in node.outputs):
        return False
    if any(isinstance(a.value, ir.Graph) for a in node.attributes.values()):
        return False
    results = _evaluate(model, node)
    if results is None:
        return False
    for value, result in zip(node.outputs, results, strict=False):
        _replace(model.graph, value, result, _name(model.graph, node, value))
    model.graph.remove(node, safe=True)
    return True


def _name(graph: ir.Graph, node: ir.Node, value: ir.Value) -> str:
    """A transposed weight keeps the name of its layer; all else is named as it was computed."""
    source = node.inputs[0] if node.op_type == "Transpose" else None
    name = str(value.name) if source is None else f"{source.name}.transposed"
    return str(value.name) if name in graph.initializers else name


def _replace(graph: ir.Graph, value: ir.Value, result: ir.TensorProtocol, name: str) -> None:
    if not value.name or not value.uses():
        return
    value.name = f"{value.name}/folded"
    constant = ir.Value(name=name, shape=ir.Shape(result.shape.numpy()),
                        type=ir.TensorType(result.dtype), const_value=result)
    graph.register_initializer(constant)
    ir.convenience.replace_all_uses_with(value, constant)


def _evaluate(model: ir.Model, node: ir.Node) -> Sequence[ir.TensorProtocol] | None:
    """The constant outputs of `node`, or None when they depend on an input."""
    special = {"Constant": constant_value, "Shape": _shape, "Size": _size, "CastLike": _cast_like}
    if node.op_type in special:
        result = special[node.op_type](node)
        return None if result is None else [result]
    constants = {}
    for value in node.inputs:
        if value is None:
            continue
        tensor = constant_of(value)
        if tensor is None:
            return None
        constants[str(value.name)] = tensor
    return _run_reference(_single_node_model(model, node, constants))


def constant_of(value: ir.Value | None) -> ir.TensorProtocol | None:
    """The tensor behind `value` when it is an initializer, else None."""
    return None if value is None or not value.is_initializer() else value.const_value


def constant_value(node: ir.Node) -> ir.TensorProtocol | None:
    """What a Constant node holds; None for sparse tensors and strings."""
    attribute = next(iter(node.attributes.values()), None)
    if attribute is None or attribute.name == "sparse_value":
        return None
    if attribute.name == "value":
        return attribute.as_tensor()
    dtypes = {"value_float": np.float32, "value_floats": np.float32,
              "value_int": np.int64, "value_ints": np.int64}
    if attribute.name not in dtypes:
        return None
    return ir.tensor(np.array(attribute.value, dtypes[attribute.name]))


def _shape(node: ir.Node) -> ir.TensorProtocol | None:
    value = node.inputs[0]
    if value is None or value.shape is None:
        return None
    dims = list(value.shape)[node.attributes.get_int("start", 0):
                             node.attributes.get_int("end", len(value.shape))]
    if not all(isinstance(dim, int) for dim in dims):
        return None
    return ir.tensor(np.array(dims, np.int64))


def _size(node: ir.Node) -> ir.TensorProtocol | None:
    value = node.inputs[0]
    if value is None or not is_static(value):
        return None
    assert value.shape is not None
    return ir.tensor(np.array(np.prod(value.shape.numpy(), dtype=np.int64)))


def _cast_like(node: ir.Node) -> ir.TensorProtocol | None:
    tensor, like = constant_of(node.inputs[0]), node.inputs[1]
    if tensor is None or like is None or like.dtype is None:
        return None
    return ir.tensor(tensor.numpy().astype(like.dtype.numpy()), dtype=like.dtype)


def _single_node_model(model: ir.Model, node: ir.Node,
                       constants: dict[str, ir.TensorProtocol]) -> onnx.ModelProto:
    tensors = []
    for name, tensor in constants.items():
        proto = ir.serde.serialize_tensor(tensor)
        proto.name = name
        tensors.append(proto)
    outputs = [onnx.helper.make_empty_tensor_value_info(v.name) for v in node.outputs if v.name]
    graph = onnx.helper.make_graph([ir.serde.serialize_node(node)], "fold", [], outputs, tensors)
    opsets = [onnx.helper.make_opsetid("", model.opset_imports.get("", 1))]
    return onnx.helper.make_model(graph, opset_imports=opsets, ir_version=model.ir_version)


def _run_reference(proto: onnx.ModelProto) -> Sequence[ir.TensorProtocol] | None:
    """Runs a one-node model, if its results are known to be of a sane size beforehand."""
    node = proto.graph.node[0]
    try:
        inferred = onnx.shape_inference.infer_shapes(proto, data_prop=True)
        types = [output.type.tensor_type for output in inferred.graph.output]
        if not all(_small(tensor) for tensor in types):
            return None
        results = iter(ReferenceEvaluator(proto).run(None, {}))
    except (ValueError, TypeError, IndexError, KeyError, RuntimeError) as error:
        raise ModelError(f"node {node.name!r} ({node.op_type}) has constant inputs that do not fit "
                         f"together: {error}") from None
    dtypes = iter(ir.DataType(tensor.elem_type) for tensor in types)
    return [ir.tensor(np.asarray(next(results)), dtype=next(dtypes)) if name else ir.tensor(0)
            for name in node.output]


def _small(tensor: onnx.TypeProto.Tensor) -> bool:
    if not tensor.HasField("shape") or not tensor.elem_type:
        return False
    count = 1
    for dim in tensor.shape.dim:
        if not dim.HasField("dim_value"):
            return False
        count *= dim.dim_value
    return count * ir.DataType(tensor.elem_type).itemsize <= LARGEST_RESULT_BYTES


PLUGIN = run
