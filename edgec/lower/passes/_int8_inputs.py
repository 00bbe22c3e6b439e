"""The inputs of a float32 node as they are when it runs in int8: stored weights, s32 bias, scalars.
"""

from __future__ import annotations

import numpy as np

from edgec.lower.constants import Stored, constant_value, stored_constant
from edgec.lower.editor import Editor
from edgec.lower.graph import Array, Node, Quantization, Tensor
from edgec.lower.passes._fit_scales import fit_summand, fit_weights

_WEIGHT_AXIS = {"conv2d": 0, "depthwise_conv2d": 2, "fully_connected": 0}
_INT32 = 2**31


class NotInt8(Exception):
    """Why a node cannot run in int8, as the user reads it."""


def int8_inputs(editor: Editor, node: Node, output_scale: float) -> list[Tensor | None]:
    """The tensors that `node` reads in int8; new constants are tensors not yet in the graph.

    output_scale: of the node's s8 result. Raises NotInt8 when an input is not quantized.
    """
    x = _activation(editor, node, node.inputs[0])
    if node.op in _WEIGHT_AXIS:
        return _layer(editor, node, x, output_scale)
    if node.op == "layer_norm":
        return [x, *(_parameter(editor, node, name) for name in node.inputs[1:])]
    inputs = [x, *(_activation(editor, node, name) for name in node.inputs[1:])]
    if node.op in ("add", "sub"):
        return [_summand(tensor, output_scale) for tensor in inputs]
    return [*inputs]


def _activation(editor: Editor, node: Node, name: str) -> Tensor:
    """The s8 tensor behind a dequantize, or a constant scalar, which int8 holds exactly enough."""
    producer, data = editor.producer(name), editor.data(name)
    if producer is not None and producer.op == "dequantize":
        return editor.tensor(producer.inputs[0])
    if data is not None and data.size == 1 and node.op in ("add", "sub", "mul"):
        return _scalar(name, data)
    if data is not None:
        raise NotInt8(f"its input {name!r} is a float32 constant")
    if producer is None:
        raise NotInt8(f"its input {name!r} is a float32 input of the model")
    raise NotInt8(f"its input {name!r} comes in float32 from {producer.name!r} ({producer.op})")


def _summand(tensor: Tensor, output_scale: float) -> Tensor:
    """A constant summand with a scale that fits the sum's."""
    parameters = tensor.quantization
    if tensor.data is None or tensor.dtype != "s8" or parameters is None \
            or parameters.axis is not None:
        return tensor
    data, fitted = fit_summand(tensor.data, parameters, output_scale)
    if fitted is parameters:
        return tensor
    return Tensor(f"{tensor.name}.fitted", tensor.shape, "s8", fitted, data)


def _scalar(name: str, data: Array) -> Tensor:
    """±127 with the scale that makes it the scalar."""
    value = float(data.reshape(-1)[0])
    scale = np.float32(abs(value) / 127) if value else np.float32(1.0)
    if not np.isfinite(scale) or scale < np.finfo(np.float32).tiny:
        raise NotInt8(f"its constant {name!r} is {value:g}, which has no int8 scale")
    stored = np.full(data.shape, 127 * np.sign(value), np.int8)
    zero = np.zeros(1, np.int32)
    return Tensor(f"{name}.s8", data.shape, "s8", Quantization(np.array([scale]), zero), stored)


def _parameter(editor: Editor, node: Node, name: str) -> Tensor:
    """A float32 constant that stays one; a stored one is taken at its value."""
    value = constant_value(editor, name)
    if value is None:
        raise NotInt8(f"its input {name!r} is not a constant")
    known = editor.tensor(name)
    return known if known.data is not None else Tensor(name, value.shape, "f32", None, value)


def _layer(editor: Editor, node: Node, x: Tensor, output_scale: float) -> list[Tensor | None]:
    """x, the stored weights with one scale per output channel, the bias in s32."""
    axis = _WEIGHT_AXIS[node.op]
    stored = stored_constant(editor, node.inputs[1])
    if stored is None or stored.quantization is None:
        raise NotInt8(f"its weights {node.inputs[1]!r} are not quantized")
    if x.quantization is None:
        raise NotInt8(f"its input {x.name!r} has no scale")
    bias = _stored_bias(editor, node)
    x_scale = x.quantization.scale
    fitted = _fitted(stored, axis, bias, (float(x_scale[0]), output_scale))
    assert fitted.quantization is not None
    weights = _weights(editor, node.inputs[1], stored, fitted)
    if bias is None:
        return [x, weights]
    scale = np.asarray(x_scale * fitted.quantization.scale, np.float32)
    return [x, weights, _bias(node.inputs[2], bias, scale)]


def _stored_bias(editor: Editor, node: Node) -> Stored | None:
    if len(node.inputs) < 3 or not node.inputs[2]:
        return None
    stored = stored_constant(editor, node.inputs[2])
    if stored is None:
        raise NotInt8(f"its bias {node.inputs[2]!r} is not a constant")
    return stored


def _fitted(stored: Stored, axis: int, bias: Stored | None, scales: tuple[float, float]) -> Stored:
    """The weights with one scale per channel, large enough for the arithmetic.

    scales: of the input and of the output.
    """
    channels = stored.data.shape[axis]
    parameters = stored.quantization
    assert parameters is not None
    if parameters.axis is None:
        parameters = Quantization(np.repeat(parameters.scale, channels),
                                  np.repeat(parameters.zero_point, channels), axis)
    if parameters.axis != axis or parameters.zero_point.any():
        return Stored(stored.data, parameters)  # the op's rules refuse it and say so
    real = np.zeros(1) if bias is None else bias.real().astype(np.float64).reshape(-1)
    last = np.moveaxis(stored.data, axis, -1)
    data, scale = fit_weights(last, parameters.scale, *scales, real)
    if data is last:
        return Stored(stored.data, parameters)
    data = np.ascontiguousarray(np.moveaxis(data, -1, axis))
    return Stored(data, Quantization(scale, parameters.zero_point, axis))


def _weights(editor: Editor, name: str, stored: Stored, fitted: Stored) -> Tensor:
    """The stored constant itself when it is in the graph as it must be, else a new tensor."""
    producer = editor.producer(name)
    if producer is not None and producer.op == "dequantize":
        known = editor.tensor(producer.inputs[0])
        if known.data is fitted.data and fitted.quantization is stored.quantization:
            return known
        name = known.name
    dtype = "s8" if fitted.data.dtype == np.int8 else "s32"
    return Tensor(name, fitted.data.shape, dtype, fitted.quantization, fitted.data)


def _bias(name: str, stored: Stored, scale: Array) -> Tensor:
    """The bias in units of input scale · weight scale, with zero point 0.

    A bias that is stored so already keeps its integers; any other is rounded to them.
    """
    own = stored.quantization
    if own is not None and stored.data.dtype == np.int32 and not own.zero_point.any() \
            and np.allclose(own.scale, scale, rtol=1e-6, atol=0.0):
        integers = stored.data
    else:
        with np.errstate(divide="ignore", invalid="ignore"):
            steps = np.rint(stored.real().astype(np.float64) / scale.astype(np.float64))
        if not np.all(np.abs(steps) < _INT32):
            raise NotInt8(f"its bias {name!r} does not fit int32 at input scale · weight scale")
        integers = steps.astype(np.int32)
    integers = np.broadcast_to(integers.reshape(-1), scale.shape)
    parameters = Quantization(scale, np.zeros(scale.shape, np.int32), 0)
    return Tensor(f"{name}.s32", integers.shape, "s32", parameters, np.ascontiguousarray(integers))
