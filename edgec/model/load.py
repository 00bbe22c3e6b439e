"""Loads a model, from an ONNX file or a torch module, into the one form that the rest works on.

The form: ONNX of opset 13 or later, functions inlined, static shapes everywhere, constants folded
into initializers, no identities, every node and value with a unique name. BatchNormalization, QDQ
nodes and all names of layers stay as they were.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import onnx
import onnx_ir as ir
from onnx_ir.passes.common import InlinePass, NameFixPass

from edgec.errors import ModelError
from edgec.model.callable_spec import is_callable_spec
from edgec.model.dims import bind_dims
from edgec.model.onnx_file import read_onnx
from edgec.model.rewrite import rewrite
from edgec.model.torch_export import export_callable

OLDEST_OPSET = 13  # QuantizeLinear per channel, axes of Squeeze and friends as inputs
CONVERTED_OPSET = 17  # what older models become: the first with LayerNormalization

Shapes = Mapping[str, tuple[int, ...]]


def load_model(spec: str | Path, shapes: Shapes | None = None) -> ir.Model:
    """The model that `spec` names, in the form above.

    `spec` is the path of an .onnx file, or "package.module:callable" for a callable that returns
    (torch.nn.Module, tuple of example inputs). `shapes` gives whole shapes of inputs by name; an
    unknown first dimension that it leaves open becomes a batch of 1. ModelError, with what to do,
    for everything that can be wrong with either; MissingExtra when torch is needed and absent.
    """
    model = export_callable(str(spec)) if is_callable_spec(spec) else read_onnx(Path(spec))
    return normalize(model, shapes, str(spec))


def normalize(model: ir.Model, shapes: Shapes | None = None, where: str = "the model") -> ir.Model:
    """A copy of `model` in the form above; `where` names it in errors."""
    model = _raise_opset(model.clone(), where)
    if model.functions:
        model = InlinePass()(model).model
    model = NameFixPass()(model).model
    bind_dims(model, shapes)
    if not model.graph.outputs:
        raise ModelError(f"{where} has no outputs. Export it again.")
    return rewrite(model, ("fold_constants", "infer_shapes", "remove_identities"))


def _raise_opset(model: ir.Model, where: str) -> ir.Model:
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
                         f"{OLDEST_OPSET} or later.") from None
    return ir.serde.deserialize_model(converted)
