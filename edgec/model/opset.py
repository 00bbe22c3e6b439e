"""The versions of the ONNX operators that a model may use."""

from __future__ import annotations

import onnx
import onnx_ir as ir

from edgec.errors import ModelError

OLDEST_OPSET = 13  # QuantizeLinear per channel, axes of Squeeze and friends as inputs
CONVERTED_OPSET = 17  # what older models become: the first with LayerNormalization


def raise_opset(model: ir.Model, where: str) -> ir.Model:
    """`model`, converted if it is older than opset 13; ModelError when it is newer than known."""
    opset = model.opset_imports.get("")
    newest = onnx.defs.onnx_opset_version()
    if opset is None:
        raise ModelError(f"{where} does not import the ONNX operators. Export it again.")
    if opset > newest:
        raise ModelError(f"{where} uses ONNX opset {opset}; this version knows up to {newest}. "
                         f"Export it with opset {newest} or earlier, or install a newer onnx.")
    return model if opset >= OLDEST_OPSET else convert_opset(model, CONVERTED_OPSET, where)


def convert_opset(model: ir.Model, opset: int, where: str = "the model") -> ir.Model:
    """`model` at another opset, by ONNX's version converter; ModelError when it cannot."""
    try:
        converted = onnx.version_converter.convert_version(ir.serde.serialize_model(model), opset)
    except (RuntimeError, onnx.version_converter.ConvertError) as error:
        raise ModelError(f"{where} uses ONNX opset {model.opset_imports.get('')}, which cannot be "
                         f"converted to {opset}: {str(error).strip()} Export it with opset "
                         f"{opset} or later.") from None
    return ir.serde.deserialize_model(converted)
