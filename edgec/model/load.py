"""Loads a model of ONNX, torch, TensorFlow Lite or Keras into the form that the rest works on.

The form: ONNX of opset 13 or later, functions inlined, static shapes everywhere, constants folded
into initializers, no sequences or identities, every node and value with a unique name.
BatchNormalization, QDQ nodes and all names of layers stay as they were.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import onnx_ir as ir
from onnx_ir.passes.common import InlinePass, NameFixPass

from edgec.errors import ModelError
from edgec.model.callable_spec import is_callable_spec
from edgec.model.dims import bind_dims
from edgec.model.keras_model import is_keras, read_keras
from edgec.model.onnx_file import read_onnx
from edgec.model.opset import raise_opset
from edgec.model.rewrite import rewrite
from edgec.model.tflite_model import read_tflite
from edgec.model.torch_export import export_callable

Shapes = Mapping[str, tuple[int, ...]]


def load_model(spec: str | Path, shapes: Shapes | None = None) -> ir.Model:
    """The model that `spec` names, in the form above.

    `spec` is the path of an .onnx, .tflite, .keras or .h5 file or of a SavedModel folder, or
    "package.module:callable" for a callable that returns (torch.nn.Module, tuple of example
    inputs). `shapes` gives whole shapes of inputs by name; an unknown first dimension that it
    leaves open becomes a batch of 1. ModelError, with what to do, for everything that can be wrong
    with the model; MissingExtra when torch, ai-edge-litert or tensorflow is needed and absent.
    """
    return normalize(_read(spec, shapes or {}), shapes, str(spec))


def _read(spec: str | Path, shapes: Shapes) -> ir.Model:
    if is_callable_spec(spec):
        return export_callable(str(spec))
    path = Path(spec)
    if is_keras(path):
        return read_keras(path, shapes)
    return read_tflite(path) if path.suffix.lower() == ".tflite" else read_onnx(path)


def normalize(model: ir.Model, shapes: Shapes | None = None, where: str = "the model") -> ir.Model:
    """A copy of `model` in the form above; `where` names it in errors."""
    model = raise_opset(model.clone(), where)
    if model.functions:
        model = InlinePass()(model).model
    model = NameFixPass()(model).model
    bind_dims(model, shapes)
    if not model.graph.outputs:
        raise ModelError(f"{where} has no outputs. Export it again.")
    return rewrite(model, ("fold_constants", "remove_sequences", "fold_constants", "infer_shapes",
                           "remove_identities"))
