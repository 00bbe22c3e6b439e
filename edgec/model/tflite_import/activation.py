"""Functions of one element, and softmax."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from edgec.model.tflite_import._call import Call, Importer, Importers
from edgec.model.tflite_import._graph import NCHW


def _plain(op: str) -> Importer:
    def importer(call: Call) -> None:
        layout = call.layout(0)
        call.write(call.emit(op, [call.value(0, layout)]), layout)
    return importer


def _clip(low: float, high: float) -> Importer:
    def importer(call: Call) -> None:
        layout = call.layout(0)
        call.write(call.clipped(call.value(0, layout), low, high), layout)
    return importer


def _reciprocal_root(call: Call) -> None:
    layout = call.layout(0)
    root = call.emit("Sqrt", [call.value(0, layout)])
    call.write(call.emit("Reciprocal", [root]), layout)


def _square(call: Call) -> None:
    layout = call.layout(0)
    x = call.value(0, layout)
    call.write(call.emit("Mul", [x, x]), layout)


def _gelu(call: Call) -> None:
    layout = call.layout(0)
    approximate = "tanh" if call.option("approximate", False) else "none"
    call.write(call.emit("Gelu", [call.value(0, layout)], approximate=approximate), layout)


def _leaky_relu(call: Call) -> None:
    layout = call.layout(0)
    alpha = float(call.option("alpha"))
    call.write(call.emit("LeakyRelu", [call.value(0, layout)], alpha=alpha), layout)


def _prelu(call: Call) -> None:
    """Slopes [1, 1, c] or one for each element."""
    layout = call.layout(0, 1)
    call.write(call.emit("PRelu", [call.value(0, layout), call.value(1, layout)]), layout)


def _softmax(call: Call) -> None:
    """Over the last axis, of beta times the input."""
    layout = call.layout(0)
    call.write(call.emit("Softmax", [_scaled(call, call.value(0, layout))],
                         axis=1 if layout == NCHW else -1), layout)


def _scaled(call: Call, x: ir.Value) -> ir.Value:
    beta = float(call.option("beta", 1.0))
    return x if beta == 1.0 else call.emit("Mul", [x, call.constant("beta", np.float32(beta))])


def _log_softmax(call: Call) -> None:
    call.write(call.emit("LogSoftmax", [call.value(0)], axis=-1))


PLUGIN: Importers = {
    "RELU": _plain("Relu"), "RELU6": _clip(0.0, 6.0), "RELU_N1_TO_1": _clip(-1.0, 1.0),
    "RELU_0_TO_1": _clip(0.0, 1.0),
    "LOGISTIC": _plain("Sigmoid"), "TANH": _plain("Tanh"), "HARD_SWISH": _plain("HardSwish"),
    "ELU": _plain("Elu"), "EXP": _plain("Exp"), "LOG": _plain("Log"), "SQRT": _plain("Sqrt"),
    "NEG": _plain("Neg"), "ABS": _plain("Abs"), "RSQRT": _reciprocal_root, "SQUARE": _square,
    "GELU": _gelu, "LEAKY_RELU": _leaky_relu, "PRELU": _prelu, "SOFTMAX": _softmax,
    "LOG_SOFTMAX": _log_softmax,
}
