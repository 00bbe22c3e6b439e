"""Gives every value in the graph its static shape and element type, by ONNX's own inference."""

from __future__ import annotations

import onnx
import onnx_ir as ir

from edgec.errors import ModelError

_LARGE_BYTES = 1024  # larger tensors are weights, whose values no shape depends on


def run(model: ir.Model) -> ir.Model:
    """Infers all shapes. ModelError when they contradict each other or one stays unknown."""
    propagate(model)
    unknown = [value for node in model.graph for value in node.outputs
               if value.name and not is_static(value)]
    if unknown:
        first = unknown[0]
        producer = first.producer()
        assert producer is not None
        raise ModelError(
            f"the shape of {first.name!r}, made by node {producer.name!r} ({producer.op_type}), "
            f"cannot be known before the model runs ({len(unknown)} such values in all). "
            "Boards run fixed shapes: give every input a shape, or take out what depends on data.")
    return model


def propagate(model: ir.Model) -> ir.Model:
    """Infers the shapes that can be inferred; unknown ones may stay."""
    try:
        inferred = onnx.shape_inference.infer_shapes(_without_weights(model), check_type=True,
                                                     strict_mode=True, data_prop=True)
    except (onnx.shape_inference.InferenceError, ValueError) as error:
        raise ModelError(f"the shapes in the model do not fit together: {_reason(error)} If input "
                         "shapes were given, check them.") from None
    known = {info.name: info for info in (*inferred.graph.value_info, *inferred.graph.output)}
    for node in model.graph:
        for value in node.outputs:
            if value.name in known:
                _take(value, known[value.name])
    return model


def is_static(value: ir.Value) -> bool:
    """Whether the element type and all dimensions of `value` are known."""
    return (value.dtype is not None and value.shape is not None
            and all(isinstance(dim, int) for dim in value.shape))


def _take(value: ir.Value, info: onnx.ValueInfoProto) -> None:
    if not info.type.HasField("tensor_type"):
        return
    tensor = info.type.tensor_type
    if tensor.elem_type:
        value.dtype = ir.DataType(tensor.elem_type)
    if tensor.HasField("shape"):
        value.shape = ir.Shape([dim.dim_value if dim.HasField("dim_value")
                                else (dim.dim_param or None) for dim in tensor.shape.dim])


def _without_weights(model: ir.Model) -> onnx.ModelProto:
    """The model with its large constants turned into inputs, so that it is quick to copy."""
    light = model.clone()
    for name, value in list(light.graph.initializers.items()):
        tensor = value.const_value
        if tensor is None or tensor.nbytes <= _LARGE_BYTES:
            continue
        value.shape, value.dtype = ir.Shape(tensor.shape.numpy()), tensor.dtype
        del light.graph.initializers[name]
        value.const_value = None
        if value not in light.graph.inputs:
            light.graph.inputs.append(value)
    for node in list(light.graph):
        _stand_in(light.graph, node)
    return ir.serde.serialize_model(light)


def _stand_in(graph: ir.Graph, node: ir.Node) -> None:
    """ONNX Runtime's own QDQ nodes change only the type, so a Cast has their shape."""
    if node.domain != "com.microsoft" or node.op_type not in ("QuantizeLinear", "DequantizeLinear"):
        return
    typed = node.inputs[1] if node.op_type == "DequantizeLinear" else (
        node.inputs[2] if len(node.inputs) > 2 else None)
    dtype = ir.DataType.UINT8 if typed is None or typed.dtype is None else typed.dtype
    cast = ir.node("Cast", node.inputs[:1], attributes={"to": int(dtype)}, name=node.name)
    cast.outputs[0].name = node.outputs[0].name
    graph.insert_after(node, cast)
    ir.convenience.replace_all_uses_with(node.outputs[0], cast.outputs[0],
                                         replace_graph_outputs=True)
    graph.remove(node)


def _reason(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else "shape inference failed"


PLUGIN = run
