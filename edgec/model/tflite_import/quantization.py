"""QUANTIZE, DEQUANTIZE and CAST."""

from __future__ import annotations

import onnx_ir as ir

from edgec.model.tflite_import._call import Call, Importers
from edgec.model.tflite_import._graph import Unsupported, element_type


def _as_real(call: Call) -> None:
    """The numbers as they are: what stands for them changes with the tensor that is written."""
    layout = call.layout(0)
    for tensor in (call.tensor(0), call.output()):
        if not (tensor.quantized or tensor.dtype in ("FLOAT32", "FLOAT16")):
            raise Unsupported(f"quantizes or dequantizes {tensor.name!r}, which is {tensor.dtype} "
                              f"{'without' if tensor.scales is None else 'with'} scale")
    x = call.value(0, layout)
    if call.tensor(0).dtype == "FLOAT16":
        x = call.emit("Cast", [x], to=int(ir.DataType.FLOAT))
    elif call.output().dtype == "FLOAT16":
        raise Unsupported("writes 16-bit floats")
    call.write(x, layout)


def _cast(call: Call) -> None:
    """Between plain numbers."""
    if call.tensor(0).quantized or call.output().quantized:
        raise Unsupported("casts quantized numbers")
    call.write(call.emit("Cast", [call.value(0)], to=int(element_type(call.output()))))


PLUGIN: Importers = {"QUANTIZE": _as_real, "DEQUANTIZE": _as_real, "CAST": _cast}
