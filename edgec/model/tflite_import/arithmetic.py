"""Elementwise operators of two tensors, which broadcast as in numpy."""

from __future__ import annotations

from edgec.model.tflite_import._call import Call, Importer, Importers


def _binary(op: str) -> Importer:
    def importer(call: Call) -> None:
        layout = call.layout()
        y = call.emit(op, [call.value(0, layout), call.value(1, layout)])
        call.write(call.activated(y), layout)
    return importer


def _squared_difference(call: Call) -> None:
    layout = call.layout()
    apart = call.emit("Sub", [call.value(0, layout), call.value(1, layout)])
    call.write(call.emit("Mul", [apart, apart]), layout)


PLUGIN: Importers = {
    "ADD": _binary("Add"), "SUB": _binary("Sub"), "MUL": _binary("Mul"), "DIV": _binary("Div"),
    "MAXIMUM": _binary("Max"), "MINIMUM": _binary("Min"), "POW": _binary("Pow"),
    "LESS": _binary("Less"), "SQUARED_DIFFERENCE": _squared_difference,
}
