"""An ONNX model as a graph of the integer graph's ops, before any optimization.

A direct translation: every op in float32, QuantizeLinear and DequantizeLinear as quantize and
dequantize, images transposed to NHWC and back around each op that needs them so. The passes do
the rest. Inputs and outputs keep their names and shapes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import onnx_ir as ir
from onnx_ir.passes.common import InlinePass

from edgec import registry
from edgec.errors import LoweringError, ModelError, UnsupportedOps
from edgec.lower.editor import Editor
from edgec.lower.graph import DTYPES, Array, Graph, Tensor
from edgec.lower.onnx_import._call import Call, Importer, Unsupported
from edgec.lower.ops.lut import REQUANTIZE, Lut, other_sign
from edgec.lower.ops.reshape import Reshape
from edgec.model.load import normalize
from edgec.model.rewrite import rewrite

_MODEL_PASSES = ("fuse_layer_norm", "fuse_gelu")  # spelled out by older exporters
_QDQ = ("QuantizeLinear", "DequantizeLinear")
_SHAPES = ("Shape", "Size")  # constant, since shapes are static
_SEQUENCES = frozenset({"SplitToSequence", "SequenceAt", "SequenceConstruct",
                        "ConcatFromSequence"})  # the model's normal form has none
_TYPES: Mapping[ir.DataType, str] = {
    ir.DataType.FLOAT: "f32", ir.DataType.INT8: "s8", ir.DataType.UINT8: "u8",
    ir.DataType.INT32: "s32", ir.DataType.UINT32: "u32", ir.DataType.INT64: "s64",
}


def import_onnx(model: ir.Model) -> Graph:
    """Translate `model`, which is left as it is.

    Raises UnsupportedOps with every node that cannot be translated, and LoweringError for an input
    without a fixed shape or of a type that the integer graph does not have.
    """
    importers = dict(_importers())
    model = _standard_domain(model)
    _require_known(model, importers)
    model = rewrite(normalize(model), _MODEL_PASSES)
    return _Import(model, importers).run()


def _standard_domain(model: ir.Model) -> ir.Model:
    """A copy in which functions are inlined and QDQ nodes of ONNX Runtime's own domain are ONNX's.
    """
    model = model.clone()
    if model.functions:
        model = InlinePass()(model).model
    for node in model.graph:
        if node.domain == "com.microsoft" and node.op_type in _QDQ:
            node.domain = ""
    return model


def _require_known(model: ir.Model, importers: Mapping[str, Importer]) -> None:
    """UnsupportedOps with every node that has no importer and does not depend on constants alone.

    Before shapes are inferred, which cannot be done for ops that ONNX does not know.
    """
    constant = {str(name) for name in model.graph.initializers}
    unknown = []
    for node in model.graph:
        read = node.inputs[:1] if node.op_type == "CastLike" else node.inputs
        if node.op_type in _SHAPES or all(v is None or v.name in constant for v in read):
            constant.update(str(v.name) for v in node.outputs)
        elif node.domain not in ("", "ai.onnx") or \
                not (node.op_type in importers or node.op_type in _SEQUENCES):
            unknown.append((_node_name(node), _op_text(node)))
    if unknown:
        raise UnsupportedOps("the integer graph", unknown)


def _node_name(node: ir.Node) -> str:
    return node.name or str(node.outputs[0].name)


def _op_text(node: ir.Node) -> str:
    return f"{node.domain}::{node.op_type}" if node.domain else node.op_type


class _Import:
    """The state of one import: which tensor stands for which ONNX value."""

    def __init__(self, model: ir.Model, importers: Mapping[str, Importer]) -> None:
        self._graph, self._importers = model.graph, importers
        name = model.graph.name or "model"
        inputs = [_input_tensor(v) for v in model.graph.inputs if not v.is_initializer()]
        self._editor = Editor(Graph(name, {t.name: t for t in inputs}, (),
                                    tuple(t.name for t in inputs), ()))
        self._tensors = {t.name: t.name for t in inputs}
        self._unsupported: list[tuple[str, str]] = []
        self._broken: set[str] = set()
        self._bound = set(self._tensors)

    def run(self) -> Graph:
        """Import every node, or raise one error with all that failed."""
        self._editor.reserve(str(v.name) for n in self._graph for v in n.outputs)
        for node in self._graph:
            self._import(node)
        if self._unsupported:
            raise UnsupportedOps("the integer graph", self._unsupported)
        self._connect_outputs()
        return self._editor.finish()

    def _import(self, node: ir.Node) -> None:
        if any(v is not None and v.name in self._broken for v in node.inputs):
            self._break(node)
            return
        name = _node_name(node)
        try:
            importer = self._importers.get(node.op_type)
            if importer is None:
                raise Unsupported("")
            inputs = tuple(self._tensor(v) if v is not None and v.name else ""
                           for v in node.inputs)
            self._bind(node, importer(Call(node, name, inputs, self._editor)))
        except (Unsupported, LoweringError) as error:
            why = f" ({error})" if str(error) else ""
            self._unsupported.append((name, _op_text(node) + why))
            self._break(node)

    def _break(self, node: ir.Node) -> None:
        """What reads the results of a node that failed cannot be judged."""
        self._broken.update(str(v.name) for v in node.outputs)

    def _bind(self, node: ir.Node, results: Sequence[str]) -> None:
        """New tensors take the names of the ONNX values that they stand for."""
        for value, result in zip(node.outputs, results, strict=False):
            name, tensor = str(value.name), result
            if name and tensor not in self._bound and self._editor.producer(tensor) is not None:
                self._editor.rename(tensor, name)
                tensor = name
            self._tensors[name] = tensor
            self._bound.add(tensor)

    def _tensor(self, value: ir.Value) -> str:
        """The tensor that stands for an ONNX value; a constant is added when first needed."""
        name = str(value.name)
        if name not in self._tensors:
            if value.const_value is None:
                raise ModelError(f"the value {name!r} is read before any node writes it. "
                                 "Export the model again.")
            data = _constant_data(name, value.const_value)
            self._tensors[name] = self._editor.add_constant(name, data)
            self._bound.add(self._tensors[name])
        return self._tensors[name]

    def _connect_outputs(self) -> None:
        for value in self._graph.outputs:
            name = str(value.name)
            tensor = self._tensor(value)
            self._editor.outputs.append(name)
            if value.dtype == ir.DataType.UINT8 and self._editor.tensor(tensor).dtype == "s8":
                self._write_uint8(tensor, name)
            elif tensor != name or self._editor.data(name) is not None:
                copy = Reshape(self._editor.tensor(tensor).shape)
                self._editor.emit(copy, [tensor], f"{name}.copy", output=name)


    def _write_uint8(self, tensor: str, name: str) -> None:
        """The output `name` in the type that the model gives it; inside the graph it is s8."""
        if tensor == name:
            tensor = self._editor.fresh(f"{name}.s8")
            self._editor.rename(name, tensor)
            self._editor.outputs[-1] = name
        quantization = self._editor.tensor(tensor).quantization
        assert quantization is not None
        table = self._editor.add_constant(f"{name}.table", other_sign("u8"))
        self._editor.emit(Lut(REQUANTIZE, to="u8"), [tensor, table], f"{name}.u8", output=name,
                          quantization=quantization.moved(128))


def _importers() -> Iterator[tuple[str, Importer]]:
    for family in registry.load_all("edgec.lower.onnx_import", "importer").values():
        yield from family.items()


def _input_tensor(value: ir.Value) -> Tensor:
    shape = value.shape
    if shape is None or not all(isinstance(d, int) and d > 0 for d in shape):
        raise LoweringError(f"the input {value.name!r} has the shape {shape}; a board runs fixed "
                            "shapes. Give every dimension a number (--shape NAME=1,3,224,224).")
    dtype = _TYPES.get(value.dtype) if value.dtype is not None else None
    if dtype is None:
        raise LoweringError(f"the input {value.name!r} has type {value.dtype}; supported are "
                            f"{', '.join(str(t) for t in _TYPES)}. Change the model's input.")
    return Tensor(str(value.name), tuple(int(str(d)) for d in shape), dtype)


def _constant_data(name: str, tensor: ir.TensorProtocol) -> Array:
    """As a type of the integer graph: 4 bits as 8, other floats and bool as float32."""
    data = tensor.numpy()
    if tensor.dtype in (ir.DataType.INT4, ir.DataType.UINT4):
        data = data.astype(np.int8 if tensor.dtype == ir.DataType.INT4 else np.uint8)
    elif tensor.dtype.is_floating_point() or tensor.dtype == ir.DataType.BOOL:
        data = data.astype(np.float32)
    if data.dtype not in DTYPES.values():
        raise LoweringError(f"its constant {name!r} has type {tensor.dtype}; supported are "
                            f"{', '.join(str(t) for t in _TYPES)}")
    return np.asarray(data)
