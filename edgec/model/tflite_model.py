"""TensorFlow Lite files into ONNX, with the file's own integers.

Float operators become float nodes. 8-bit tensors become QuantizeLinear and DequantizeLinear with
the file's scales and zero points; its int8 weights and int32 biases are the constants behind
DequantizeLinear, number for number. Weights of 8 bits on float activations are taken at their
value: LiteRT would round the activations while it runs. Inputs and outputs keep names, layout
(NHWC) and type.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import onnx_ir as ir

from edgec import registry
from edgec.errors import ModelError, UnsupportedOps
from edgec.model.onnx_file import read_bytes
from edgec.model.tflite_import._bounds import Broken
from edgec.model.tflite_import._call import Call, Importer
from edgec.model.tflite_import._file import TfGraph, TfOperator, parse
from edgec.model.tflite_import._graph import Builder, Unsupported

IMPORTERS = "edgec.model.tflite_import"


def read_tflite(path: Path, where: str = "") -> ir.Model:
    """The model in the file `path`; errors call it `where`, if that is given.

    ModelError when the file is missing or malformed; UnsupportedOps with every operator that
    cannot be imported; MissingExtra without ai-edge-litert.
    """
    where, data = where or str(path), read_bytes(path)
    try:
        graph = parse(data, where)
    except Broken as error:
        raise ModelError(f"{where} cannot be read as a TensorFlow Lite model: {error}. Give a "
                         ".tflite file as its converter wrote it.") from None
    return import_tflite(graph, where)


def import_tflite(graph: TfGraph, where: str) -> ir.Model:
    """The ONNX model of a graph; `where` names it in errors, which are those of `read_tflite`."""
    if not graph.outputs or not graph.inputs:
        raise ModelError(f"{where} has {len(graph.inputs)} inputs and {len(graph.outputs)} "
                         "outputs; a model needs both. Convert it again.")
    importers = dict(_importers())
    try:
        builder = Builder(graph)
    except Unsupported as error:
        raise ModelError(f"{where}: an input of the model {error}. Convert it again with another "
                         "input type.") from None
    _import_all(graph, builder, importers, where)
    for index in graph.outputs:
        if not builder.is_written(index):
            raise ModelError(f"{where}: no operator writes the output {builder.name(index)!r}. "
                             "Convert the model again.")
    return builder.finish()


def _import_all(graph: TfGraph, builder: Builder, importers: dict[str, Importer], where: str
                ) -> None:
    unsupported: list[tuple[str, str]] = []
    broken: set[int] = set()  # what reads the results of an operator that failed
    for operator in graph.operators:
        if broken.intersection(operator.inputs):
            broken.update(operator.outputs)
            continue
        _require_order(builder, operator, where)
        try:
            importer = importers.get(operator.code)
            if importer is None:
                raise Unsupported("")
            importer(Call(operator, builder))
        except Unsupported as error:
            why = f" ({error})" if str(error) else ""
            unsupported.append((builder.name(operator.outputs[0]), operator.code + why))
            broken.update(operator.outputs)
    if unsupported:
        raise UnsupportedOps(f"the import of {where}", unsupported)
    if graph.subgraphs > 1:  # with control flow they are bodies, and an operator was refused
        raise ModelError(f"{where} has {graph.subgraphs} subgraphs; one can be imported. Convert "
                         "one function of the model at a time.")


def _require_order(builder: Builder, operator: TfOperator, where: str) -> None:
    """Each tensor is written once, before it is read."""
    if not operator.outputs:
        raise ModelError(f"{where}: a {operator.code} writes nothing. Convert the model again.")
    for index in operator.inputs:
        if index >= 0 and builder.tensors[index].variable:
            raise UnsupportedOps(f"the import of {where}", [
                (builder.name(index), f"{operator.code} (keeps a state between runs)")])
        if index >= 0 and not builder.is_written(index):
            raise ModelError(f"{where}: {operator.code} reads the tensor {builder.name(index)!r} "
                             "before any operator writes it. Convert the model again.")
    if any(builder.is_written(index) for index in operator.outputs):
        raise ModelError(f"{where}: {operator.code} writes a tensor that has a value already. "
                         "Convert the model again.")


def _importers() -> Iterator[tuple[str, Importer]]:
    for family in registry.load_all(IMPORTERS, "importer").values():
        yield from family.items()
