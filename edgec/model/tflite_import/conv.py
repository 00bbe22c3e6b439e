"""CONV_2D, DEPTHWISE_CONV_2D and TRANSPOSE_CONV."""

from __future__ import annotations

import onnx_ir as ir

from edgec.model.tflite_import import _window
from edgec.model.tflite_import._call import Call, Importers
from edgec.model.tflite_import._graph import NCHW, Unsupported


def _conv(call: Call) -> None:
    """Weights [o, kh, kw, i / groups]; the groups follow from the shapes."""
    call.rank(0, 4)
    call.rank(1, 4)
    outputs, kh, kw, per_group = call.shape(1)
    channels = call.shape(0)[3]
    if per_group < 1 or channels % per_group:
        raise Unsupported(f"has weights for {per_group} channels, its image has {channels}")
    groups = channels // per_group
    if outputs % groups:
        raise Unsupported(f"has {outputs} filters in {groups} groups")
    _write(call, call.weights(1, (0, 3, 1, 2)), (kh, kw), groups)


def _depthwise(call: Call) -> None:
    """Weights [1, kh, kw, c · m] give m outputs for each channel, one after the other."""
    call.rank(0, 4)
    call.rank(1, 4)
    _, kh, kw, outputs = call.shape(1)
    channels = call.shape(0)[3]
    if call.shape(1)[0] != 1 or channels < 1 or outputs % channels:
        raise Unsupported(f"has weights {list(call.shape(1))} for {channels} channels")
    _write(call, call.weights(1, (3, 0, 1, 2)), (kh, kw), channels)


def _write(call: Call, weights: ir.Value, kernel: tuple[int, int], groups: int) -> None:
    if min(kernel) < 1:
        raise Unsupported(f"has a kernel of {kernel[0]} x {kernel[1]}")
    window = _window.attributes(call, call.shape(0), kernel)
    y = call.emit("Conv", [call.value(0, NCHW), weights, *_bias(call, 2)], group=groups, **window)
    call.write(call.activated(y), NCHW)


def _transposed(call: Call) -> None:
    """Inputs: output shape, weights [o, kh, kw, i], image, bias."""
    call.rank(2, 4)
    call.rank(1, 4)
    target = call.output().shape
    if len(target) != 4:
        raise Unsupported(f"writes the shape {list(target)}")
    kernel = call.shape(1)[1], call.shape(1)[2]
    window = _window.attributes(call, target, kernel)
    strides = window["strides"]
    covered = [(n - 1) * s + k for n, s, k in zip(call.shape(2)[1:3], strides, kernel, strict=True)]
    # VALID may leave rows at the end that no window reaches.
    missing = [max(t - c, 0) for t, c in zip(target[1:3], covered, strict=True)]
    y = call.emit("ConvTranspose", [call.value(2, NCHW), call.weights(1, (3, 0, 1, 2)),
                                    *_bias(call, 3)], output_padding=missing, **window)
    call.write(call.activated(y), NCHW)


def _bias(call: Call, number: int) -> list[ir.Value]:
    bias = call.bias(number)
    return [] if bias is None else [bias]


PLUGIN: Importers = {"CONV_2D": _conv, "DEPTHWISE_CONV_2D": _depthwise,
                     "TRANSPOSE_CONV": _transposed}
